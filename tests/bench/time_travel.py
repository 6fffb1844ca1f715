"""What the past costs beside the present: one thing, a page, counts.

Run by hand: `PYTHONPATH=.:tests python tests/bench/time_travel.py`. It asks the same three
questions now, `atPosition` and `asOf` in turn, and prints medians and their ratios to now.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import date
from itertools import islice
from pathlib import Path

from api.operation import Caller
from api.schema import schema
from api.simulation import campaign_day
from store.driver import connect
from store.embedded import embedded_mongo
from store.follow import Follower
from store.log import EventLog, open_log

MOMENT = "2026-01-05T13:00:00Z"
QUESTIONS = {
    "one thing": """query($id: ID!, $asOf: DateTime, $at: Position) {
        campaign(campaignId: $id, asOf: $asOf, atPosition: $at) {
            status statusHistory { status occurredAt } } }""",
    "a page": """query($id: ID!, $asOf: DateTime, $at: Position) {
        campaign(campaignId: $id, asOf: $asOf, atPosition: $at) {
            applications(first: 50) {
                nodes { applicationId status calls { nodes { status } } } } } }""",
    "counts": """query($id: ID!, $asOf: DateTime, $at: Position) {
        campaign(campaignId: $id, asOf: $asOf, atPosition: $at) {
            applicationStatusCounts { status count } } }""",
}


async def ask(caller: Caller, question: str, **variables: object) -> float:
    started = time.perf_counter()
    result = await schema.execute(question, variable_values=variables, context_value=caller)
    assert not result.errors, result.errors
    return time.perf_counter() - started


async def run(events: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            embedded_mongo(Path(folder)) as uri,
            connect(uri, "bench") as database,
            open_log(database) as log,
        ):
            await fill(log, events)
            await compare(log, rounds)


async def fill(log: EventLog, events: int) -> None:
    day = campaign_day(day=date(2026, 1, 5), applications_per_campaign=events // 50)
    bodies = (delivery.body for delivery in islice(day, events))
    while batch := list(islice(bodies, 500)):
        await log.append(batch)


async def compare(log: EventLog, rounds: int) -> None:
    caller = Caller(log, Follower(log))
    found = await schema.execute(
        "{ campaigns(first: 1) { nodes { campaignId } } }", context_value=caller
    )
    assert found.data
    campaign = found.data["campaigns"]["nodes"][0]["campaignId"]
    position = (await log.head()).position
    moments: dict[str, dict[str, object]] = {
        "now": {},
        "atPosition": {"at": position // 2},
        "asOf": {"asOf": MOMENT},
    }
    print(f"{position:,} events; medians of {rounds} interleaved rounds")
    for name, question in QUESTIONS.items():
        taken: dict[str, list[float]] = {each: [] for each in moments}
        for _ in range(rounds):
            for each, variables in moments.items():
                taken[each].append(await ask(caller, question, id=campaign, **variables))
        medians = {each: statistics.median(times) for each, times in taken.items()}
        shown = "  ".join(
            f"{each} {1000 * median:7.1f} ms ({median / medians['now']:.2f}x)"
            for each, median in medians.items()
        )
        print(f"{name:10}  {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    asyncio.run(run(given.events, given.rounds))


if __name__ == "__main__":
    main()
