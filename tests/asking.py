"""An operation through each of the transports, and all that a client is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from crossing import Door
from keyring import bearing
from serving import RunningServer
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Told = list[Any]

_PER_SOCKET = 50
_PATIENCE_SECONDS = 180


def _body(door: Door) -> dict[str, object]:
    return {"query": door.document, "variables": door.variables}


def without_cost(told: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what a caller has left to spend: it grows by the clock."""
    if isinstance(told, dict) and isinstance(told.get("extensions"), dict):
        told["extensions"].pop("cost", None)
    return told


async def over_http(server: RunningServer, token: str, door: Door) -> Told:
    answer = await server.client.post("/graphql", json=_body(door), headers=bearing(token))
    return [answer.status_code, without_cost(answer.json())]


async def _events(answer: httpx.Response) -> AsyncIterator[Any]:
    async for line in answer.aiter_lines():
        if line.startswith("data: {"):
            yield without_cost(json.loads(line.removeprefix("data: ")))


async def over_stream(server: RunningServer, token: str, door: Door, told: Told) -> None:
    """Note what server-sent events tell, until they end."""
    headers = {**bearing(token), "Accept": "text/event-stream"}
    options: Any = {"headers": headers, "timeout": None}
    async with server.client.stream("POST", "/graphql", json=_body(door), **options) as answer:
        told.append(answer.status_code)
        async for each in _events(answer):
            told.append(each)


@asynccontextmanager
async def a_socket(server: RunningServer, token: str) -> AsyncIterator[ClientConnection]:
    address = server.url.replace("http", "ws") + "/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(address, subprotocols=protocols, max_size=None) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": bearing(token)}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield socket


async def over_socket(
    server: RunningServer, token: str, doors: Sequence[Door], told: Sequence[Told]
) -> None:
    """Note what one WebSocket tells of several operations, until all are complete."""
    async with a_socket(server, token) as socket:
        for number, door in enumerate(doors):
            message = {"type": "subscribe", "id": str(number), "payload": _body(door)}
            await socket.send(json.dumps(message))
        running = len(doors)
        while running:
            message = json.loads(await socket.recv())
            if message["type"] == "ping":  # the heartbeat: the operations are long
                await socket.send(json.dumps({"type": "pong"}))
                continue
            running -= message["type"] != "next"
            shown = without_cost(message.get("payload"))
            told[int(message["id"])].append([message["type"], shown])


@asynccontextmanager
async def listening(
    server: RunningServer, token: str, doors: Sequence[Door]
) -> AsyncIterator[dict[str, list[Told]]]:
    """Subscribe to all the doors at once, over both transports."""
    told: dict[str, list[Told]] = {name: [[] for _ in doors] for name in ("stream", "socket")}
    streams = [
        over_stream(server, token, *each) for each in zip(doors, told["stream"], strict=True)
    ]
    sockets = [
        over_socket(server, token, doors[at : at + _PER_SOCKET], told["socket"][at:])
        for at in range(0, len(doors), _PER_SOCKET)
    ]
    async with asyncio.TaskGroup() as group:  # one that is cut off must not pass for silence
        tasks = [group.create_task(each) for each in (*streams, *sockets)]
        yield told
        for task in tasks:
            task.cancel()


async def until_quiet(
    told: Sequence[dict[str, list[Told]]], differ: Callable[[], object], seconds: float = 2
) -> None:
    """Wait until no side is told more for a while; one may be behind while they differ."""
    seen, patience = -1, _PATIENCE_SECONDS / seconds
    while (now := _count(told)) != seen or (differ() and patience > 0):
        seen, patience = now, patience - 1
        await asyncio.sleep(seconds)


def _count(told: Sequence[dict[str, list[Told]]]) -> int:
    return sum(len(each) for side in told for part in side.values() for each in part)


Asked = Callable[[RunningServer, str, Door], Any]
