"""An event that comes again while the batch of its first sender is still under way."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from factories import a_campaign_event

from store.body import parse_body
from store.driver import Transaction
from store.errors import LogUnavailableError
from store.log import EventLog, running
from store.rows import PreparedEvent, prepare
from store.writer import Placed, Writer


def prepared(place: int) -> PreparedEvent:
    raw = a_campaign_event(place=place)
    return prepare(raw, parse_body(raw).value, datetime.now(UTC), UTC)


class CutOff:
    """Transactions of which the first is tried and the others fail, each when it may."""

    def __init__(self, log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
        self._try = log.database.transaction
        self.begun = 0
        self.may_fail = [asyncio.Event(), asyncio.Event()]
        monkeypatch.setattr(log.database, "transaction", self.transaction)

    async def transaction(self, work: Callable[[Transaction], int]) -> int:
        self.begun += 1
        if self.begun == 1:
            return await self._try(work)
        await self.may_fail[self.begun - 2].wait()
        raise LogUnavailableError("cut off")

    async def has_begun(self, count: int) -> None:
        while self.begun < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


async def test_closing_refuses_who_sent_again_what_was_acknowledged_in_a_batch_that_failed(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await new_log.append([a_campaign_event(place=1)])
    writer = Writer(new_log.database, queue_events=10, appended=lambda: None)
    cut_off = CutOff(new_log, monkeypatch)

    async with asyncio.timeout(10), running(writer):
        known = asyncio.create_task(writer.append([prepared(1)]))
        fresh = asyncio.create_task(writer.append([prepared(2)]))
        first = await known
        again = asyncio.create_task(writer.append([prepared(1)]))
        await cut_off.has_begun(2)
        cut_off.may_fail[0].set()
        await cut_off.has_begun(3)
        writer.close("lost")
        await asyncio.wait([fresh, again], timeout=2)
        cut_off.may_fail[1].set()

    assert first == [Placed(1, is_new=False)]
    assert [str(task.exception()) for task in (fresh, again)] == ["cut off", "lost"]
