"""Deliveries made ready for the log, or refused, while others have their turn."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime, tzinfo

from store.body import Delivery, read_deliveries, split_lines
from store.rejections import (
    MAX_EVENT_BYTES,
    ForbiddenCompanyError,
    RejectedError,
    TooLargeError,
)
from store.rows import PreparedEvent, prepare
from store.values import read_id

_EVENTS_PER_TURN = 100
_LONG_EVENT_BYTES = 256 * 1024


class Intake:
    """Prepares what was delivered.

    Args:
        zone: The time zone of dates that name none (D3).
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._aside = asyncio.Lock()

    async def read(
        self,
        deliveries: Sequence[Delivery],
        received_at: datetime,
        companies: Sequence[str] | None,
    ) -> list[PreparedEvent | RejectedError]:
        """Prepare the events of a request, or say why not, in order; of all companies if `None`.

        A long event is read in a thread, one at a time, so that commits find a free one.
        """
        read: list[PreparedEvent | RejectedError] = []
        for delivery in deliveries:
            if len(delivery.raw) > _LONG_EVENT_BYTES:
                async with self._aside:
                    each = await asyncio.to_thread(
                        _read, delivery, received_at, companies, self._zone
                    )
            else:
                each = _read(delivery, received_at, companies, self._zone)
            read.append(each)
            if len(read) % _EVENTS_PER_TURN == 0:
                await asyncio.sleep(0)
        return read

    async def read_lines(
        self, lines: bytes, received_at: datetime, helper: Executor
    ) -> tuple[Sequence[Delivery], Sequence[PreparedEvent | RejectedError]]:
        """Let `helper`, a process, prepare each line; return the deliveries and what `read` does.

        Where it refuses one, all are read again here: what is refused travels badly.
        """
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(helper, _read_lines, lines, received_at, self._zone)
        if read is None:
            deliveries = read_deliveries(lines, ndjson=True)
            return deliveries, await self.read(deliveries, received_at, None)
        return [_delivery_of(each, index) for index, each in enumerate(read)], read


def _read(
    delivery: Delivery, received_at: datetime, companies: Sequence[str] | None, zone: tzinfo
) -> PreparedEvent | RejectedError:
    if len(delivery.raw) > MAX_EVENT_BYTES:
        return TooLargeError()
    if delivery.rejection is not None:
        return delivery.rejection
    if companies is not None and _is_foreign(delivery, companies):
        return ForbiddenCompanyError()
    try:
        return prepare(delivery.raw, delivery.value, received_at, zone)
    except RejectedError as rejection:
        return rejection


def _read_lines(lines: bytes, received_at: datetime, zone: tzinfo) -> list[PreparedEvent] | None:
    read = [_read(each, received_at, None, zone) for each in split_lines(lines)]
    prepared = [each for each in read if isinstance(each, PreparedEvent)]
    return prepared if len(prepared) == len(read) else None


def _delivery_of(prepared: PreparedEvent, index: int) -> Delivery:
    """Return as much of a delivery as the quarantine needs, should MongoDB refuse the event."""
    return Delivery(index, prepared.event["raw"], {"companyId": prepared.company})


def _is_foreign(delivery: Delivery, companies: Sequence[str]) -> bool:
    """Say whether an event names a company that is not among these; whatever else is wrong."""
    value = delivery.value
    company = read_id(value.get("companyId")) if isinstance(value, dict) else None
    return company is not None and company not in companies
