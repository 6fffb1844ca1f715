"""`dialgraph simulate`: a simulated day, posted as a dialer posts it."""

import asyncio
from datetime import date
from itertools import count, islice

from api.posting import Tally, in_parallel, posting_to
from api.simulation import campaign_day

_IN_FLIGHT = 32
_SMALLEST_APPLICATIONS = 40
_EVENTS_PER_APPLICATION = 8  # over all campaigns, a little fewer than there are


async def simulate(url: str, *, day: date, seed: int, rate: float, events: int | None) -> Tally:
    """Post a day's events, one per request, up to 32 requests at once.

    Args:
        url: The running server.
        day: The day; with the same `day`, `seed` and `events` the same events.
        seed: Of the simulation.
        rate: Events per second; 0 is as fast as the server takes them.
        events: How many; a larger call centre has more. By default all of a small one's.
    """
    deliveries = campaign_day(day=day, seed=seed, applications_per_campaign=_applications(events))
    unsent = zip(count(), islice(deliveries, events), strict=False)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    tally = Tally()

    async def send() -> None:
        # A client each: one with many connections looks through all of them at every request.
        async with posting_to(url, "application/json") as post:
            for number, delivery in unsent:
                if rate:
                    await asyncio.sleep(started_at + number / rate - loop.time())
                tally.add(await post(delivery.body), [number + 1])

    await in_parallel(_IN_FLIGHT, send)
    return tally


def _applications(events: int | None) -> int:
    """Return how many applications a campaign needs for that many events."""
    return max(_SMALLEST_APPLICATIONS, (events or 0) // (5 * _EVENTS_PER_APPLICATION))
