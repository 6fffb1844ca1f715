"""Following while something is amiss: nobody is passed over, and nobody stops the others."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from factories import a_call_event, a_callback_event
from following import a_follower, take, until

from store import due
from store.changes import Change
from store.collections import Document, facts_of
from store.due import Hints, expected
from store.erasure import forget
from store.follow import Follower
from store.head import Head
from store.keys import phone_key
from store.log import EventLog
from store.moment import fact_number
from store.topics import CALLBACKS, CALLS, Topic
from store.view import View

C = TypeVar("C", bound=Change)

_LONG = "x" * 2**20


@pytest.fixture
async def follower(log: EventLog) -> AsyncIterator[Follower]:
    async with a_follower(log) as follower:
        yield follower


def a_callback_due_in(seconds: float, company: str, **fields: object) -> bytes:
    recall_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    return a_callback_event(companyId=company, recallAt=recall_at, applicationId="a1", **fields)


@asynccontextmanager
async def heard(changes: AsyncGenerator[C]) -> AsyncIterator[list[C]]:
    """Listen meanwhile, and give what was told so far."""
    told: list[C] = []

    async def listen() -> None:
        async for change in changes:
            told.append(change)  # noqa: PERF401 - they are looked at meanwhile

    listening = asyncio.create_task(listen())
    try:
        yield told
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await changes.aclose()


@asynccontextmanager
async def a_primary_that_shows_less(log: EventLog, position: int) -> AsyncIterator[None]:
    """Show the log up to a position only, as a new primary may for a moment."""
    head, find, aggregate = log.head, log.database.find, log.database.aggregate
    facts = facts_of(1)

    async def shown_head(*of: Any) -> Head:  # noqa: ANN401 - the log's own
        found = await head(*of)
        return replace(found, position=position, told=position)

    async def shown_find(name: str, query: Document, **how: Any) -> list[Document]:  # noqa: ANN401
        if name == facts:
            query = {"$and": [query, {"_id": {"$lt": fact_number(position + 1, 0)}}]}
        return await find(name, query, **how)

    async def shown_aggregate(name: str, stages: list[Document]) -> list[Document]:
        if name == facts:
            stages = [{"$match": {"_id": {"$lt": fact_number(position + 1, 0)}}}, *stages]
        return await aggregate(name, stages)

    with (
        patch.object(log, "head", shown_head),
        patch.object(log.database, "find", shown_find),
        patch.object(log.database, "aggregate", shown_aggregate),
    ):
        yield


@pytest.mark.parametrize("topic", [CALLS, CALLBACKS], ids=lambda topic: topic.name)
async def test_ids_that_are_too_long_for_one_command_stop_nobody(
    log: EventLog, follower: Follower, company: str, topic: Topic[Any]
) -> None:
    """MongoDB takes commands of 16 MiB: one filter of these ids has 18."""
    make = a_call_event if topic is CALLS else a_callback_event
    name = "statisticId" if topic is CALLS else "id"
    bodies = [make(companyId=company, **{name: f"{each}-{_LONG}"}) for each in range(18)]
    start = (await log.head()).position

    placed = await log.append(bodies)
    told = follower.subscribe(topic, company=company, after=start)

    assert placed.appended == len(bodies)
    assert len(await take(told, len(bodies))) == len(bodies)
    await told.aclose()


async def test_who_joins_while_a_new_primary_shows_less_misses_nothing(
    log: EventLog, follower: Follower, company: str
) -> None:
    start = (await log.head()).position
    first = follower.subscribe(CALLS, company=company, after=start)
    await log.append([a_call_event(companyId=company, statisticId=each) for each in range(10)])
    await take(first, 10)

    async with (
        heard(first),
        heard(follower.subscribe(CALLS, company=company, after=start + 5)) as told,
    ):
        async with a_primary_that_shows_less(log, start + 7):
            await asyncio.sleep(0.6)
        await until(lambda: len(told) >= 5)
        await log.append([a_call_event(companyId=company, statisticId="last")])
        await until(lambda: told[-1].position == start + 11)

    assert [change.position for change in told] == list(range(start + 6, start + 12))


async def test_a_callback_falls_due_though_a_new_primary_shows_less_at_that_moment(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(0.8, company)])
    await take(told, 1)

    async with heard(told) as changes:
        await asyncio.sleep(0.3)
        async with a_primary_that_shows_less(log, (await log.head()).position - 1):
            await asyncio.sleep(1)
        await until(lambda: changes)

    assert [change.callback_state for change in changes] == ["DUE"]


async def test_a_callback_falls_due_for_who_comes_again_while_the_first_look_is_under_way(
    log: EventLog, follower: Follower, company: str
) -> None:
    looking = asyncio.Event()

    async def slowly(view: View, since: datetime) -> Hints:
        found = await expected(view, since)
        looking.set()
        await asyncio.sleep(0.5)
        return found

    with patch.object(due, "expected", slowly):
        async with heard(follower.subscribe(CALLBACKS, company=company)):
            await looking.wait()
        await log.append([a_callback_due_in(1.5, company)])
        told = follower.subscribe(CALLBACKS, company=company)
        [change] = await take(told, 1)
        await told.aclose()

    assert change.callback_state == "DUE"


async def test_an_erased_person_is_told_of_no_more_though_it_was_just_being_read_of(
    log: EventLog, follower: Follower, company: str
) -> None:
    start, phone = (await log.head()).position, "+491701234567"
    told = follower.subscribe(CALLS, company=company, after=start)
    await log.append([a_call_event(companyId=company, statisticId="other")])
    await take(told, 1)
    is_read, go_on, find = asyncio.Event(), asyncio.Event(), log.database.find

    async def slowly(name: str, query: Document, **how: Any) -> list[Document]:  # noqa: ANN401
        rows = await find(name, query, **how)
        if name == facts_of(1) and rows and "sort" in how and not is_read.is_set():
            is_read.set()
            await go_on.wait()
        return rows

    async with heard(told) as changes:
        await until(lambda: follower.listening)
        with patch.object(log.database, "find", slowly):
            event = a_call_event(companyId=company, statisticId="s1", phoneNumber=phone)
            await log.append([event])
            await is_read.wait()
        key = phone_key(phone)
        assert key is not None
        await forget(log, company, key, by="me")
        async with heard(follower.subscribe(CALLS, company=company)):  # it looks at the log's end
            await asyncio.sleep(0.3)
            go_on.set()
            await until(lambda: len(changes) == 1)
        await log.append([a_call_event(companyId=company, statisticId="s1", calledCount=3)])
        await until(lambda: len(changes) == 2)

    assert changes[1].state.data["calledCount"] == 3
    assert phone not in str(changes[1].state)


async def test_a_follower_that_is_ended_while_it_fails_ends(log: EventLog) -> None:
    """A task group that is failing already loses a cancellation (CPython 3.11)."""
    follower = Follower(log, restart_seconds=0.01)
    is_following = asyncio.Event()

    async def fail() -> None:
        is_following.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ValueError("something else") from None

    with patch.object(follower, "_follow", fail):
        running = asyncio.create_task(follower.run())
        listening = asyncio.create_task(anext(follower.subscribe(CALLS, company="nobody")))
        await is_following.wait()
        running.cancel()
        async with asyncio.timeout(5):
            with pytest.raises(asyncio.CancelledError):
                await running
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
