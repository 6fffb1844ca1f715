import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date

import pytest
from factories import a_campaign_event

from api.simulation import campaign_day
from store.collections import COUNTERS, facts_of
from store.driver import connect
from store.errors import LogUnavailableError
from store.log import EventLog, open_log
from store.moment import Moment
from store.reindex import ReindexError, give_up, reindex
from store.verify import verify
from store.view import View


@pytest.fixture
async def filled(mongo_uri: str) -> AsyncIterator[EventLog]:
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(mongo_uri, name) as database, open_log(database) as log:
        bodies = [each.body for each in campaign_day(day=date(2026, 1, 5), campaigns=2)]
        await log.append(bodies)
        yield log
        await database.drop()


async def rebuild(log: EventLog, *, grace_seconds: float = 0) -> list[tuple[int, int]]:
    steps = reindex(log.database, zone=UTC, grace_seconds=grace_seconds)
    return [each async for each in steps]


async def is_clean(log: EventLog) -> bool:
    steps = verify(log.database, await log.head(), zone=UTC)
    return not [finding async for progress in steps for finding in progress.findings]


async def test_a_reindex_mends_facts_that_were_changed(filled: EventLog) -> None:
    await filled.database.handle[facts_of(1)].update_many({}, {"$set": {"data.status": "x"}})

    steps = await rebuild(filled)

    head = await filled.head()
    assert (head.generation, steps[-1]) == (2, (head.position, head.position))
    assert await is_clean(filled)
    assert facts_of(1) not in await filled.database.handle.list_collection_names()


async def test_events_appended_meanwhile_have_their_facts(filled: EventLog) -> None:
    async def keep_appending() -> None:
        for number in range(10_000):
            await filled.append([a_campaign_event(campaignId=number)])

    before = (await filled.head()).position
    appending = asyncio.create_task(keep_appending())

    for _ in range(2):
        await rebuild(filled)

    appending.cancel()
    with suppress(asyncio.CancelledError):
        await appending
    assert (await filled.head()).position > before
    assert await is_clean(filled)


async def test_a_reader_of_the_old_generation_keeps_its_answer(filled: EventLog) -> None:
    old = await filled.head()
    rebuilding = asyncio.create_task(rebuild(filled, grace_seconds=60))
    while (await filled.head()).generation == old.generation:  # noqa: ASYNC110 - it is in MongoDB
        await asyncio.sleep(0.05)

    view = View(filled.database, "brightline", Moment(old.position, None, old.generation))
    campaigns = await view.campaign_keys()

    rebuilding.cancel()
    with suppress(asyncio.CancelledError):
        await rebuilding
    assert len(campaigns) == 2


async def test_two_rebuilds_at_once_are_refused(filled: EventLog) -> None:
    steps = reindex(filled.database, zone=UTC)
    await anext(steps)

    with pytest.raises(ReindexError, match="another reindex"):
        await rebuild(filled)

    await steps.aclose()


async def test_of_two_rebuilds_begun_at_one_moment_one_is_refused_and_the_other_is_whole(
    filled: EventLog,
) -> None:
    outcomes = await asyncio.gather(rebuild(filled), rebuild(filled), return_exceptions=True)

    assert [isinstance(each, ReindexError) for each in outcomes].count(True) == 1
    assert await is_clean(filled)
    facts = [each for each in await collections(filled) if each.startswith("facts_")]
    assert facts == [facts_of((await filled.head()).generation)]


async def collections(log: EventLog) -> list[str]:
    return list(await log.database.handle.list_collection_names())


async def test_a_rebuild_that_was_given_up_cannot_end_the_one_after_it(filled: EventLog) -> None:
    given_up, next_one = (reindex(filled.database, zone=UTC, grace_seconds=0) for _ in range(2))
    await anext(given_up)
    await give_up(filled.database)
    await anext(next_one)

    with pytest.raises(ReindexError, match="start anew"):
        _ = [each async for each in given_up]
    _ = [each async for each in next_one]

    assert (await filled.head()).generation == 3
    assert facts_of(2) not in await collections(filled)
    assert await is_clean(filled)


async def test_a_rebuild_that_was_broken_off_can_be_given_up(filled: EventLog) -> None:
    steps = reindex(filled.database, zone=UTC)
    await anext(steps)
    await steps.aclose()

    given_up = [await give_up(filled.database), await give_up(filled.database)]

    counter = await filled.database.find_one(COUNTERS, "log")
    assert given_up == [True, False]
    assert counter is not None
    assert counter["generations"] == [1]
    assert await is_clean(filled)


async def broken_off_in_its_grace(log: EventLog) -> None:
    before = (await log.head()).generation
    rebuilding = asyncio.create_task(rebuild(log, grace_seconds=60))
    while (await log.head()).generation == before:  # noqa: ASYNC110 - it is in MongoDB
        await asyncio.sleep(0.05)
    rebuilding.cancel()
    with suppress(asyncio.CancelledError):
        await rebuilding


async def generations(log: EventLog) -> set[str]:
    return {each for each in await collections(log) if each.startswith(("facts_", "keys_"))}


async def test_what_rebuilds_left_that_were_broken_off_in_their_grace_goes_with_the_next_one(
    filled: EventLog,
) -> None:
    await broken_off_in_its_grace(filled)
    await broken_off_in_its_grace(filled)
    left = await generations(filled)

    await rebuild(filled)

    assert left == {"facts_1", "keys_1", "facts_2", "keys_2", "facts_3", "keys_3"}
    assert await generations(filled) == {"facts_4", "keys_4"}
    assert await is_clean(filled)


async def test_a_rebuild_leaves_to_another_one_what_that_is_building(filled: EventLog) -> None:
    await filled.database.insert(facts_of(7), [{"_id": 1}])

    await rebuild(filled)

    assert await generations(filled) == {"facts_2", "keys_2", "facts_7"}


async def test_what_is_left_and_may_not_be_dropped_stays(
    filled: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden() -> list[str]:
        raise LogUnavailableError("not authorized")

    monkeypatch.setattr(filled.database, "collections", forbidden)

    await rebuild(filled)

    assert (await filled.head()).generation == 2


async def test_a_log_is_opened_with_the_generation_that_it_has(filled: EventLog) -> None:
    await rebuild(filled)

    async with open_log(filled.database) as again:
        await again.append([a_campaign_event(campaignId="late")])

        assert await is_clean(again)
        assert facts_of(1) not in await filled.database.handle.list_collection_names()
