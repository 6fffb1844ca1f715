"""Listening to what changes in a collection, and leaving."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from store.driver import Database, connect, run_command

THINGS = "things"


@pytest.fixture
async def faulty(faulty_uri: str) -> AsyncIterator[Database]:
    async with connect(faulty_uri, "updates") as database:
        await database.prepare([], [THINGS], [])
        yield database
        await database.drop()


@asynccontextmanager
async def slow(uri: str, command: str, seconds: float) -> AsyncIterator[None]:
    """Let a server take its time for a command."""
    data = {"failCommands": [command], "blockConnection": True, "blockTimeMS": seconds * 1000}
    failpoint = {"configureFailPoint": "failCommand"}
    await run_command(uri, {**failpoint, "mode": "alwaysOn", "data": data})
    try:
        yield
    finally:
        await run_command(uri, {**failpoint, "mode": "off"}, timeout_seconds=30)


async def listen(database: Database, heard: asyncio.Event) -> None:
    async for _ in database.updates(THINGS):
        heard.set()


async def test_who_stops_listening_does_not_wait_for_a_server_that_stalls(
    faulty_uri: str, faulty: Database
) -> None:
    heard = asyncio.Event()
    listening = asyncio.create_task(listen(faulty, heard))
    async with asyncio.timeout(10):
        while not heard.is_set():
            await faulty.insert(THINGS, [{}])
            await asyncio.sleep(0.05)

    async with slow(faulty_uri, "killCursors", seconds=4):
        since = time.monotonic()
        listening.cancel()
        await asyncio.wait([listening])
        took_seconds = time.monotonic() - since

    assert listening.cancelled()
    assert took_seconds < 2.5
