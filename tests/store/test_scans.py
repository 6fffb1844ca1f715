"""What goes on beside queries reads no collection as a whole, however large the log may be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from factories import a_call_event, a_callback_event, a_tac_event, an_application
from following import formed, simulated

from store.collections import EVENTS, facts_of, keys_of
from store.driver import Database
from store.erasure import forget
from store.keys import pair_key
from store.log import EventLog
from store.topics import TOPICS, Topic

PERSON = {"externalId": "client-4711"}
KEY = pair_key("externalId", "client-4711")


@asynccontextmanager
async def scans(database: Database) -> AsyncIterator[list[str]]:
    """Yield what fills up, in the end, with the commands that scanned a whole collection."""
    found: list[str] = []
    await database.handle.command("profile", 2)
    try:
        yield found
    finally:
        await database.handle.command("profile", 0)
    large = [f"{database.handle.name}.{name}" for name in (EVENTS, facts_of(1), keys_of(1))]
    async for done in database.handle["system.profile"].find({"ns": {"$in": large}}):
        found += [f"{done['ns']}: {done['command']}"] * ("COLLSCAN" in done.get("planSummary", ""))


async def test_an_erasure_scans_nothing(new_log: EventLog) -> None:
    own = {"clientSyncIdsToValues": PERSON}
    others = [a_call_event(statisticId=place) for place in range(20)]
    await new_log.append(
        [
            *others,
            a_tac_event(an_application(**own)),
            a_callback_event(applicationId="a1", name="Olena"),
            a_callback_event(id="b2", **own),
            *(a_call_event(statisticId=100 + place, **own) for place in range(3)),
        ]
    )

    async with scans(new_log.database) as scanned:
        erased = await forget(new_log, "acme", KEY, by="x")

    assert erased.events == 6
    assert scanned == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
async def test_what_a_subscription_tells_is_read_without_a_scan(
    new_log: EventLog, topic: Topic[Any]
) -> None:
    await new_log.append(simulated("acme"))

    async with scans(new_log.database) as scanned:
        changes = await formed(new_log, topic, "acme", step=50)

    assert len(changes) > 1
    assert scanned == []
