"""The log event by event: whole, or refused."""

from datetime import UTC

import pytest
from factories import a_campaign_event

from store.collections import EVENTS
from store.errors import LogUnavailableError
from store.log import EventLog
from store.reindex import reindex
from store.replay import replay
from store.term import held_to
from store.transfer import export_lines


@pytest.fixture
async def filled(new_log: EventLog) -> EventLog:
    await new_log.append([a_campaign_event(place=place) for place in range(3)])
    return new_log


@pytest.fixture
async def lagging(filled: EventLog) -> EventLog:
    """A log as a new primary may show it for a moment: without its last event."""
    await filled.database.delete(EVENTS, 3)
    return filled


async def positions(log: EventLog, *, after: int = 0, up_to: int | None = None) -> list[int]:
    batches = replay(log.database, after=after, up_to=up_to)
    return [event["_id"] async for batch in batches for event in batch]


@pytest.mark.parametrize(
    ("after", "up_to", "expected"),
    [(0, None, [1, 2, 3]), (0, 2, [1, 2]), (1, 3, [2, 3]), (0, 0, []), (3, 3, []), (3, None, [])],
)
async def test_the_events_between_two_positions_come_in_order(
    filled: EventLog, after: int, up_to: int | None, expected: list[int]
) -> None:
    assert await positions(filled, after=after, up_to=up_to) == expected


@pytest.mark.parametrize("after", [0, 2])
async def test_events_that_end_too_early_are_refused(lagging: EventLog, after: int) -> None:
    with pytest.raises(LogUnavailableError, match="ended at position 2 and not at 3"):
        await positions(lagging, after=after, up_to=3)


async def test_an_export_without_its_end_is_no_export(lagging: EventLog) -> None:
    with pytest.raises(LogUnavailableError):
        _ = [lines async for lines in export_lines(lagging.database, up_to=3)]


async def test_facts_are_not_rebuilt_from_a_part_of_the_log(lagging: EventLog) -> None:
    with pytest.raises(LogUnavailableError):
        _ = [each async for each in reindex(lagging.database, zone=UTC, grace_seconds=0)]

    assert (await lagging.head()).generation == 1


async def test_what_is_streamed_in_another_term_is_refused(filled: EventLog) -> None:
    database = filled.database
    with held_to("another term"), pytest.raises(LogUnavailableError, match="another primary"):
        _ = [row async for row in database.stream(EVENTS, {})]
    with held_to("another term"), pytest.raises(LogUnavailableError, match="another primary"):
        _ = [batch async for batch in database.batches(EVENTS, {}, fields={"raw": 1})]
