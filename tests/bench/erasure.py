"""What forgetting costs: those who append to a log that holds redacted events, and the run itself.

Run by hand: `PYTHONPATH=.:tests python tests/bench/erasure.py --events 20000`. Two logs get the
same batches in turn; in one of them a person was forgotten. The ratios are medians of the rounds.
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

from factories import a_call_event

from api.simulation import campaign_day
from store.driver import connect
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    asyncio.run(run(parser.parse_args().events))
