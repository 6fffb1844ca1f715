"""The end of the log: of all companies, and as callers of some are told it (D22)."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from factories import a_campaign_event

from store.collections import COUNTERS, QUARANTINE, Document
from store.errors import LogUnavailableError
from store.head import LOG_COUNTER, Head
from store.log import EventLog, open_log


def an_event(company: str, place: int) -> bytes:
    return a_campaign_event(companyId=company, place=place)


@pytest.fixture
async def told(new_log: EventLog) -> EventLog:
    """Positions 1 to 6 of three companies."""
    for place, company in enumerate(["a", "b", "a", "c", "b", "c"]):
        await new_log.append([an_event(company, place)])
    return new_log


@pytest.fixture
async def twin(new_log: EventLog) -> AsyncIterator[EventLog]:
    """The same log, as another process has it open."""
    async with open_log(new_log.database) as log:
        yield log


@pytest.mark.parametrize(
    ("companies", "known", "last"),
    [
        (None, ("a", "b"), 6),
        (["a"], ("a",), 3),
        (["b", "a"], ("a", "b"), 5),
        (["c", "b", "a"], ("a", "b"), 6),
        (["a", "unknown"], ("a",), 3),
        (["unknown"], (), 0),
        ([], (), 0),
    ],
)
async def test_d22_callers_are_told_the_last_position_of_their_companies(
    told: EventLog, companies: list[str] | None, known: tuple[str, ...], last: int
) -> None:
    assert await told.head(companies) == Head(position=6, generation=1, companies=known, told=last)


async def test_it_takes_one_read(told: EventLog) -> None:
    before = told.database.reads

    await told.head(["a", "b"])

    assert told.database.reads - before == 1


async def test_those_who_ask_together_share_one_read(told: EventLog) -> None:
    await told.head()
    before = told.database.reads

    heads = await asyncio.gather(*(told.head() for _ in range(20)))

    assert told.database.reads - before == 1
    assert {head.position for head in heads} == {6}


async def test_who_comes_while_a_read_is_under_way_waits_for_the_next(
    told: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged in between may not be in the one that runs."""
    await told.head()
    find_one = told.database.find_one
    has_read, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*query: Any) -> Document | None:  # noqa: ANN401 - as it is called
        found = await find_one(*query)
        has_read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(told.database, "find_one", slow)
    first = asyncio.create_task(told.head())
    await has_read.wait()
    receipt = await told.append([an_event("a", 7)])
    later = asyncio.create_task(told.head())
    go_on.set()

    assert (await first).position in {6, 7}
    assert (await later).position == receipt.position == 7


async def test_what_another_process_appends_is_seen_at_once(told: EventLog, twin: EventLog) -> None:
    await told.head()

    for place in range(3):
        receipt = await twin.append([an_event(f"new{place}", place)])
        assert await told.head() == Head(
            position=receipt.position, generation=1, companies=("a", "b"), told=receipt.position
        )


async def test_a_company_that_another_process_brings_is_known_at_once(
    new_log: EventLog, twin: EventLog
) -> None:
    assert (await new_log.head()).companies == ()
    await twin.append([an_event("a", 0)])
    assert (await new_log.head()).companies == ("a",)
    await twin.append([an_event("b", 0)])
    assert (await new_log.head()).companies == ("a", "b")


async def test_who_asks_together_is_told_a_failure_together_and_the_next_asks_anew(
    told: EventLog,
) -> None:
    await told.head()
    counters = told.database.handle[COUNTERS]
    counter = await counters.find_one_and_delete({"_id": LOG_COUNTER})
    assert counter is not None

    failed = await asyncio.gather(*(told.head() for _ in range(3)), return_exceptions=True)
    await counters.insert_one(counter)

    assert [type(each) for each in failed] == [LogUnavailableError] * 3
    assert (await told.head()).position == 6


async def test_who_leaves_takes_the_head_from_nobody(told: EventLog) -> None:
    leaving, staying = (asyncio.create_task(told.head()) for _ in range(2))
    await asyncio.sleep(0)

    leaving.cancel()

    assert (await staying).position == 6
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_nobody_hears_of_a_failure_that_all_have_left(
    told: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, each: complaints.append(each))
    go_on = asyncio.Event()

    async def failing(*_: object) -> Document:
        await go_on.wait()
        raise LogUnavailableError

    for read in ("find_one", "aggregate"):
        monkeypatch.setattr(told.database, read, failing)
    leaving = [asyncio.create_task(told.head()) for _ in range(2)]
    await asyncio.sleep(0.01)
    for each in leaving:
        each.cancel()
    await asyncio.wait(leaving)
    go_on.set()
    await asyncio.sleep(0.01)
    monkeypatch.undo()
    await told.head()
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)

    assert complaints == []


async def test_what_comes_while_the_head_is_read_is_not_told(
    told: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The companies are read after the counter: one may be ahead of it."""
    aggregate = told.database.aggregate

    async def ahead(*query: Any, **options: Any) -> list[Document]:  # noqa: ANN401 - as it is called
        counter, *companies = await aggregate(*query, **options)
        return [{**counter, "position": 5}, *companies]

    await told.append([an_event("b", 7)])
    monkeypatch.setattr(told.database, "aggregate", ahead)

    assert await told.head(["a", "b"]) == Head(
        position=5, generation=1, companies=("a", "b"), told=5
    )
    assert (await told.head(["a", "c"])).told == 4


@pytest.mark.parametrize(("companies", "position"), [(None, 7), (["a"], 7), (["a", "b"], 7)])
async def test_d22_a_receipt_tells_the_last_position_of_the_senders_companies(
    told: EventLog, companies: list[str] | None, position: int
) -> None:
    receipt = await told.append([an_event("a", 7)], companies=companies)

    assert receipt.position == position


@pytest.mark.parametrize(("companies", "position"), [(None, 6), (["a"], 3), (["a", "b"], 5)])
async def test_d22_so_does_the_receipt_of_a_redelivery(
    told: EventLog, companies: list[str] | None, position: int
) -> None:
    receipt = await told.append([an_event("a", 0)], companies=companies)

    assert (receipt.duplicates, receipt.position) == (1, position)


async def test_d22_a_receipt_is_silent_of_others_in_the_same_commit(new_log: EventLog) -> None:
    await new_log.append([an_event("a", 0), an_event("b", 0), an_event("b", 1)])

    receipt = await new_log.append([an_event("a", 0), an_event("a", 1)], companies=["a"])
    await new_log.append([an_event("b", 2)])
    again = await new_log.append([an_event("a", 1)], companies=["a"])

    assert (receipt.position, again.position) == (4, 4)


async def test_d22_a_foreign_event_is_forbidden_whether_or_not_the_log_holds_it(
    told: EventLog,
) -> None:
    receipt = await told.append([an_event("b", 1), an_event("b", 99)], companies=["a"])

    assert receipt.placed == (None, None)
    first, second = receipt.rejected
    assert (first.code, first.message) == (second.code, second.message)
    assert first.code == "FORBIDDEN_COMPANY"
    assert receipt.position == 3
    assert (await told.head()).position == 6


@pytest.mark.parametrize(
    "body",
    [
        b'{"companyId": "b"}',
        b'{"companyId": "b", "eventName": 7}',
        a_campaign_event(companyId="b", campaignId=None),
        b'{"companyId": "b%b"}' % (b"b" * 2_000),
    ],
    ids=["no name", "odd name", "no id", "long"],
)
async def test_d22_nobody_fills_the_quarantine_of_others(told: EventLog, body: bytes) -> None:
    receipt = await told.append([body], companies=["a"])

    assert [each.code for each in receipt.rejected] == ["FORBIDDEN_COMPANY"]
    assert await told.database.find(QUARANTINE, {}) == []


async def test_d22_a_rejected_body_does_not_tell_that_another_sent_the_same(
    new_log: EventLog,
) -> None:
    kept = [
        (await new_log.append([b"!"], companies=companies)).rejected[0].quarantine_id
        for companies in (None, ["a"], ["b"], ["a"])
    ]

    assert kept[1] == kept[3]
    assert len(set(kept)) == 3


async def test_the_same_rejected_body_of_a_company_is_kept_once(new_log: EventLog) -> None:
    body = b'{"companyId": "a"}'

    kept = [
        (await new_log.append([body], companies=companies)).rejected[0].quarantine_id
        for companies in (None, ["a"], ["a", "b"])
    ]

    assert len(set(kept)) == 1
