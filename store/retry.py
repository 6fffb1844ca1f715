"""Rejected bodies tried again: a newer reader may read what an older one could not."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime

from store.body import delivery_of
from store.collections import QUARANTINE, Document
from store.driver import Database
from store.log import EventLog
from store.rejections import RejectedError
from store.rows import prepare

_BODIES_PER_READ = 100


async def every_body(database: Database) -> AsyncIterator[Document]:
    """Yield the rejected bodies, the oldest first."""
    last = ""
    while True:
        rows = await database.find(
            QUARANTINE, {"_id": {"$gt": last}}, sort=[("_id", 1)], limit=_BODIES_PER_READ
        )
        for row in rows:
            yield row
        if len(rows) < _BODIES_PER_READ:
            return
        last = rows[-1]["_id"]


async def retry(log: EventLog, ids: Collection[str] | None) -> tuple[int, int]:
    """Append what is an event by now; it leaves the quarantine.

    Args:
        log: Where to.
        ids: Which bodies; all where `None`.

    Returns:
        How many were appended or found in the log already, and how many stay.
    """
    appended = rejected = 0
    async for body in every_body(log.database):
        if ids is not None and body["_id"] not in ids:
            continue
        if await _append(log, bytes(body["raw"])):
            await log.database.delete(QUARANTINE, body["_id"])
            appended += 1
        else:
            rejected += 1
    return appended, rejected


async def _append(log: EventLog, raw: bytes) -> bool:
    delivery = delivery_of(raw)
    if delivery.rejection is not None:
        return False
    try:
        prepare(delivery.raw, delivery.value, datetime.now(UTC), log.zone)
    except RejectedError:
        return False
    receipt = await log.deliver([delivery])
    return not receipt.rejected
