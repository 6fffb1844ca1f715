"""A copy of the log in a fresh store gives the same answers."""

import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from factories import a_campaign_event
from graph import Graph, a_day
from query_dice import QueryDice

from api.operation import Caller
from api.schema import schema
from store.collections import COUNTERS
from store.driver import connect
from store.embedded import embedded_mongo
from store.follow import Follower
from store.log import open_log
from store.transfer import export_lines, import_lines, read_line
from unbreakable.ledger import findings
from unbreakable.rounds import rounds
from unbreakable.table import new_row

_NAME = "dialgraph"


@asynccontextmanager
async def a_store(folder: Path) -> AsyncIterator[Graph]:
    async with (
        embedded_mongo(folder) as uri,
        connect(uri, _NAME) as database,
        open_log(database) as log,
    ):
        yield Graph(log, Caller(log, Follower(log)))


async def answers(graph: Graph) -> list[bytes]:
    """Ask random questions, always the same ones."""
    asked = [QueryDice(schema._schema, {}, seed).text() for seed in range(40 * rounds(1))]  # noqa: SLF001 - the engine's own
    return [await graph.spelled(query) for query in asked]


async def exported(graph: Graph) -> list[bytes]:
    head = await graph.log.head()
    parts = export_lines(graph.log.database, up_to=head.position)
    return [line async for lines in parts for line in lines]


async def copied_when_stopped(source: Path, target: Path) -> None:
    shutil.copytree(source / "db", target / "db")


async def copied_after_a_crash(source: Path, target: Path) -> None:
    """Kill mongod and copy what lies there, journal and all."""
    async with a_store(source):
        os.kill(int((source / "db" / "mongod.lock").read_text()), signal.SIGKILL)
    shutil.copytree(source / "db", target / "db")


async def exported_and_imported(source: Path, target: Path) -> None:
    async with a_store(source) as graph:
        lines = await exported(graph)
    async with a_store(target) as graph:
        await import_lines(graph.log, map(read_line, lines))


async def dumped(source: Path, target: Path) -> None:
    """Copy every document, as mongodump and mongorestore do."""
    async with a_store(source) as graph:
        old = graph.log.database
        names = await old.handle.list_collection_names()
        contents = {name: await old.find(name, {}) for name in names}
    async with a_store(target) as graph:
        new = graph.log.database
        for document in contents.pop(COUNTERS):
            await new.delete(COUNTERS, document["_id"])
            await new.insert(COUNTERS, [document])
        for name, documents in contents.items():
            await new.insert(name, documents)


@pytest.fixture(autouse=True)
def no_databases_are_left(tmp_path: Path) -> Iterator[None]:
    yield
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    "restore", [copied_when_stopped, copied_after_a_crash, exported_and_imported, dumped]
)
async def test_a_restored_log_answers_as_the_old_one(
    tmp_path: Path, restore: Callable[[Path, Path], Awaitable[None]]
) -> None:
    row = new_row(f"restored: {restore.__name__.replace('_', ' ')}")
    old, new = tmp_path / "old", tmp_path / "new"
    async with a_store(old) as graph:
        row.acknowledged = await graph.append(*a_day())
        lines, expected = await exported(graph), await answers(graph)

    await restore(old, new)

    async with a_store(new) as graph:
        restored, given = await exported(graph), await answers(graph)
        assert await findings(graph.log.database) == []
        await graph.append(a_campaign_event(after="the restore"))
    row.rounds = 1
    row.lost = len(set(lines) - set(restored))
    row.duplicated = len(restored) - len(set(restored))
    assert (restored, given) == (lines, expected)
