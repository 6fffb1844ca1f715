"""Figures about the log, of the companies asked about and up to a position (D22)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from factories import a_campaign_event

from store.collections import COMPANIES, EVENTS, Document
from store.log import EventLog
from store.statistics import LogFigures, count_quarantined, count_redeliveries, log_figures


def an_event(company: str, place: int) -> bytes:
    return a_campaign_event(companyId=company, place=place)


@pytest.fixture
async def told(new_log: EventLog) -> EventLog:
    """Positions 1 to 6 of three companies, redeliveries and rejected bodies."""
    for place, company in enumerate(["a", "b", "a", "c", "b", "a"]):
        await new_log.append([an_event(company, place)])
    await new_log.append([an_event("a", 0), an_event("a", 0), an_event("b", 1)])
    await new_log.append(
        [b'{"companyId": "a"}', b'{"companyId": "a"}', b'{"companyId": "b"}', b"!"]
    )
    return new_log


async def received(log: EventLog, position: int) -> datetime:
    event = await log.database.find_one(EVENTS, position)
    assert event is not None
    moment: datetime = event["receivedAt"]
    return moment


@pytest.mark.parametrize(
    ("companies", "position", "last", "events"),
    [
        (None, 6, 6, 6),
        (None, 4, 4, 4),
        (["a"], 6, 6, 3),
        (["a"], 5, 3, 2),
        (["b", "c"], 6, 5, 3),
        (["b", "c"], 4, 4, 2),
        (["b"], 1, 0, 0),
        (["unknown"], 6, 0, 0),
        ([], 6, 0, 0),
    ],
)
async def test_d22_the_log_of_companies_up_to_a_position(
    told: EventLog, companies: list[str] | None, position: int, last: int, events: int
) -> None:
    figures = await log_figures(told.database, companies, position)

    assert (figures.position, figures.events) == (last, events)
    assert figures.last_received_at == (await received(told, last) if last else None)


async def test_an_event_that_comes_while_the_figures_are_read_is_not_counted(
    told: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = told.database.find

    async def find_then_append(collection: str, *query: Any, **options: Any) -> list[Document]:  # noqa: ANN401 - as it is called
        found = await find(collection, *query, **options)
        if collection == COMPANIES:
            await told.append([an_event("a", 7)])
        return found

    monkeypatch.setattr(told.database, "find", find_then_append)

    assert (await log_figures(told.database, ["a"], 6)).events == 3


async def test_an_empty_log_has_no_figures(new_log: EventLog) -> None:
    assert await log_figures(new_log.database, None, 0) == LogFigures(0, 0, None)
    assert await count_redeliveries(new_log.database, None) == 0
    assert await count_quarantined(new_log.database, None) == 0


@pytest.mark.parametrize(
    ("companies", "redeliveries", "rejected"),
    [(None, 3, 4), (["a"], 2, 2), (["a", "b"], 3, 3), (["c"], 0, 0), ([], 0, 0)],
)
async def test_deliveries_that_were_not_appended_are_counted_each(
    told: EventLog, companies: list[str] | None, redeliveries: int, rejected: int
) -> None:
    assert await count_redeliveries(told.database, companies) == redeliveries
    assert await count_quarantined(told.database, companies) == rejected


async def test_times_are_aware_utc(told: EventLog) -> None:
    figures = await log_figures(told.database, ["a"], 6)

    assert figures.last_received_at is not None
    assert figures.last_received_at.tzinfo is UTC
