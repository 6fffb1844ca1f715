"""The demo: a call centre that is open at any hour, in a database of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import islice

from api.simulation import Delivery, demo_feed, play_on_time
from store.body import digest, parse_body
from store.errors import LogUnavailableError
from store.log import EventLog
from store.writer import positions_by_digest

COMPANY = "brightline"

_BATCH_EVENTS = 500
_PAUSE_SECONDS = 2.0

logger = logging.getLogger(__name__)


@asynccontextmanager
async def running_demo(log: EventLog) -> AsyncIterator[int]:
    """Append two hours of history, then go on live for as long as the context lasts.

    Yields:
        How many events were appended before.

    Raises:
        LogUnavailableError: The history could not be appended.
    """
    history, live = demo_feed(datetime.now(UTC), company_id=COMPANY)
    appended = await _append_history(log, history)
    playing = asyncio.create_task(_play(log, live), name="demo")
    try:
        yield appended
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing


async def _append_history(log: EventLog, history: Iterator[Delivery]) -> int:
    """Append all from the first event on that the log lacks; return how many were new.

    A demo that is started again in the same hour lacks little, one that was killed while it loaded
    the rest. What comes twice is appended twice: a dialer sends some events again.
    """
    batches = list(_batches(history))
    begun = await _first_lacking(log, batches)
    appended = 0
    for place, batch in enumerate(batches[begun:]):
        bodies = batch if place else await _missing(log, batch)
        appended += (await log.append(bodies)).appended
    return appended


def _batches(history: Iterator[Delivery]) -> Iterator[list[bytes]]:
    while batch := [each.body for each in islice(history, _BATCH_EVENTS)]:
        yield batch


async def _first_lacking(log: EventLog, batches: Sequence[Sequence[bytes]]) -> int:
    """Return which batch is the first that the log does not hold as a whole; a read for each half.

    They are appended in order, so the log holds all before it and little behind it.
    """
    low, high = 0, len(batches)
    while low < high:
        middle = (low + high) // 2
        if await _missing(log, batches[middle]):
            high = middle
        else:
            low = middle + 1
    return low


async def _missing(log: EventLog, bodies: Sequence[bytes]) -> list[bytes]:
    """Return those that the log does not hold; one read."""
    digests = [digest(parse_body(body).value) for body in bodies]
    held = await positions_by_digest(log.database, digests)
    return [body for body, each in zip(bodies, digests, strict=True) if each not in held]


async def _play(log: EventLog, live: Iterator[Delivery]) -> None:
    """Append each of `live` in its time; after a failure the same one again, as a dialer does."""
    async for delivery in play_on_time(live):
        while True:
            try:
                await log.append([delivery.body])
            except LogUnavailableError:
                logger.warning("the demo waits for the store")
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                break
