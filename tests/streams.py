"""Subscriptions as a client sees them, over both doors."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from serving import RunningServer
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

Payload = dict[str, Any]


async def over_socket(
    server: RunningServer, query: str, **variables: object
) -> AsyncGenerator[Payload, None]:
    """Yield what a graphql-transport-ws client gets, and the errors that end it."""
    address = server.url.replace("http", "ws") + "/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        payload = {"query": query, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        async for frame in socket:
            message = json.loads(frame)
            if message["type"] == "complete":
                return
            told = message["payload"]
            yield {"errors": told} if message["type"] == "error" else told


async def over_events(
    server: RunningServer, query: str, **variables: object
) -> AsyncGenerator[Payload, None]:
    """Yield what a client of server-sent events gets; `last_event_id` resumes."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(variables.pop("resume", ""))}
    body = {"query": query, "variables": variables}
    async with server.client.stream("POST", "/graphql", json=body, headers=headers) as answer:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif fields.get("event") == "next":
                yield json.loads(fields["data"])
            elif fields.get("event") == "complete":
                return


async def first(payloads: AsyncGenerator[Payload, None], count: int) -> list[Payload]:
    """Return the first payloads, then leave."""
    async with asyncio.timeout(20), aclosing(payloads):
        return [await anext(payloads) for _ in range(count)]


async def following(payloads: AsyncIterator[Payload], count: int) -> list[Payload]:
    async with asyncio.timeout(20):
        return [await anext(payloads) for _ in range(count)]
