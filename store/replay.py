"""The log event by event, by position: what verifying, rebuilding and exporting read."""

from collections.abc import AsyncIterator, Sequence

from store.collections import EVENTS, Document
from store.driver import Database

_EVENTS_PER_BATCH = 1_000
_BYTES_PER_BATCH = 16 * 2**20


async def replay(
    database: Database, *, after: int = 0, up_to: int | None = None, with_bodies: bool = False
) -> AsyncIterator[Sequence[Document]]:
    """Yield the events behind a position in batches of at most 16 MiB, or one event.

    Args:
        database: Where the log lies.
        after: The position to begin behind.
        up_to: The last position; by default as far as there are events.
        with_bodies: Whether the decoded bodies come too.
    """
    bounds = {"$gt": after} if up_to is None else {"$gt": after, "$lte": up_to}
    fields = None if with_bodies else {"body": 0}
    batch: list[Document] = []
    size_bytes = 0
    async for row in database.stream(EVENTS, {"_id": bounds}, fields=fields):
        if batch and size_bytes + len(row["raw"]) > _BYTES_PER_BATCH:
            yield batch
            batch, size_bytes = [], 0
        batch.append(row)
        size_bytes += len(row["raw"])
        if len(batch) == _EVENTS_PER_BATCH:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch
