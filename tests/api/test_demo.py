"""The demo's history: complete, however often its loading was broken off."""

import os
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from factories import a_campaign_event

from api import demo
from api.demo import running_demo
from api.simulation import Delivery
from store.collections import EVENTS, REDELIVERIES
from store.driver import connect
from store.errors import LogUnavailableError
from store.log import EventLog, open_log

_LENGTH = 30


@pytest.fixture
async def log(mongo_uri: str) -> AsyncIterator[EventLog]:
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(mongo_uri, name) as database, open_log(database) as log:
        yield log
        await database.drop()


@pytest.fixture(autouse=True)
def history(monkeypatch: pytest.MonkeyPatch) -> list[Delivery]:
    """Thirty events in batches of ten, and the first of them once more in the last batch."""
    bodies = [a_campaign_event(place=place) for place in range(_LENGTH)]
    given = [Delivery(datetime.now(UTC), body) for body in [*bodies, bodies[0]]]
    monkeypatch.setattr(demo, "_BATCH_EVENTS", 10)
    monkeypatch.setattr(demo, "demo_feed", lambda *_, **__: (iter(given), iter([])))
    return given


async def start(log: EventLog) -> int:
    async with running_demo(log) as appended:
        return appended


async def raws(log: EventLog) -> list[bytes]:
    return [row["raw"] for row in await log.database.find(EVENTS, {}, sort=[("_id", 1)])]


async def redeliveries(log: EventLog) -> list[int]:
    return [row["count"] for row in await log.database.find(REDELIVERIES, {})]


def break_off(monkeypatch: pytest.MonkeyPatch, log: EventLog, *, after: int) -> None:
    """Let appends fail after the first ones, as if the process were killed."""
    left = iter(range(after))
    append = log.append

    async def append_some(bodies: Sequence[bytes]) -> object:
        if next(left, None) is None:
            raise LogUnavailableError
        return await append(bodies)

    monkeypatch.setattr(log, "append", append_some)


async def test_a_history_that_was_broken_off_is_completed_by_the_next_start(
    log: EventLog, history: list[Delivery]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        break_off(patched, log, after=2)
        with pytest.raises(LogUnavailableError):
            await start(log)
    before = (await log.head()).position

    appended = await start(log)

    assert (before, appended) == (20, _LENGTH - 20)
    assert await raws(log) == [each.body for each in history[:_LENGTH]]
    assert await redeliveries(log) == [1]


async def test_a_history_that_is_there_is_neither_appended_nor_counted_again(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await start(log)
    break_off(monkeypatch, log, after=0)

    again = await start(log)

    assert (first, again) == (_LENGTH, 0)
    assert await redeliveries(log) == [1]


async def test_what_was_appended_by_others_is_no_part_of_the_history(log: EventLog) -> None:
    await start(log)
    await log.append([a_campaign_event(place="elsewhere")])

    assert await start(log) == 0
