"""A real server for tests: dialgraph on a loopback port, in the test's event loop."""

import asyncio
import json
import os
import socket
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx

from api.listening import base_url, bind
from api.serve import Server
from api.services import Services, open_services
from api.settings import Settings
from store.collections import EVENTS, Document, Limits
from store.errors import LogUnavailableError
from store.log import EventLog


@dataclass
class RunningServer:
    """A running dialgraph and a client of it."""

    url: str
    services: Services
    client: httpx.AsyncClient

    @property
    def log(self) -> EventLog:
        return self.services.log

    async def post(
        self, body: bytes, content_type: str = "application/json", path: str = "/events"
    ) -> httpx.Response:
        headers = {"Content-Type": content_type}
        return await self.client.post(path, content=body, headers=headers)

    async def post_events(self, *events: Mapping[str, Any]) -> None:
        answer = await self.post(json.dumps(events).encode())
        assert answer.status_code == httpx.codes.OK, answer.text

    async def graphql(self, query: str, **variables: object) -> dict[str, Any]:
        content = {"query": query, "variables": variables}
        answer = await self.client.post("/graphql", json=content)
        answered: dict[str, Any] = answer.json()
        return answered

    async def events(self, after: int = 0) -> list[Document]:
        """Return the documents of the log after a position, in order."""
        later = {"_id": {"$gt": after}}
        return await self.log.database.find(EVENTS, later, sort=[("_id", 1)])


@asynccontextmanager
async def a_server(
    uri: str, limits: Limits | None = None, **settings: object
) -> AsyncIterator[RunningServer]:
    """Serve a new database of the replica set at `uri`, dropped in the end."""
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    chosen = replace(Settings.from_environ({}), database=name, **settings)  # type: ignore[arg-type]
    async with open_services(chosen, uri=uri, limits=limits) as services:
        [bound] = bind("127.0.0.1", 0)
        url = base_url(bound)
        async with _serving(services, bound), httpx.AsyncClient(base_url=url) as client:
            yield RunningServer(url, services, client)
        with suppress(LogUnavailableError):  # where the test has taken the store away
            await services.database.drop()


@asynccontextmanager
async def _serving(services: Services, bound: socket.socket) -> AsyncIterator[None]:
    started = asyncio.Event()
    server = Server(services, started.set)
    serving = asyncio.create_task(server.serve([bound]))
    async with asyncio.timeout(10):
        await started.wait()
    try:
        yield
    finally:
        server.should_exit = True
        await serving
