"""The peer's collection: one ready document per application, built from our own answers.

    PYTHONPATH=.:tests python tests/bench/ready_documents.py --data FOLDER --events 4000000

reads every application of the log (or of `--campaigns` of them, evenly chosen, and the large one)
with its calls and callbacks, and writes it as one document, moments as dates, into a database
beside the log's, with the indexes that the benchmarks' queries want. It takes minutes.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson
from big_log import LARGE_FROM, campaigns_of, database_of, serving
from campaign_events import LARGE_CAMPAIGN

from api.encoding import encode
from api.operation import Caller
from api.schema import schema
from store.collections import Document, Index
from store.driver import Database, connect
from store.follow import Follower
from store.log import EventLog

FIELDS = """
fragment Fields on Application {
  applicationId campaignId companyId status statusChangedAt maxCallCount calledCount lastCall
  nextCall nextPhoneNumber smsStatus hasRecall processable clientSyncIds { field value }
  calls { nodes { statisticId updatedDate operatorId phoneNumber status callType
                  clientCallStatus generalCallDuration recallDescription } }
  callbacks { nodes { callbackId createdAt recallAt name operatorId state } }
}
"""
"""What the benchmarks ask of an application."""

PAGE = """
query Page($campaign: ID!, $first: Int!, $after: String) {
  campaign(campaignId: $campaign) {
    campaignId status
    applications(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { ...Fields } } } }
"""

_MOMENTS = {"statusChangedAt", "lastCall", "nextCall", "updatedDate", "createdAt", "recallAt"}
_INDEXES = (
    Index("applications", {"campaignId": 1, "_id": 1}, "a campaign's pages"),
    Index(
        "applications",
        {"campaignId": 1, "status": 1, "nextCall": 1, "_id": 1},
        "those with a status by their next call",
    ),
)


def peer_of(database: str) -> str:
    """Name the database of the ready documents."""
    return f"{database}_ready"


async def pages_of(caller: Caller, campaign: int) -> AsyncIterator[Any]:
    """Yield the answers that hold a campaign's applications, page by page."""
    after: str | None = None
    while True:
        variables = {"campaign": campaign, "first": 500, "after": after}
        result = await schema.execute(
            PAGE + FIELDS, variable_values=variables, context_value=caller
        )
        assert result.data, result.errors
        campaign_told = orjson.loads(encode(result.data))["campaign"]
        yield campaign_told
        page = campaign_told["applications"]["pageInfo"]
        if not page["hasNextPage"]:
            return
        after = page["endCursor"]


def ready(application: Any) -> Document:  # noqa: ANN401 - an answer
    """Make a document of an application as it was answered."""
    calls, callbacks = application["calls"]["nodes"], application["callbacks"]["nodes"]
    return {
        "_id": int(application["applicationId"]),
        **_with_dates(application),
        "calls": [_with_dates(each) for each in calls],
        "callbacks": [
            {**_with_dates(each), "completed": each["state"] == "COMPLETED"} for each in callbacks
        ],
    }


def _with_dates(thing: Document) -> Document:
    return {
        name: datetime.fromisoformat(value) if name in _MOMENTS and value else value
        for name, value in thing.items()
        if name != "state"
    }


def write(uri: str, name: str, campaigns: Sequence[int]) -> None:
    """Write the documents of some campaigns, in a process of its own."""
    asyncio.run(_write(uri, name, campaigns))


async def _write(uri: str, name: str, campaigns: Sequence[int]) -> None:
    async with connect(uri, name) as database, connect(uri, peer_of(name)) as peer:
        log = EventLog(database)
        caller = Caller(log, Follower(log))
        for campaign in campaigns:
            async for found in pages_of(caller, campaign):
                nodes = found["applications"]["nodes"]
                await peer.insert("applications", [ready(each) for each in nodes])
            known = {"_id": str(campaign), "campaignId": str(campaign), "status": found["status"]}
            await peer.insert("campaigns", [known])


async def build(uri: str, events: int, campaigns: int, processes: int) -> None:
    """Build the collection of one log, unless it is there."""
    name, began = database_of(events), time.monotonic()
    async with connect(uri, peer_of(name)) as peer:
        if await peer.find_one("built", 1) is None:
            await peer.drop()
            chosen = chosen_campaigns(events, campaigns)
            await _write_in_processes(uri, name, chosen, processes)
            await peer.prepare((), (), _INDEXES)
            await peer.insert("built", [{"_id": 1, "campaigns": chosen}])
    print(f"{peer_of(name)}: {time.monotonic() - began:,.0f} s")


def chosen_campaigns(events: int, campaigns: int) -> list[int]:
    """Return so many campaigns of a log, evenly chosen, and the large one where there is one."""
    known = campaigns_of(events)
    step = max(1, len(known) // campaigns)
    return [*known[::step], *([LARGE_CAMPAIGN] if events >= LARGE_FROM else [])]


async def _write_in_processes(uri: str, name: str, chosen: Sequence[int], processes: int) -> None:
    loop, run = asyncio.get_running_loop(), partial(write, uri, name)
    largest_first = sorted(chosen, reverse=True)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, run, [each]) for each in largest_first))


async def ready_campaigns(peer: Database) -> list[int]:
    """Return the campaigns that the peer holds, the large one aside."""
    built = await peer.find_one("built", 1)
    assert built, "build the ready documents first: tests/bench/ready_documents.py"
    return [each for each in built["campaigns"] if each != LARGE_CAMPAIGN]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--campaigns", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    given = parser.parse_args()
    async with serving(given.data) as uri:
        await build(uri, given.events, given.campaigns, given.processes)


if __name__ == "__main__":
    asyncio.run(main())
