"""A campaign of 200,000 applications: their statuses counted, and a page of them by next call.

    PYTHONPATH=.:tests python tests/bench/large_campaign.py --data FOLDER

FOLDER is what `big_log.py` and `ready_documents.py` have made. Counts over HTTP are measured cold
(the first one of a process) and warm (from then on), beside the pure fold: the states of all the
applications, read and counted here, 20,000 at a time. Each round has a new process. The page of
those with one status, by their next call, is measured beside the same from ready documents with an
index that has both; their answers are the same JSON.
"""

import argparse
import asyncio
import statistics
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

from big_log import database_of, serving
from campaign_events import COMPANY, LARGE_APPLICATIONS, LARGE_CAMPAIGN
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

from store.driver import connect
from store.ids import id_key
from store.log import EventLog
from store.moment import Moment
from store.view import View

EVENTS = 4_000_000
PAGES = 200
_PER_READ = 20_000
COUNTS = """query Counts($campaign: ID!) {
  campaign(campaignId: $campaign) { applicationStatusCounts { status count } } }"""
WAITING = """query Waiting($campaign: ID!, $after: String) {
  campaign(campaignId: $campaign) {
    applications(first: 50, after: $after, filter: { status: ["REDIAL"] },
                 orderBy: { field: NEXT_CALL }) {
      pageInfo { hasNextPage endCursor }
      nodes { applicationId status nextCall lastCall calledCount maxCallCount nextPhoneNumber
              processable clientSyncIds { field value } } } } }"""
CAMPAIGN = str(LARGE_CAMPAIGN)


def seconds_to_count(side: Side) -> float:
    began = perf_counter()
    data = side.ask(COUNTS, campaign=CAMPAIGN)
    seconds = perf_counter() - began
    counted = sum(each["count"] for each in data["campaign"]["applicationStatusCounts"])
    assert counted == LARGE_APPLICATIONS, counted
    return seconds


async def seconds_to_fold(uri: str, name: str) -> float:
    """Fold all the applications anew and count them."""
    async with connect(uri, name) as database:
        head = await EventLog(database).head()
        moment = Moment(head.position, None, head.generation)
        began = perf_counter()
        keys = await View(database, COMPANY, moment).things_in(
            "application", {"campaign": id_key(CAMPAIGN)}
        )
        counts: Counter[str] = Counter()
        for start in range(0, len(keys), _PER_READ):
            view = View(database, COMPANY, moment)
            states = await view.states("application", keys[start : start + _PER_READ])
            counts.update(state.data["status"] for state in states.values())
        assert counts.total() == LARGE_APPLICATIONS
        return perf_counter() - began


async def count_in_rounds(uri: str, name: str, load: Load, rounds: int) -> None:
    """Print the fold, cold and warm counts; each round has a process of its own."""
    folds, colds, warms = [], [], []
    for _ in range(rounds):
        folds.append(await seconds_to_fold(uri, name))
        with dialgraph(uri, name) as side:
            side.ask(COUNTS, campaign="1")
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
            await count_in_rounds(uri, name, load, max(2, given.rounds // 2))
            theirs = started.enter_context(materialised(uri, peer_of(name)))
            ours = started.enter_context(dialgraph(uri, name))
            compare_pages(load, ours, theirs, given.rounds)
            print(f"resident: dialgraph {ours.resident_mib:,.0f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
