"""Subscribers that are cut off, read nothing, or come during a failover."""

import asyncio
import gc
import json
import logging
import os
import random
import re
import socket
import struct
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from factories import a_call_event
from serving import RunningServer, a_server
from streams import first, over_events, over_socket
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api import listening
from unbreakable.ledger import senders
from unbreakable.listener import APPENDED, hold_against_positions, listeners
from unbreakable.node_set import NodeSet
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row
from unbreakable.waiting import until

CONNECTIONS_A_ROUND = 200
AT_ONCE = 20

QUERY = """
subscription ($company: ID!, $cursor: String) {
  eventAppended(companyId: $company, afterCursor: $cursor) { cursor position rawBody }
}
"""

_RESET = struct.pack("ii", 1, 0)
_SMALL_BYTES = 4_096
_LONG_BYTES = 100_000
_LONG_EVENTS = 150


class Cutting:
    """Opens subscriptions and cuts them without a word, at a random moment."""

    def __init__(self, server: RunningServer, company: str) -> None:
        self._server = server
        self._dice = random.Random(7)
        content = {"query": QUERY, "variables": {"company": company}}
        self._subscribe = json.dumps({"type": "subscribe", "id": "1", "payload": content})
        [self._request] = by_stream(company)

    async def cut(self, count: int) -> None:
        """Do so with this many connections, half over each door."""
        unopened = iter(range(count))

        async def one_after_another() -> None:
            for number in unopened:
                await (self._cut_socket() if number % 2 else self._cut_stream())

        await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))

    async def _cut_socket(self) -> None:
        address = self._server.url.replace("http", "ws") + "/graphql"
        socket = await connect(address, subprotocols=[Subprotocol("graphql-transport-ws")])
        await socket.send(json.dumps({"type": "connection_init"}))
        if self._dice.random() < 0.9:
            await socket.recv()
            await socket.send(self._subscribe)
            await self._wait()
        self._abort(socket.transport)

    async def _cut_stream(self) -> None:
        address = httpx.URL(self._server.url)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        del reader
        writer.write(self._request)
        await self._wait()
        self._abort(writer.transport)

    async def _wait(self) -> None:
        await asyncio.sleep(self._dice.uniform(0, 0.05))

    def _abort(self, transport: asyncio.WriteTransport) -> None:
        """Leave with a reset, or with a mere end of the connection."""
        if self._dice.random() < 0.5:
            bare = transport.get_extra_info("socket")
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()


@asynccontextmanager
async def told_all_the_time(server: RunningServer, company: str) -> AsyncIterator[None]:
    async def append() -> None:
        while True:
            await server.log.append([a_call_event(companyId=company, place=uuid.uuid4().hex)])
            await asyncio.sleep(0.02)

    appending = asyncio.create_task(append())
    try:
        yield
    finally:
        appending.cancel()
        await asyncio.gather(appending, return_exceptions=True)


async def held(server: RunningServer) -> dict[str, int]:
    """Count what the server holds, once it has noticed who has left."""
    await until(lambda: not server.services.follower.subscribers)
    await asyncio.sleep(1)
    gc.collect()
    status = await server.log.database.handle.client.admin.command("serverStatus")
    return {
        "tasks": len(asyncio.all_tasks()),
        "open files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - of this process
        "cursors": status["metrics"]["cursor"]["open"]["total"],
        "objects": len(gc.get_objects()),
    }


async def test_connections_cut_without_a_word_leave_nothing_behind(
    mongo_uri: str, company: str, caplog: pytest.LogCaptureFixture
) -> None:
    row = new_row("subscriptions cut without a close frame, over both doors")
    count = rounds(1) * CONNECTIONS_A_ROUND

    async with a_server(mongo_uri) as server:
        cutting = Cutting(server, company)
        async with told_all_the_time(server, company):
            await cutting.cut(CONNECTIONS_A_ROUND)
        before = await held(server)
        async with told_all_the_time(server, company):
            await cutting.cut(count)
        row.rounds = count
        bounds = {"tasks": 2, "open files": 5, "cursors": 2, "objects": count - 1}
        more = await above(server, before)
        for _ in range(30):  # timers of what was cut are held until they would have rung
            if all(more[name] <= bound for name, bound in bounds.items()):
                break
            more = await above(server, before)

    assert {name: n for name, n in more.items() if n > bounds[name]} == {}
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def above(server: RunningServer, before: Mapping[str, int]) -> dict[str, int]:
    """Count what the server holds more than before."""
    after = await held(server)
    return {name: after[name] - before[name] for name in before}


def by_stream(company: str) -> list[bytes]:
    body = json.dumps({"query": QUERY, "variables": {"company": company}}).encode()
    request = (
        b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return [request]


def by_socket(company: str) -> list[bytes]:
    payload = {"query": QUERY, "variables": {"company": company}}
    subscribe = {"type": "subscribe", "id": "1", "payload": payload}
    upgrade = (
        b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    return [upgrade, frame({"type": "connection_init"}) + frame(subscribe)]


def frame(message: Mapping[str, object]) -> bytes:
    """Spell a WebSocket's text frame, masked with zeros."""
    text = json.dumps(message).encode()
    return b"\x81\xfe" + struct.pack("!H", len(text)) + bytes(4) + text


async def a_deaf_client(server: RunningServer, request: Sequence[bytes]) -> socket.socket:
    """Ask, and read nothing of the answer but its beginning."""
    address = httpx.URL(server.url)
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BYTES)
    deaf.setblocking(False)  # noqa: FBT003 - so it is called
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (address.host, address.port))
    for part in request:
        await loop.sock_sendall(deaf, part)
        await loop.sock_recv(deaf, 1_024)
    return deaf


async def read_to_the_end(deaf: socket.socket) -> bytes:
    read = b""
    try:
        while part := await asyncio.get_running_loop().sock_recv(deaf, 65_536):
            read += part
    except ConnectionResetError:
        pass
    return read


def last_cursor(read: bytes) -> str:
    """Return the cursor of the last change that came whole."""
    cursors: list[bytes] = re.findall(rb'"extensions":\{[^}]*"cursor":"([^"]+)"', read)
    return cursors[-1].decode()


@pytest.mark.parametrize("request_of", [by_stream, by_socket])
async def test_who_reads_nothing_is_cut_and_resumes_and_others_hear_all(
    mongo_uri: str,
    company: str,
    monkeypatch: pytest.MonkeyPatch,
    request_of: Callable[[str], list[bytes]],
) -> None:
    monkeypatch.setattr(listening, "DEAD_AFTER_SECONDS", 1)
    async with a_server(mongo_uri) as server:
        follower = server.services.follower
        deaf = await a_deaf_client(server, request_of(company))
        await until(lambda: follower.listening == 1)
        hearing = asyncio.create_task(
            first(over_socket(server, QUERY, company=company), _LONG_EVENTS)
        )
        await until(lambda: follower.listening == 2)

        for number in range(_LONG_EVENTS):
            padding = random.randbytes(_LONG_BYTES // 2).hex() if number else ""
            await server.log.append([a_call_event(companyId=company, place=number, p=padding)])
        heard = [each["extensions"]["cursor"] for each in await hearing]
        await until(lambda: not follower.subscribers)
        with deaf:
            last = last_cursor(await read_to_the_end(deaf))
        missed = heard[heard.index(last) + 1 :]
        rest = await first(over_events(server, QUERY, company=company, resume=last), len(missed))

    assert len(heard) == _LONG_EVENTS
    assert missed
    assert [each["extensions"]["cursor"] for each in rest] == missed


async def test_a_subscription_opened_during_a_failover_hears_all(nodes: NodeSet) -> None:
    row = new_row("subscriptions opened while there is no primary (recovery: their first change)")
    name = f"test-{uuid.uuid4().hex[:8]}"
    server = ServerProcess({"MONGODB_URI": nodes.uri, "DIALGRAPH_DATABASE": name})
    await server.start()

    async with senders(lambda: server.url, count=4) as ledger:
        for _ in range(rounds(2)):
            primary = await nodes.healthy()
            await ledger.grown(10)
            await primary.kill()
            since = time.monotonic()
            async with listeners(*[lambda: server.url] * 3, subscription=APPENDED) as opened:
                await asyncio.gather(*(each.heard(1) for each in opened))
                row.recoveries.append(time.monotonic() - since)
                await primary.start()
                await ledger.grown(20)
                last = max(ledger.acknowledged.values())
                for listener in opened:
                    await hold_against_positions(listener, last, row)
            row.rounds += 1
    row.acknowledged = len(ledger.acknowledged)
    await server.kill()

    assert row.faultless
