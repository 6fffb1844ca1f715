"""Every answer is exact at one position of the log, whatever is appended meanwhile."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date

from graph import Graph

from api.simulation import campaign_day

# By hand: DIALGRAPH_ROUNDS=500, about a minute.
ROUNDS = int(os.environ.get("DIALGRAPH_ROUNDS", "100"))

QUERY = """query($at: Position) {
  campaigns(first: 3, atPosition: $at) {
    totalCount
    nodes {
      campaignId status statusChangedAt applicationStatusCounts { status count }
      applications(first: 5, orderBy: {field: APPLICATION_ID, direction: DESC}) {
        totalCount
        nodes {
          applicationId status calledCount
          calls(first: 3) { totalCount nodes { statisticId status callbacks { callbackId } } }
          callbacks { nodes { callbackId completedBy { statisticId } } }
        }
      }
    }
  }
}"""


@asynccontextmanager
async def heavy_appends(graph: Graph) -> AsyncIterator[None]:
    """Append one event after the other, day after day, for as long as the context lasts."""

    async def append() -> None:
        for seed in range(1_000):
            for delivery in campaign_day(day=date(2026, 1, 5), seed=seed, campaigns=3):
                await graph.append(delivery.body)

    appending = asyncio.create_task(append())
    try:
        yield
    finally:
        appending.cancel()
        with suppress(asyncio.CancelledError):
            await appending


async def test_an_answer_during_appends_is_the_one_of_its_own_position(graph: Graph) -> None:
    differing = []
    positions = set()

    async with heavy_appends(graph):
        for _ in range(ROUNDS):
            answer = await graph.ask(QUERY)
            position = answer["extensions"]["position"]
            again = await graph.afresh().ask(QUERY, at=position)
            positions.add(position)
            differing += [position] if again["data"] != answer["data"] else []

    assert differing == []
    assert len(positions) > ROUNDS / 2
