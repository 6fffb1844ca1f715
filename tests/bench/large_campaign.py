"""A campaign of 200,000 applications: their statuses counted, and a page of them by next call.

    PYTHONPATH=.:tests python tests/bench/large_campaign.py --data FOLDER

FOLDER is what `big_log.py` and `ready_documents.py` have made. Counts are measured warm (the
process has counted before), cold (its first count) and beside the pure fold, which an `asOf` of
this moment asks for; cold and the fold are long, so each has a round of its own, and in each round
the server is a new one. The page of those with one status, by their next call, is measured beside
the same from ready documents with an index that has both; their answers are the same JSON.
"""

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from big_log import database_of, serving
from campaign_events import LARGE_APPLICATIONS, LARGE_CAMPAIGN
from full_stack import CLIENTS, PAGE_SIZE
from ready_documents import peer_of
from sides import (
    Comparison,
    Load,
    Side,
    body_of,
    dialgraph,
    install_peers,
    loading,
    materialised,
    spread,
)

EVENTS = 4_000_000
PAGES = 200
COUNTS = """query Counts($campaign: ID!, $asOf: DateTime) {
  campaign(campaignId: $campaign, asOf: $asOf) { applicationStatusCounts { status count } } }"""
WAITING = """query Waiting($campaign: ID!, $after: String) {
  campaign(campaignId: $campaign) {
    applications(first: 50, after: $after, filter: { status: ["REDIAL"] },
                 orderBy: { field: NEXT_CALL }) {
      pageInfo { hasNextPage endCursor }
      nodes { applicationId status nextCall lastCall calledCount maxCallCount nextPhoneNumber
              processable clientSyncIds { field value } } } } }"""
CAMPAIGN = str(LARGE_CAMPAIGN)


def seconds_to_count(side: Side, as_of: str | None = None) -> float:
    began = perf_counter()
    data = side.ask(COUNTS, campaign=CAMPAIGN, asOf=as_of)
    seconds = perf_counter() - began
    counted = sum(each["count"] for each in data["campaign"]["applicationStatusCounts"])
    assert counted == LARGE_APPLICATIONS, counted
    return seconds


def count_in_rounds(uri: str, name: str, load: Load, rounds: int) -> None:
    """Print the fold, cold and warm counts of a new process in each round."""
    folds, colds, warms = [], [], []
    for _ in range(rounds):
        with dialgraph(uri, name) as side:
            side.ask(COUNTS, campaign="1")
            folds.append(seconds_to_count(side, as_of=datetime.now(UTC).isoformat()))
            colds.append(seconds_to_count(side))
            warm = load.run(side, [body_of(COUNTS, campaign=CAMPAIGN)] * 200)
            warms.append(warm.p50_ms / 1000)
            print(f"resident after the counts: {side.resident_mib:,.0f} MiB")
    for what, seconds in (("pure fold", folds), ("cold", colds), ("warm", warms)):
        ratio = spread([mine / its for mine, its in zip(seconds, folds, strict=True)], digits=4)
        print(
            f"counts, {what:10}{1000 * statistics.median(seconds):10.1f} ms{ratio:>28} x the fold"
        )


def cursors(side: Side, number: int) -> list[str | None]:
    """Return where so many pages begin, the first included."""
    found: list[str | None] = [None]
    while len(found) < number:
        page: Any = side.ask(WAITING, campaign=CAMPAIGN, after=found[-1])
        found.append(page["campaign"]["applications"]["pageInfo"]["endCursor"])
    return found


def compare_pages(load: Load, ours: Side, theirs: Side, rounds: int) -> None:
    """Print the table of the page by next call."""
    begins = cursors(theirs, PAGES)
    require_same(ours, theirs, begins[:3])
    bodies = [body_of(WAITING, campaign=CAMPAIGN, after=each) for each in begins]
    for side in (ours, theirs):
        load.run(side, bodies)
    found = Comparison({})
    for _ in range(rounds):
        for clients in (1, CLIENTS):
            mine = load.run(ours, bodies, clients)
            found.add(
                f"REDIAL by nextCall, {clients} clients", mine, load.run(theirs, bodies, clients)
            )
    found.show()


def require_same(ours: Side, theirs: Side, begins: Sequence[str | None]) -> None:
    """Hold the answers of both sides to be the same."""
    for after in begins:
        mine, its = (each.ask(WAITING, campaign=CAMPAIGN, after=after) for each in (ours, theirs))
        assert mine == its, f"the answers differ after {after}"
        assert len(mine["campaign"]["applications"]["nodes"]) == PAGE_SIZE


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    install_peers()
    name = database_of(EVENTS)
    async with serving(given.data) as uri:
        with ExitStack() as started:
            load = started.enter_context(loading(given.data))
            count_in_rounds(uri, name, load, max(2, given.rounds // 2))
            theirs = started.enter_context(materialised(uri, peer_of(name)))
            ours = started.enter_context(dialgraph(uri, name))
            compare_pages(load, ours, theirs, given.rounds)
            print(f"resident: dialgraph {ours.resident_mib:,.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
