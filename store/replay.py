"""The log event by event, by position: what verifying, rebuilding and exporting read."""

from collections.abc import AsyncIterator, Sequence

from store.collections import EVENTS, Document
from store.driver import Database
from store.errors import LogUnavailableError

_EVENTS_PER_BATCH = 1_000
_BYTES_PER_BATCH = 16 * 2**20


async def replay(
    database: Database,
    *,
    after: int = 0,
    up_to: int | None = None,
    with_bodies: bool = False,
    may_be_short: bool = False,
) -> AsyncIterator[Sequence[Document]]:
    """Yield the events behind a position in batches of at most 16 MiB, or one event.

    Args:
        database: Where the log lies.
        after: The position to begin behind.
        up_to: The last position; by default as far as there are events.
        with_bodies: Whether the decoded bodies come too.
        may_be_short: Whether the caller looks for itself how far the events went.

    Raises:
        LogUnavailableError: They ended before `up_to`: a primary that was just elected may show
            less than the last one did.
    """
    bounds = {"$gt": after} if up_to is None else {"$gt": after, "$lte": up_to}
    fields = None if with_bodies else {"body": 0}
    last = after
    async for batch in _batches(database.stream(EVENTS, {"_id": bounds}, fields=fields)):
        last = batch[-1]["_id"]
        yield batch
    if not may_be_short and last < (up_to or 0):
        raise LogUnavailableError(
            f"the events ended at position {last} and not at {up_to}: try again, and if that"
            " changes nothing, `verify` says what is missing"
        )


async def _batches(events: AsyncIterator[Document]) -> AsyncIterator[Sequence[Document]]:
    batch: list[Document] = []
    size_bytes = 0
    async for row in events:
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
