"""The demo: a call centre that is open at any hour, in a database of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import islice

from api.simulation import Delivery, demo_feed, play_on_time
from store.collections import COMPANIES
from store.errors import LogUnavailableError
from store.log import EventLog

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
    """Append what is missing; a demo that is started again in the same hour misses little."""
    opening = list(islice(history, 1))
    first = await log.append([each.body for each in opening])
    missing = history
    if first.duplicates:
        since = await _last_received_at(log)
        missing = (delivery for delivery in history if delivery.at > since)
    appended = first.appended
    while batch := [each.body for each in islice(missing, _BATCH_EVENTS)]:
        appended += (await log.append(batch)).appended
    return appended


async def _last_received_at(log: EventLog) -> datetime:
    company = await log.database.find_one(COMPANIES, COMPANY)
    received_at: datetime = (
        company["lastReceivedAt"] if company else datetime.min.replace(tzinfo=UTC)
    )
    return received_at


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
