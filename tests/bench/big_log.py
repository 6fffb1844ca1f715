"""Large logs, built once, for the benchmarks that read them.

    PYTHONPATH=.:tests python tests/bench/big_log.py --data FOLDER --events 40000 400000 4000000

makes an embedded MongoDB's data folder with one database per size: `dialgraph_40k`,
`dialgraph_400k`, `dialgraph_4000k`. A database that is complete already is left as it is. From a
million events on it holds a campaign with 200,000 applications too.

Events are prepared as every append does, in several processes, and inserted with the positions that
they would have been given; the counters follow at the end. `DIALGRAPH_DATABASE=dialgraph_40k
dialgraph verify` finds nothing to complain of: every digest, position and fact is what it must be.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from campaign_events import (
    CAMPAIGNS_PER_DAY,
    COMPANY,
    LARGE_PARTS,
    Timed,
    events_of_day,
    events_of_large_campaign,
)

from store.body import parse_body
from store.collections import COMPANIES, COUNTERS, EVENTS, facts_of, keys_of
from store.data_folder import served_uri
from store.driver import Database, connect
from store.embedded import embedded_mongo
from store.head import LOG_COUNTER
from store.log import EventLog
from store.rows import prepare

LARGE_FROM = 1_000_000
_PER_INSERT = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a log: a day, or a part of the large campaign, and where it begins."""

    is_large: bool
    number: int
    first: int = 1

    def events(self) -> list[Timed]:
        return (events_of_large_campaign if self.is_large else events_of_day)(self.number)


def database_of(events: int) -> str:
    """Name the database of a size."""
    return f"dialgraph_{events // 1000}k"


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """Yield the URI of the folder's MongoDB: one that runs already, else one of our own."""
    running = served_uri(folder)
    if running is not None:
        yield running
        return
    async with embedded_mongo(folder) as uri:
        yield uri


def parts_of(events: int) -> list[Part]:
    """Divide a log of about so many events: all parts of a sort have the same number of them."""
    large = [Part(is_large=True, number=each) for each in range(LARGE_PARTS)]
    large = large if events >= LARGE_FROM else []
    a_large, a_day = len(events_of_large_campaign(0)), len(events_of_day(0))
    days = round((events - len(large) * a_large) / a_day)
    parts: list[Part] = []
    first = 1
    for each in [*large, *(Part(is_large=False, number=day) for day in range(days))]:
        parts.append(Part(each.is_large, each.number, first))
        first += a_large if each.is_large else a_day
    return parts


def campaigns_of(events: int) -> list[int]:
    """Return the campaigns of 500 applications in a log of about so many events, in order."""
    days = sum(not part.is_large for part in parts_of(events))
    return list(range(1, days * CAMPAIGNS_PER_DAY + 1))


def fill(uri: str, name: str, part: Part) -> int:
    """Insert a part in a process of its own; return the position behind it."""
    return asyncio.run(_fill(uri, name, part))


async def _fill(uri: str, name: str, part: Part) -> int:
    events = part.events()
    async with connect(uri, name) as database:
        for start in range(0, len(events), _PER_INSERT):
            chunk = events[start : start + _PER_INSERT]
            await _insert(database, chunk, part.first + start)
    return part.first + len(events)


async def _insert(database: Database, events: Sequence[Timed], first: int) -> None:
    prepared = [
        prepare(event.raw, parse_body(event.raw).value, event.received_at, UTC) for event in events
    ]
    for place, each in enumerate(prepared):
        each.place(first + place)
    await asyncio.gather(
        database.insert(EVENTS, [each.event for each in prepared]),
        database.insert(facts_of(1), [row for each in prepared for row in each.facts]),
        database.insert(keys_of(1), [row for each in prepared for row in each.keys]),
    )


async def build(uri: str, events: int, processes: int) -> None:
    """Build one size, unless it is there; a part of one that was broken off is dropped."""
    async with connect(uri, database_of(events)) as database:
        log, began = EventLog(database), time.monotonic()
        counter = await database.find_one(COUNTERS, LOG_COUNTER)
        if counter is None or counter["position"] == 0:
            await database.drop()
            await log.prepare()
            await _fill_in_processes(database, uri, events, processes)
        position = (await log.head()).position
        print(f"{database_of(events)}: {position:,} events, {time.monotonic() - began:,.0f} s")


async def _fill_in_processes(database: Database, uri: str, events: int, processes: int) -> None:
    parts, loop = parts_of(events), asyncio.get_running_loop()
    run = partial(fill, uri, database_of(events))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        ends = await asyncio.gather(*(loop.run_in_executor(pool, run, part) for part in parts))
    if ends[:-1] != [part.first for part in parts[1:]]:
        raise ValueError("the parts of a log are not equally long")
    await _count(database, ends[-1] - 1)


async def _count(database: Database, position: int) -> None:
    """Write the counters, as the transaction of the last append would have left them."""
    last = await database.find_one(EVENTS, position) or {}
    company = {"events": position, "position": position, "lastReceivedAt": last["receivedAt"]}
    await database.upsert(COMPANIES, {"_id": COMPANY}, {"$set": company})
    await database.upsert(COUNTERS, {"_id": LOG_COUNTER}, {"$set": {"position": position}})


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, nargs="+", default=[40_000, 400_000, 4_000_000])
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    async with serving(given.data) as uri:
        for events in given.events:
            await build(uri, events, given.processes)


if __name__ == "__main__":
    asyncio.run(main())
