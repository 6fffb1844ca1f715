"""The change stream is lost, cannot resume, or is refused: followers go on from the log."""

import asyncio
import os
import random
import signal
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from factories import a_campaign_event
from faults import failing

from store.collections import COUNTERS
from store.driver import connect
from store.errors import LogUnavailableError
from store.log import EventLog, open_log
from unbreakable.ledger import COMPANY
from unbreakable.listener import hold_against_positions, listeners
from unbreakable.node_set import NodeSet, a_node_set
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row

_UNAUTHORIZED = 13


@pytest.fixture
async def forgetful() -> AsyncIterator[NodeSet]:
    """A set of one node whose oplog holds 1 MiB."""
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with a_node_set(Path(folder), size=1, oplog_mib=1) as nodes:
            yield nodes


@pytest.fixture
async def log(forgetful: NodeSet) -> AsyncIterator[EventLog]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    async with connect(forgetful.uri, name) as database, open_log(database) as log:
        yield log


@pytest.fixture
async def reader(forgetful: NodeSet, log: EventLog) -> AsyncIterator[ServerProcess]:
    """A server that learns of commits by the change stream, not by its own appends."""
    name = log.database.handle.name
    server = ServerProcess({"MONGODB_URI": forgetful.uri, "DIALGRAPH_DATABASE": name})
    await server.start()
    yield server
    await server.kill()


async def append(log: EventLog, count: int, *, padding_bytes: int = 0) -> int:
    bodies = [
        a_campaign_event(companyId=COMPANY, place=uuid.uuid4().hex, padding="x" * padding_bytes)
        for _ in range(count)
    ]
    return (await log.append(bodies)).position


async def oldest_entry(log: EventLog) -> object:
    oplog = log.database.handle.client["local"]["oplog.rs"]
    found = await oplog.find_one(sort=[("$natural", 1)])
    return found["ts"] if found else None


async def newest_entry(log: EventLog) -> object:
    oplog = log.database.handle.client["local"]["oplog.rs"]
    found = await oplog.find_one(sort=[("$natural", -1)])
    return found["ts"] if found else None


async def roll_the_oplog_over(log: EventLog) -> None:
    """Append until the oplog has forgotten what is in it now."""
    now = await newest_entry(log)
    for _ in range(300):
        await append(log, 10, padding_bytes=20_000)
        if await oldest_entry(log) > now:  # type: ignore[operator]
            return
    raise AssertionError("the oplog forgets nothing")


@pytest.mark.parametrize(
    ("is_resumed", "error"), [(False, "CappedPositionLost"), (True, "ChangeStreamHistoryLost")]
)
async def test_a_stream_whose_place_was_forgotten_ends_and_the_next_one_goes_on(
    log: EventLog, *, is_resumed: bool, error: str
) -> None:
    async with aclosing(log.database.updates(COUNTERS)) as updates:
        await woken(log, updates)
        await roll_the_oplog_over(log)
        await kill_cursors(log, wanted=is_resumed)

        with pytest.raises(LogUnavailableError, match=error):
            async for _ in updates:
                pass

    async with aclosing(log.database.updates(COUNTERS)) as updates:
        await woken(log, updates)


async def woken(log: EventLog, updates: AsyncIterator[None]) -> None:
    waiting = asyncio.ensure_future(anext(updates))
    while not waiting.done():
        await append(log, 1)
        await asyncio.sleep(0.05)
    await waiting


async def forgotten(log: EventLog, reader: ServerProcess) -> None:
    """Let the reader sleep until the oplog does not know its place any more."""
    os.kill(reader.pid, signal.SIGSTOP)
    await roll_the_oplog_over(log)
    await kill_cursors(log, wanted=random.random() < 0.5)
    os.kill(reader.pid, signal.SIGCONT)


async def invalidated(log: EventLog, reader: ServerProcess) -> None:
    """Rename the watched collection and back again: that ends every stream on it."""
    del reader
    name = f"{log.database.handle.name}.{COUNTERS}"
    await rename(log, name, f"{name}_away")
    await rename(log, f"{name}_away", name)


async def rename(log: EventLog, name: str, to: str) -> None:
    await log.database.handle.client.admin.command({"renameCollection": name, "to": to})


async def cursors_killed(log: EventLog, reader: ServerProcess) -> None:
    del reader
    await kill_cursors(log, wanted=True)


async def kill_cursors(log: EventLog, *, wanted: bool) -> None:
    """Kill every cursor of a change stream: the driver tries to resume it."""
    idle = {"$match": {"cursor.tailable": True, "type": "idleCursor"}}
    found = await log.database.handle.client.admin.command(
        {"aggregate": 1, "cursor": {}, "pipeline": [{"$currentOp": {"idleCursors": True}}, idle]}
    )
    cursors = [each["cursor"]["cursorId"] for each in found["cursor"]["firstBatch"]]
    if wanted and cursors:
        await log.database.handle.command({"killCursors": COUNTERS, "cursors": cursors})


async def refused(log: EventLog, reader: ServerProcess) -> None:
    """Refuse what keeps a stream going, as for a user without the right to it."""
    del reader
    host = (await log.database.handle.command("hello"))["me"]
    async with failing(f"mongodb://{host}/", "getMore", code=_UNAUTHORIZED, times=1_000):
        await append(log, 5)
        await asyncio.sleep(1)


Fault = Callable[[EventLog, ServerProcess], Awaitable[None]]


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        ("change stream: its place forgotten (286)", forgotten),
        ("change stream: invalidated", invalidated),
        ("change stream: cursors killed", cursors_killed),
        ("change stream: refused", refused),
    ],
    ids=["forgotten", "invalidated", "cursors killed", "refused"],
)
async def test_followers_go_on_from_the_log(
    log: EventLog, reader: ServerProcess, named: str, fault: Fault
) -> None:
    row = new_row(named)

    async with listeners(lambda: reader.url) as [listener]:
        last = await append(log, 10)
        for _ in range(rounds(2)):
            await listener.heard(last)
            await fault(log, reader)
            since = time.monotonic()
            last = await append(log, random.randint(1, 20))
            await listener.heard(last)
            row.recoveries.append(time.monotonic() - since)
            row.rounds += 1
            row.acknowledged = last
        await hold_against_positions(listener, last, row)

    assert (row.faultless, listener.breaks) == (True, 0)
