"""Days without end, and deliveries at the pace of a real dialer."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta, timezone
from heapq import merge
from itertools import chain, count

from api.simulation.day import campaign_day
from api.simulation.delivery import Delivery

_LOCAL_HOUR_AT_START = 11
_HOURS_BETWEEN_DAYS = 10
_OPERATORS = 42
_APPLICATIONS_PER_CAMPAIGN = 1_800


def demo_feed(
    now: datetime, seed: int = 1, *, company_id: str = "brightline"
) -> tuple[Iterator[Delivery], Iterator[Delivery]]:
    """Return a busy call centre's deliveries up to `now`, and those from then on, without end.

    It is about eleven in the morning where the calls are made. In the evening another centre of
    the company takes over, ten hours to the west, where it is morning: so there are one to
    three events a second at any time, and all are dated by the real clock.

    Args:
        now: The real time, aware.
        seed: Seed of the first day; the days after it have the seeds that follow.
        company_id: The `companyId` of all events.

    Returns:
        The history, some two hours of it, and what follows. Both draw on one day: take the
        history first. What is left of it is the beginning of the second.
    """
    deliveries = merge(
        _days(now, seed, company_id, first=0), _days(now, seed, company_id, first=1), key=_sent_at
    )
    first_after: list[Delivery] = []
    history = _up_to(now, deliveries, first_after)
    return history, chain(history, first_after, deliveries)


async def play(deliveries: Iterator[Delivery], *, rate: float) -> AsyncIterator[Delivery]:
    """Yield `deliveries` at `rate` per second of real time, whatever their dates."""
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for number, delivery in enumerate(deliveries):
        await asyncio.sleep(started_at + number / rate - loop.time())
        yield delivery


async def play_on_time(deliveries: Iterator[Delivery]) -> AsyncIterator[Delivery]:
    """Yield each of `deliveries` when the real clock reaches its `at`; at once if it has."""
    for delivery in deliveries:
        await asyncio.sleep((delivery.at - datetime.now(UTC)).total_seconds())
        yield delivery


def _days(now: datetime, seed: int, company_id: str, *, first: int) -> Iterator[Delivery]:
    """Yield every second day from the `first`: days overlap with their neighbours only."""
    for number in count(first, 2):
        hour = int(now.timestamp()) // 3600 + _HOURS_BETWEEN_DAYS * number
        yield from _day_around(hour, seed, company_id)


def _day_around(hour: int, seed: int, company_id: str) -> Iterator[Delivery]:
    """Return the day, in whatever zone, whose eleven o'clock is `hour` (since 1970).

    It depends on nothing else: a demo that is started again in the same hour, or ten later,
    sends the same events again.
    """
    moment = datetime.fromtimestamp(hour * 3600, UTC)
    offset = (_LOCAL_HOUR_AT_START - moment.hour + 11) % 24 - 11
    zone = timezone(timedelta(hours=offset))
    return campaign_day(
        day=moment.astimezone(zone).date(),
        seed=seed + hour,
        company_id=company_id,
        applications_per_campaign=_APPLICATIONS_PER_CAMPAIGN,
        operators=_OPERATORS,
        zone=zone,
    )


def _up_to(
    now: datetime, deliveries: Iterator[Delivery], first_after: list[Delivery]
) -> Iterator[Delivery]:
    for delivery in deliveries:
        if delivery.at > now:
            first_after.append(delivery)
            return
        yield delivery


def _sent_at(delivery: Delivery) -> datetime:
    return delivery.at
