"""Many senders at once: nothing is lost, doubled, changed or out of place."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date
from itertools import cycle, islice

import httpx
import pytest
from serving import RunningServer, a_server

from api.simulation import campaign_day

EVENTS = 20_000
SENDERS = 32
SHAPES = [
    (1, b"", b"", b"", "application/json"),
    (10, b"[", b",", b"]", "application/json"),
    (30, b"", b"\n", b"\n", "application/x-ndjson"),
]


@pytest.fixture
async def empty_server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    async with a_server(mongo_uri) as server:
        yield server


def a_day() -> list[bytes]:
    """The bodies of a simulated day; some are redeliveries."""
    day = campaign_day(day=date(2026, 1, 30), applications_per_campaign=500)
    return [delivery.body for delivery in islice(day, EVENTS)]


async def send(server: RunningServer, bodies: Iterator[bytes]) -> Counter[str]:
    """Post what is left, one event, an array and lines in turn; return the receipts' sums."""
    receipts = Counter[str]()
    for size, opening, separator, closing, content_type in cycle(SHAPES):
        events = list(islice(bodies, size))
        if not events:
            return receipts
        answer = await server.post(opening + separator.join(events) + closing, content_type)
        assert answer.status_code == httpx.codes.OK, answer.text
        receipts["appended"] += answer.json()["appended"]
        receipts["duplicates"] += answer.json()["duplicates"]
    raise AssertionError


async def test_a_day_posted_by_many_senders_is_in_the_log_event_by_event(
    empty_server: RunningServer,
) -> None:
    bodies = a_day()
    distinct = set(bodies)

    unsent = iter(bodies)
    receipts = await asyncio.gather(*(send(empty_server, unsent) for _ in range(SENDERS)))

    total = sum(receipts, Counter())
    events = await empty_server.events()
    assert total["appended"] == len(distinct)
    assert total["duplicates"] == EVENTS - len(distinct)
    assert [event["_id"] for event in events] == list(range(1, len(distinct) + 1))
    assert {event["raw"] for event in events} == distinct
