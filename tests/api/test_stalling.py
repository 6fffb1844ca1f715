"""How connections end when somebody stalls or the server ends, and how they are kept."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from factories import a_call_event
from following import until
from serving import RunningServer, a_server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api import connections, event_stream, graphql_websocket, request_body
from api.listening import bind

QUERY = "subscription ($company: ID!) { callUpdated(companyId: $company) { cursor } }"

Wire = asyncio.StreamWriter

_SERVICE_RESTART = 1012


@asynccontextmanager
async def a_wire(server: RunningServer) -> AsyncIterator[tuple[asyncio.StreamReader, Wire]]:
    """A bare TCP connection to the server."""
    address = httpx.URL(server.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


async def trickle(writer: Wire, every_seconds: float) -> None:
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(every_seconds)


@pytest.mark.parametrize("said", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nA: b\r\n"])
async def test_who_does_not_say_what_it_wants_is_not_waited_for(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)

    async with a_wire(server) as (reader, writer):
        writer.write(said)

        assert await is_closed(reader)


@pytest.mark.parametrize("door", ["/events", "/graphql"])
async def test_a_body_that_trickles_in_is_refused_in_time(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    monkeypatch.setattr(request_body, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    head = f"POST {door} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    async with a_wire(server) as (reader, writer):
        writer.write(f"{head}Content-Length: 1000\r\n\r\n".encode())
        trickling = asyncio.create_task(trickle(writer, 0.01))
        async with asyncio.timeout(5):
            status = await reader.readline()
        assert await is_closed(reader)
        trickling.cancel()

    assert status.startswith(b"HTTP/1.1 408 ")


async def test_the_rest_of_a_refused_body_is_not_read_for_ever(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    head = b"POST /events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with a_server(mongo_uri, max_body_bytes=100) as server, a_wire(server) as (reader, wire):
        wire.write(head + b"80\r\n" + b"x" * 0x80 + b"\r\n")
        trickling = asyncio.create_task(trickle_chunks(wire))
        async with asyncio.timeout(5):
            status = await reader.readline()
        assert await is_closed(reader)
        trickling.cancel()

    assert status.startswith(b"HTTP/1.1 413 ")


async def trickle_chunks(writer: Wire) -> None:
    while not writer.is_closing():
        writer.write(b"1\r\nx\r\n")
        await asyncio.sleep(0.01)


@asynccontextmanager
async def subscribed_socket(server: RunningServer, company: str) -> AsyncIterator[ClientConnection]:
    address = server.url.replace("http", "ws") + "/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as client:
        await client.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await client.recv())["type"] == "connection_ack"
        payload = {"query": QUERY, "variables": {"company": company}}
        await client.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        await until(lambda: server.services.follower.listening)
        yield client


@asynccontextmanager
async def subscribed_stream(server: RunningServer, company: str) -> AsyncIterator[httpx.Response]:
    body = {"query": QUERY, "variables": {"company": company}}
    headers = {"Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=server.url) as client,
        client.stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        await until(lambda: server.services.follower.listening)
        yield answer


async def test_a_socket_is_closed_with_a_code_to_retry_on_when_the_server_ends(
    mongo_uri: str, company: str
) -> None:
    async with AsyncExitStack() as stack:
        async with a_server(mongo_uri) as server:
            client = await stack.enter_async_context(subscribed_socket(server, company))

        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == _SERVICE_RESTART


async def test_a_stream_is_broken_off_not_completed_when_the_server_ends(
    mongo_uri: str, company: str
) -> None:
    async with AsyncExitStack() as stack:
        async with a_server(mongo_uri) as server:
            answer = await stack.enter_async_context(subscribed_stream(server, company))

        with pytest.raises(httpx.RemoteProtocolError):
            await answer.aread()


async def test_an_idle_socket_is_sent_pings_and_goes_on(
    server: RunningServer, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql_websocket, "HEARTBEAT_SECONDS", 0.05)

    async with asyncio.timeout(5), subscribed_socket(server, company) as client:
        first, second = [json.loads(await client.recv()) for _ in range(2)]
        await client.send(json.dumps({"type": "pong"}))
        await server.post(a_call_event(companyId=company))
        kinds = [json.loads(await client.recv())["type"] for _ in range(10)]

    assert first == second == {"type": "ping"}
    assert "next" in kinds


async def test_an_idle_stream_is_sent_comments(
    mongo_uri: str, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_SECONDS", 0.05)

    async with (
        asyncio.timeout(5),
        a_server(mongo_uri) as server,
        subscribed_stream(server, company) as answer,
    ):
        lines = answer.aiter_lines()
        assert [await anext(lines) for _ in range(4)] == [": ping", "", ": ping", ""]


async def test_a_socket_has_room_for_a_bounded_number_of_operations(
    server: RunningServer, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphql_websocket, "MAX_OPERATIONS", 1)
    payload = {"query": QUERY, "variables": {"company": company}}

    async with asyncio.timeout(5), subscribed_socket(server, company) as client:
        await client.send(json.dumps({"type": "subscribe", "id": "2", "payload": payload}))
        refused = json.loads(await client.recv())
        await server.post(a_call_event(companyId=company))
        told = json.loads(await client.recv())

    assert (refused["type"], refused["id"]) == ("error", "2")
    assert refused["payload"][0]["extensions"]["code"] == "OPERATION_LIMIT"
    assert (told["type"], told["id"]) == ("next", "1")


async def test_a_client_that_was_unplugged_is_given_up_in_a_minute() -> None:
    [bound] = bind("127.0.0.1", 0)
    with bound, socket.socket() as client:
        bound.listen()
        client.connect(bound.getsockname())
        accepted, _ = bound.accept()
        with accepted:
            patience = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert patience == 60_000


async def test_who_sends_all_and_leaves_in_the_same_moment_is_heard(mongo_uri: str) -> None:
    count = 50
    async with a_server(mongo_uri) as server:
        for number in range(count):
            body = a_call_event(place=number)
            async with a_wire(server) as (_, writer):
                head = f"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}"
                writer.write(head.encode() + b"\r\n\r\n" + body)

        async with asyncio.timeout(10):
            while len(await server.events()) < count:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
