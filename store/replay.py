"""The log event by event, by position: what verifying, rebuilding and exporting read."""

from collections.abc import AsyncIterator, Sequence

from store.collections import EVENTS, Document
from store.driver import Database

_EVENTS_PER_READ = 1_000


async def replay(
    database: Database, *, after: int = 0, up_to: int | None = None
) -> AsyncIterator[Sequence[Document]]:
    """Yield the events behind a position in batches, without their decoded bodies.

    Args:
        database: Where the log lies.
        after: The position to begin behind.
        up_to: The last position; by default as far as there are events.
    """
    last = after
    while True:
        bounds = {"$gt": last} if up_to is None else {"$gt": last, "$lte": up_to}
        rows = await database.find(
            EVENTS, {"_id": bounds}, fields={"body": 0}, sort=[("_id", 1)], limit=_EVENTS_PER_READ
        )
        if rows:
            yield rows
        if len(rows) < _EVENTS_PER_READ:
            return
        last = rows[-1]["_id"]
