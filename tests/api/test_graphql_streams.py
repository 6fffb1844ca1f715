"""Subscriptions at the doors: graphql-transport-ws frame by frame, server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from factories import a_campaign_event
from serving import RunningServer, a_server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

CHANGES = """
subscription ($company: ID!, $after: Position, $afterCursor: String) {
  campaignStatusChanged(companyId: $company, after: $after, afterCursor: $afterCursor) {
    cursor
    campaign { campaignId }
  }
}
"""


class Socket:
    """A WebSocket client that shows every message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, number: str, query: object, **variables: object) -> None:
        payload = {"query": query, "variables": variables}
        await self.send(type="subscribe", id=number, payload=payload)

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            frame = await self.connection.recv()
        assert isinstance(frame, str)
        message: dict[str, Any] = json.loads(frame)
        return message

    async def closing_code(self) -> int:
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


@asynccontextmanager
async def a_socket(
    server: RunningServer, protocol: str = "graphql-transport-ws", origin: str | None = None
) -> AsyncIterator[Socket]:
    address = server.url.replace("http", "ws") + "/graphql"
    headers = {} if origin is None else {"Origin": origin}
    async with connect(
        address, subprotocols=[Subprotocol(protocol)], additional_headers=headers
    ) as connection:
        yield Socket(connection)


@pytest.fixture
async def socket(server: RunningServer) -> AsyncIterator[Socket]:
    """A socket that is acknowledged."""
    async with a_socket(server) as socket:
        await socket.send(type="connection_init")
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


async def campaigns(server: RunningServer, company: str, *ids: str) -> None:
    for each in ids:
        await server.post(a_campaign_event(companyId=company, campaignId=each, status="NEW"))


def campaign_of(payload: dict[str, Any]) -> str:
    named: str = payload["data"]["campaignStatusChanged"]["campaign"]["campaignId"]
    return named


async def test_a_change_is_one_text_frame_with_its_cursor(
    server: RunningServer, socket: Socket
) -> None:
    await campaigns(server, "frames", "1")

    await socket.subscribe("a", CHANGES, company="frames", after=0)
    message = await socket.receive()

    change = message["payload"]["data"]["campaignStatusChanged"]
    assert (message["type"], message["id"]) == ("next", "a")
    assert message["payload"]["extensions"]["cursor"] == change["cursor"]


async def test_a_query_over_a_socket_is_answered_and_complete(socket: Socket) -> None:
    await socket.subscribe("a", "{ __typename }")

    answer, end = await socket.receive(), await socket.receive()

    assert answer["payload"]["data"] == {"__typename": "Query"}
    assert end == {"type": "complete", "id": "a"}


@pytest.mark.parametrize("query", ["{", "{ nowhere }", "subscription { nowhere }"])
async def test_a_bad_operation_is_an_error_and_the_socket_goes_on(
    socket: Socket, query: str
) -> None:
    await socket.subscribe("a", query)
    error = await socket.receive()
    await socket.subscribe("a", "{ __typename }")
    answer = await socket.receive()

    assert (error["type"], error["id"]) == ("error", "a")
    assert error["payload"][0]["message"]
    assert answer["type"] == "next"


async def test_a_ping_is_answered(socket: Socket) -> None:
    await socket.send(type="ping")

    assert await socket.receive() == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "null",
        "[1]",
        '{"type": "nonsense"}',
        '{"id": "a"}',
        '{"type": "subscribe", "id": ["a"], "payload": {"query": "{ __typename }"}}',
        '{"type": "subscribe", "id": "a", "payload": null}',
        '{"type": "subscribe", "id": "a", "payload": {"query": ""}}',
        '{"type": "subscribe", "id": "a", "payload": {"query": "{ a }", "variables": 3}}',
        "[" * 100_000,
    ],
    ids=lambda frame: frame[:60],
)
async def test_a_frame_that_is_no_message_closes_the_socket(socket: Socket, frame: str) -> None:
    await socket.connection.send(frame)

    assert await socket.closing_code() == 4400


async def test_a_socket_that_is_not_acknowledged_may_ask_nothing(server: RunningServer) -> None:
    async with a_socket(server) as socket:
        await socket.subscribe("a", "{ __typename }")

        assert await socket.closing_code() == 4401


async def test_a_socket_that_says_nothing_is_closed(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.endpoint._INIT_TIMEOUT", timedelta(seconds=0.1))

    async with a_server(mongo_uri) as server, a_socket(server) as socket:
        assert await socket.closing_code() == 4408


async def test_two_operations_of_one_id_close_the_socket(socket: Socket) -> None:
    await socket.subscribe("a", CHANGES, company="twice")
    await socket.subscribe("a", CHANGES, company="twice")

    assert await socket.closing_code() == 4409


async def test_an_id_that_is_free_again_is_taken_again(socket: Socket) -> None:
    await socket.subscribe("a", CHANGES, company="again")
    await socket.send(type="complete", id="a")
    await socket.subscribe("a", "{ __typename }")

    assert (await socket.receive())["payload"]["data"] == {"__typename": "Query"}


async def test_a_second_connection_init_closes_the_socket(socket: Socket) -> None:
    await socket.send(type="connection_init")

    assert await socket.closing_code() == 4429


@pytest.mark.parametrize("payload", [3, "a", [1], True])
async def test_a_connection_init_with_rubbish_closes_the_socket(
    server: RunningServer, payload: object
) -> None:
    async with a_socket(server) as socket:
        await socket.send(type="connection_init", payload=payload)

        assert await socket.closing_code() == 4400


async def test_a_binary_frame_closes_the_socket(socket: Socket) -> None:
    await socket.connection.send(b'{"type": "ping"}')

    assert await socket.closing_code() == 4400


async def test_what_nobody_waits_for_is_passed_over(socket: Socket) -> None:
    await socket.send(type="complete", id="unknown")
    await socket.send(type="pong", payload={"any": "thing"})
    await socket.send(type="ping", payload={})

    assert await socket.receive() == {"type": "pong"}


async def test_the_legacy_protocol_is_not_spoken(server: RunningServer) -> None:
    async with a_socket(server, protocol="graphql-ws") as socket:
        assert await socket.closing_code() == 4406


async def test_a_page_of_another_origin_gets_no_socket(server: RunningServer) -> None:
    with pytest.raises(InvalidStatus):
        async with a_socket(server, origin="https://elsewhere.example"):
            pass


class Events:
    """Server-sent events, read one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, str]:
        """The fields of the next event; several lines of data are one."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(5):
            while line := await anext(self._lines):
                name, _, value = line.partition(": ")
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
        return fields

    async def campaign(self) -> str:
        return campaign_of(json.loads((await self.next())["data"]))


@asynccontextmanager
async def events(
    server: RunningServer, query: str, last_event_id: str = "", **variables: object
) -> AsyncIterator[Events]:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": last_event_id}
    body = {"query": query, "variables": variables}
    async with server.client.stream("POST", "/graphql", json=body, headers=headers) as response:
        yield Events(response)


async def test_each_event_has_its_cursor_as_id(server: RunningServer) -> None:
    await campaigns(server, "ids", "1")

    async with events(server, CHANGES, company="ids", after=0) as stream:
        event = await stream.next()

    change = json.loads(event["data"])["data"]["campaignStatusChanged"]
    assert stream.response.headers["Content-Type"].startswith("text/event-stream")
    assert event["event"] == "next"
    assert event["id"] == change["cursor"]


async def test_a_client_resumes_with_the_id_of_its_last_event(server: RunningServer) -> None:
    await campaigns(server, "resuming", "1", "2", "3")
    async with events(server, CHANGES, company="resuming", after=0) as stream:
        first = await stream.next()

    async with events(server, CHANGES, first["id"], company="resuming", after=0) as stream:
        assert [await stream.campaign(), await stream.campaign()] == ["2", "3"]


async def test_an_event_source_subscribes_with_get(server: RunningServer) -> None:
    await campaigns(server, "browser", "1")
    parameters = {"query": CHANGES, "variables": '{"company": "browser", "after": 0}'}
    headers = {"Accept": "text/event-stream"}

    async with server.client.stream(
        "GET", "/graphql", params=parameters, headers=headers
    ) as response:
        assert await Events(response).campaign() == "1"


async def test_a_bad_subscription_is_one_event_and_complete(server: RunningServer) -> None:
    async with events(server, "subscription { nowhere }") as stream:
        error, end = await stream.next(), await stream.next()

    assert json.loads(error["data"])["errors"]
    assert end["event"] == "complete"


async def test_a_client_that_leaves_is_listened_to_no_more(server: RunningServer) -> None:
    follower = server.services.follower
    async with events(server, CHANGES, company="leaving", after=0) as stream:
        await campaigns(server, "leaving", "1")
        await stream.next()
        listening = follower.subscribers

    async with asyncio.timeout(5):
        while follower.subscribers == listening:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)
