"""Rebuild the facts of a large log while events are appended and read.

Run by hand: `python tests/bench/reindex_under_load.py --events 200000`. It prints how long the
rebuild took beside appends and reads, and how many reads missed a fact: that must be 0.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date
from itertools import count, islice
from pathlib import Path

from api.simulation import campaign_day
from store.driver import connect
from store.embedded import embedded_mongo
from store.log import EventLog, open_log
from store.moment import Moment
from store.reindex import reindex
from store.verify import verify
from store.view import View

COMPANY = "brightline"
BATCH = 500


@dataclass
class Seen:
    """What the readers saw."""

    reads: int = 0
    missing: int = 0
    generations: set[int] = field(default_factory=set)


async def fill(log: EventLog, events: int) -> None:
    day = campaign_day(day=date(2026, 1, 5), applications_per_campaign=events // 40)
    bodies = (delivery.body for delivery in islice(day, events))
    while batch := list(islice(bodies, BATCH)):
        await log.append(batch)


async def append_steadily(log: EventLog, per_second: int) -> None:
    bodies = (
        delivery.body
        for seed in count(100)
        for delivery in campaign_day(day=date(2026, 1, 6), seed=seed)
    )
    async with asyncio.TaskGroup() as group:
        for body in bodies:
            group.create_task(log.append([body]))
            await asyncio.sleep(1 / per_second)


async def read_steadily(log: EventLog, known: dict[str, list[str]], seen: Seen) -> None:
    """Look at random things of which there are facts, again and again."""
    dice = random.Random(1)
    while True:
        head = await log.head()
        view = View(log.database, COMPANY, Moment(head.position, None, head.generation))
        campaign = dice.choice(list(known))
        wanted = dice.sample(known[campaign], 20)
        found = await view.states("application", wanted)
        listed = await view.things_in("application", {"campaign": campaign})
        seen.reads += 1
        seen.generations.add(head.generation)
        seen.missing += len(found) < len(wanted) or len(listed) < len(known[campaign])


async def known_things(log: EventLog) -> dict[str, list[str]]:
    head = await log.head()
    view = View(log.database, COMPANY, Moment(head.position, None, head.generation))
    return {
        campaign: await view.things_in("application", {"campaign": campaign})
        for campaign in await view.campaign_keys()
    }


@asynccontextmanager
async def in_the_background(*tasks: "asyncio.Task[None]") -> AsyncIterator[None]:
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def run(events: int, per_second: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            embedded_mongo(Path(folder)) as uri,
            connect(uri, "bench") as database,
            open_log(database) as log,
        ):
            await fill(log, events)
            before, known, seen = await log.head(), await known_things(log), Seen()
            started = time.perf_counter()
            async with in_the_background(
                asyncio.create_task(append_steadily(log, per_second)),
                asyncio.create_task(read_steadily(log, known, seen)),
            ):
                async for _ in reindex(database, zone=UTC, grace_seconds=5):
                    pass
                seconds = time.perf_counter() - started - 5
            after = await log.head()
            findings = [
                finding
                async for progress in verify(database, after, zone=UTC)
                for finding in progress.findings
            ]
    print(f"events before            {before.position:>10,}")
    print(f"reindexed in             {seconds:>10.1f} s  ({before.position / seconds:,.0f}/s)")
    print(f"appended meanwhile       {after.position - before.position:>10,}")
    print(f"reads                    {seen.reads:>10,}  (of generations {seen.generations})")
    print(f"reads that missed a fact {seen.missing:>10,}")
    print(f"findings of verify       {len(findings):>10,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--per-second", type=int, default=100)
    given = parser.parse_args()
    asyncio.run(run(given.events, given.per_second))


if __name__ == "__main__":
    main()
