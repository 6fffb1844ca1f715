"""Rebuilding the facts and keys from the log, with today's reader, while the log goes on.

Facts live in generations. The counter document names the one that is read and, behind it, the one
that is being built: every append learns both in its own transaction and writes to both. So the
rebuild covers what came before its start, then one update makes the new generation the only one.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import tzinfo

from store.body import parse_body
from store.collections import (
    COUNTERS,
    Document,
    fact_collections,
    fact_indexes,
    facts_of,
    keys_of,
)
from store.driver import Database
from store.errors import LogUnavailableError, StoreError
from store.head import LOG_COUNTER
from store.replay import replay
from store.rows import prepare

_ROWS_PER_INSERT = 10_000
_KINDS = {"facts", "keys"}


class ReindexError(StoreError):
    """The rebuild cannot begin or was overtaken; the message says what to do."""

    code = "REINDEX"


async def reindex(
    database: Database, *, zone: tzinfo, grace_seconds: float = 120.0
) -> AsyncGenerator[tuple[int, int], None]:
    """Rebuild the facts and keys; readers see the old ones or the new ones, never half.

    Args:
        database: Where the log lies.
        zone: The time zone of dates that name none (D3).
        grace_seconds: How long the old generation stays for operations that have pinned it.

    Yields:
        How many events have been read, and how many there are to read.

    Raises:
        ReindexError: Another rebuild runs, or finished before this one.
        LogUnavailableError: The log did not answer, or not with all of its events; the rebuild is
            broken off, see `give_up`.
    """
    counter = await database.find_one(COUNTERS, LOG_COUNTER)
    if counter is None or len(counter["generations"]) > 1:
        raise ReindexError("another reindex runs, or was broken off: see `reindex --restart`")
    old = int(counter["generations"][0])
    new = await _claim(database, old)
    await database.prepare(fact_collections(new), [], fact_indexes(new))
    try:
        start = await _switch(database, [old], [old, new])
        async for batch in replay(database, up_to=start):
            await _rebuild(database, new, batch, zone)
            yield batch[-1]["_id"], start
        await _switch(database, [old, new], [new])
    except ReindexError:
        await _drop(database, new)
        raise
    await asyncio.sleep(grace_seconds)
    await _drop(database, old)
    await _drop_left_behind(database, old)


async def give_up(database: Database) -> bool:
    """Forget a rebuild that was broken off; say whether there was one."""
    counter = await database.find_one(COUNTERS, LOG_COUNTER)
    generations = [] if counter is None else counter["generations"]
    if len(generations) < 2:  # noqa: PLR2004 - the one that is read, and the one being built
        return False
    await _switch(database, generations, generations[:1])
    await _drop(database, int(generations[1]))
    return True


async def _claim(database: Database, old: int) -> int:
    """Take a number that no rebuild had: one that was given up may still be writing to its own."""
    newest = {"$add": [{"$max": [old, "$newestGeneration"]}, 1]}
    found = await database.update(
        COUNTERS, {"_id": LOG_COUNTER}, [{"$set": {"newestGeneration": newest}}]
    )
    if found is None:
        raise ReindexError("the log is gone: there is nothing to rebuild")
    return int(found["newestGeneration"])


async def _drop(database: Database, generation: int) -> None:
    for name in fact_collections(generation):
        await database.drop_collection(name)


async def _drop_left_behind(database: Database, old: int) -> None:
    """Drop what is older still: a rebuild that was broken off in its grace leaves it behind.

    Only after a grace of ours, for that of the other may not be over before. What this user may
    not drop stays: the rebuild is done.
    """
    with suppress(LogUnavailableError):
        for name in await database.collections():
            kind, _, number = name.rpartition("_")
            if kind in _KINDS and number.isdecimal() and int(number) < old:
                await database.drop_collection(name)


async def _switch(database: Database, before: Sequence[int], after: Sequence[int]) -> int:
    """Change which generations are written; return the position at which it changed."""
    found = await database.update(
        COUNTERS,
        {"_id": LOG_COUNTER, "generations": list(before), "erasing": None},
        {"$set": {"generations": list(after)}},
    )
    if found is None:
        raise ReindexError(
            "another reindex changed the generations, or a person is being forgotten:"
            " nothing was lost, start anew when that has ended"
        )
    return int(found["position"])


async def _rebuild(
    database: Database, generation: int, batch: Sequence[Document], zone: tzinfo
) -> None:
    facts: list[Document] = []
    keys: list[Document] = []
    for event in batch:
        raw = bytes(event["raw"])
        prepared = prepare(raw, parse_body(raw).value, event["receivedAt"], zone)
        prepared.place(event["_id"])
        facts += prepared.facts
        keys += prepared.keys
        if len(facts) + len(keys) >= _ROWS_PER_INSERT:
            await _insert(database, generation, facts, keys)
            facts, keys = [], []
    await _insert(database, generation, facts, keys)


async def _insert(
    database: Database, generation: int, facts: Sequence[Document], keys: Sequence[Document]
) -> None:
    await database.insert(facts_of(generation), facts)
    await database.insert(keys_of(generation), keys)
