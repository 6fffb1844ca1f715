"""What forgetting costs: those who append to a log that holds redacted events, and the run itself.

Run by hand: `PYTHONPATH=.:tests python tests/bench/erasure.py --events 20000`. Two logs get the
same batches in turn; in one of them a person was forgotten. The ratios are medians of the rounds.

With `--data FOLDER` of `big_log.py`, people are forgotten in its logs, each a client of some events
that are appended before. What that takes is held against a bare read of the bytes of the log.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import uuid4

from big_log import database_of, serving
from campaign_events import COMPANY
from factories import a_call_event

from api.simulation import campaign_day
from store.collections import EVENTS
from store.driver import Database, connect
from store.embedded import embedded_mongo
from store.erasure import forget, survey
from store.keys import pair_key
from store.log import EventLog, open_log

PERSON = {"externalId": "client-to-forget"}
KEY = pair_key("externalId", PERSON["externalId"])


def bodies(events: int, seed: int) -> Iterator[bytes]:
    day = campaign_day(
        day=date(2026, 1, 5), seed=seed, applications_per_campaign=max(20, events // 20)
    )
    return (delivery.body for delivery in islice(day, events))


async def timed_append(log: EventLog, batch: list[bytes]) -> float:
    started_at = time.perf_counter()
    await log.append(batch)
    return time.perf_counter() - started_at


async def appended_beside(plain: EventLog, redacted: EventLog, events: int, size: int) -> float:
    ratios = []
    for number, batch in enumerate(batches(bodies(events, size), size)):
        both = [plain, redacted] if number % 2 else [redacted, plain]
        took = {id(log): await timed_append(log, batch) for log in both}
        ratios.append(took[id(redacted)] / took[id(plain)])
    return median(ratios[2:])


def batches(items: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while batch := list(islice(items, size)):
        yield batch


async def run(events: int) -> None:
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with (
            embedded_mongo(Path(folder)) as uri,
            connect(uri, "plain") as first,
            connect(uri, "redacted") as second,
            open_log(first) as plain,
            open_log(second) as redacted,
        ):
            mine = a_call_event(companyId="brightline", clientSyncIdsToValues=PERSON)
            for log in (plain, redacted):
                await log.append([mine])
            await forget(redacted, "brightline", KEY, by="bench")
            ratio = await appended_beside(plain, redacted, events, 500)
            print(f"append 500 at once, with redacted events / without: {ratio:.2f}")
            ratio = await appended_beside(plain, redacted, events // 20, 10)
            print(f"append 10 at once, with redacted events / without: {ratio:.2f}")
            head = (await plain.head()).position
            started_at = time.perf_counter()
            await survey(plain, "brightline", KEY)
            took = time.perf_counter() - started_at
            print(f"a dry run reads {head / took:,.0f} events/s")


async def run_large(folder: Path, rounds: int) -> None:
    async with serving(folder) as uri:
        for events in (40_000, 400_000, 4_000_000):
            async with connect(uri, database_of(events)) as database, open_log(database) as log:
                took = [await timed_erasure(log) for _ in range(rounds)]
            seconds = median(forgetting for forgetting, _ in took)
            ratio = median(forgetting / reading for forgetting, reading in took)
            print(
                f"{events:,} events: forgetting one person {seconds:.1f} s,"
                f" {seconds / events * 1_000_000:.1f} µs an event,"
                f" {ratio:.1f} of a bare read of the bytes"
            )


async def timed_erasure(log: EventLog) -> tuple[float, float]:
    """Return the seconds that an erasure takes, and a bare read of the same log."""
    person = {"externalId": uuid4().hex}
    own = {"companyId": COMPANY, "clientSyncIdsToValues": person}
    await log.append([a_call_event(statisticId=uuid4().hex, **own) for _ in range(12)])
    started_at = time.perf_counter()
    await read_bytes(log.database)
    read_at = time.perf_counter()
    figures = await forget(log, COMPANY, pair_key("externalId", person["externalId"]), by="bench")
    if figures.events != 12:
        raise ValueError(f"{figures.events} events were redacted")
    return time.perf_counter() - read_at, read_at - started_at


async def read_bytes(database: Database) -> None:
    query = {"company": COMPANY, "_id": {"$gt": 0}}
    async for _ in database.batches(EVENTS, query, fields={"raw": 1}):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(run_large(given.data, given.rounds) if given.data else run(given.events))
