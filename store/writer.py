"""Group commit: while one batch is in flight, the next one collects."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from store.collections import COMPANIES, COUNTERS, EVENTS, Document, facts_of, keys_of
from store.driver import Database, Transaction
from store.errors import DuplicateKeyError, LogUnavailableError, PoisonError, QueueFullError
from store.forgotten import ForgottenError, MayBeForgottenError, refuse_forgotten
from store.head import LOG_COUNTER
from store.rejections import RejectedError, UnstorableError
from store.rows import PreparedEvent

MAX_BATCH_EVENTS = 500
MAX_BATCH_FACTS = 5_000
MAX_BATCH_BYTES = 16 * 2**20


class Placed(NamedTuple):
    """Where an event stands in the log."""

    position: int
    is_new: bool


@dataclass(slots=True)
class _Waiting:
    prepared: PreparedEvent
    placed: "asyncio.Future[Placed]"


class Writer:
    """Appends prepared events in batches, each in one transaction.

    Args:
        database: Where the log lies.
        queue_events: How many events may wait; more are refused.
        appended: Called after each commit, in the same turn of the event loop.

    Attributes:
        last_position: The last one that this writer has committed; 0 before the first.
        redactions: How often events of the log had been redacted at its last write.
    """

    def __init__(
        self, database: Database, *, queue_events: int, appended: Callable[[], None]
    ) -> None:
        self._database = database
        self._queue_events = queue_events
        self._appended = appended
        self.last_position = 0
        self.redactions = 0
        self._waiting: deque[_Waiting] = deque()
        self._by_digest: dict[bytes, _Waiting] = {}
        self._woken = asyncio.Event()
        self._why_closed: str | None = None

    @property
    def queued(self) -> int:
        """How many events wait or are in flight."""
        return len(self._by_digest)

    async def append(self, prepared: Sequence[PreparedEvent]) -> list[Placed | RejectedError]:
        """Append the events durably and once; one that is queued already shares its commit.

        Raises:
            QueueFullError: Too many wait; nothing of these was queued.
            LogUnavailableError: No majority in time, and the outcome is unknown; or the writer was
                closed.
        """
        if self._why_closed is not None:
            raise LogUnavailableError(self._why_closed)
        if self.queued + len(prepared) > max(self._queue_events, len(prepared)):
            raise QueueFullError("the append queue is full: send again later")
        shares = [self._enqueue(each) for each in prepared]
        for placed, _ in shares:
            if not placed.done():
                await _end_of(placed)
        return [_outcome(placed, is_shared=is_shared) for placed, is_shared in shares]

    def _enqueue(self, prepared: PreparedEvent) -> "tuple[asyncio.Future[Placed], bool]":
        known = self._by_digest.get(prepared.digest)
        if known is not None:
            return known.placed, True
        waiting = _Waiting(prepared, asyncio.get_running_loop().create_future())
        self._by_digest[prepared.digest] = waiting
        self._waiting.append(waiting)
        self._woken.set()
        return waiting.placed, False

    async def run(self) -> None:
        """Write batch after batch until cancelled; the batch in flight is finished first."""
        while True:
            await self._woken.wait()
            await self._collect()
            batch = self._take()
            if not batch:
                self._woken.clear()
                continue
            commit = asyncio.ensure_future(self._settle(batch))
            try:
                await asyncio.shield(commit)
            except asyncio.CancelledError:
                await commit
                raise

    def close(self, reason: str = "the server is shutting down") -> None:
        """Refuse what waits, what is in flight and what comes, each with `reason`.

        What is in flight may be committed nevertheless. Where that can wait, end `run` first.
        """
        self._why_closed = reason
        for waiting in list(self._by_digest.values()):
            self._fail(waiting, LogUnavailableError(reason))
        self._waiting.clear()

    async def _collect(self) -> None:
        """Let arrive what is on its way in the event loop, as long as each turn brings more.

        Senders that wait for their answers come back together; without this, the first of them
        would be committed alone while the others wait.
        """
        seen = 0
        while seen < len(self._waiting) < MAX_BATCH_EVENTS:
            seen = len(self._waiting)
            await asyncio.sleep(0)

    def _take(self) -> list[_Waiting]:
        size = len(first_batch(waiting.prepared for waiting in self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        try:
            await self._commit(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            for waiting in batch:
                self._fail(waiting, error)

    async def _commit(self, batch: Sequence[_Waiting]) -> None:
        prepared = [waiting.prepared for waiting in batch]
        try:
            first = await self._database.transaction(lambda tx: write(tx, prepared, self._note))
        except DuplicateKeyError:
            await self._commit_without_duplicates(batch)
        except ForgottenError as error:
            certain = [each for each in batch if each.prepared.digest not in error.doubtful]
            for waiting in batch:
                if waiting.prepared.digest in error.doubtful:
                    self._fail(waiting, MayBeForgottenError())
            await self._commit_without(error.positions, certain)
        except PoisonError as error:
            await self._divide(batch, error)
        else:
            self.last_position = first + len(batch) - 1
            self._appended()
            for offset, waiting in enumerate(batch):
                self._resolve(waiting, Placed(first + offset, is_new=True))

    async def _commit_without_duplicates(self, batch: Sequence[_Waiting]) -> None:
        """Acknowledge only what a majority read sees: a local sighting may be rolled back."""
        digests = [waiting.prepared.digest for waiting in batch]
        seen = await positions_by_digest(self._database, digests)
        if not seen:
            raise LogUnavailableError("a twin of the event is not durable yet: send it again")
        await self._commit_without(seen, batch)

    async def _commit_without(self, seen: Mapping[bytes, int], batch: Sequence[_Waiting]) -> None:
        """Acknowledge what the log holds already, by digest, and commit the others."""
        for waiting in batch:
            if waiting.prepared.digest in seen:
                self._resolve(waiting, Placed(seen[waiting.prepared.digest], is_new=False))
        fresh = [waiting for waiting in batch if waiting.prepared.digest not in seen]
        if fresh:
            await self._commit(fresh)

    def _note(self, counter: Document) -> None:
        self.redactions = max(self.redactions, int(counter.get("redactions", 0)))

    async def _divide(self, batch: Sequence[_Waiting], error: PoisonError) -> None:
        """Commit in halves until the culprit stands alone; try that one without its `body`."""
        if len(batch) > 1:
            middle = len(batch) // 2
            await self._settle(batch[:middle])
            await self._settle(batch[middle:])
        elif batch[0].prepared.event.pop("body", None) is not None:
            await self._commit(batch)
        else:
            self._fail(batch[0], UnstorableError(str(error)))

    def _resolve(self, waiting: _Waiting, placed: Placed) -> None:
        self._forget(waiting)
        if not waiting.placed.done():  # refused by `close`
            waiting.placed.set_result(placed)

    def _fail(self, waiting: _Waiting, error: Exception) -> None:
        self._forget(waiting)
        if not waiting.placed.done():
            waiting.placed.set_exception(error)
            waiting.placed.exception()  # a sender of several hears of one, and may have left

    def _forget(self, waiting: _Waiting) -> None:
        """Take it from the queue, and not a twin that came when it was acknowledged already."""
        if self._by_digest.get(waiting.prepared.digest) is waiting:
            del self._by_digest[waiting.prepared.digest]


async def _end_of(placed: "asyncio.Future[Placed]") -> None:
    """Wait until it is decided; to leave does not cancel what others share."""
    with suppress(Exception):  # the future keeps it
        await asyncio.shield(placed)


def _outcome(placed: "asyncio.Future[Placed]", *, is_shared: bool) -> Placed | RejectedError:
    try:
        found = placed.result()
    except RejectedError as rejection:
        return rejection
    return Placed(found.position, is_new=found.is_new and not is_shared)


def first_batch(events: Iterable[PreparedEvent]) -> list[PreparedEvent]:
    """Return as many of the events, from the first on, as one transaction holds; one at least."""
    batch: list[PreparedEvent] = []
    facts = size_bytes = 0
    for prepared in events:
        facts += len(prepared.facts)
        size_bytes += prepared.size_bytes
        is_full = facts > MAX_BATCH_FACTS or size_bytes > MAX_BATCH_BYTES
        if batch and (is_full or len(batch) == MAX_BATCH_EVENTS):
            break
        batch.append(prepared)
    return batch


def write(
    transaction: Transaction,
    batch: Sequence[PreparedEvent],
    note: Callable[[Document], None] | None = None,
    *,
    takes_forgotten: bool = False,
) -> int:
    """Write the batch in its transaction and return its first event's position.

    Args:
        transaction: Where to; the log's counter is written first, so it has the log to itself.
        batch: The events.
        note: Gets that counter.
        takes_forgotten: Whether to write what may be the old body of a redacted event, too.

    Raises:
        ForgottenError: The log holds one of them, without a person who was forgotten, or may.
    """
    counter = transaction.increment(COUNTERS, LOG_COUNTER, "position", len(batch))
    if note is not None:
        note(counter)
    if counter.get("redactions") and not takes_forgotten:
        refuse_forgotten(transaction, batch, counter["generations"][0])
    first = int(counter["position"]) - len(batch) + 1
    for offset, prepared in enumerate(batch):
        prepared.place(first + offset)
    transaction.insert(EVENTS, [prepared.event for prepared in batch])
    for generation in counter["generations"]:
        transaction.insert(facts_of(generation), [row for each in batch for row in each.facts])
        transaction.insert(keys_of(generation), [row for each in batch for row in each.keys])
    transaction.upsert(COMPANIES, _company_updates(batch))
    return first


def _company_updates(batch: Sequence[PreparedEvent]) -> dict[str, Document]:
    events: dict[str, int] = {}
    position: dict[str, int] = {}
    received: dict[str, datetime] = {}
    for prepared in batch:
        events[prepared.company] = events.get(prepared.company, 0) + 1
        position[prepared.company] = prepared.event["_id"]
        received[prepared.company] = prepared.event["receivedAt"]
    return {
        company: {
            "$inc": {"events": count},
            "$set": {"position": position[company]},
            "$max": {"lastReceivedAt": received[company]},
        }
        for company, count in events.items()
    }


async def positions_by_digest(database: Database, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Return where the events with these digests stand, as far as a majority holds them."""
    found = await database.find(
        EVENTS, {"digest": {"$in": list(digests)}}, fields={"digest": 1, "_id": 1}
    )
    return {bytes(each["digest"]): int(each["_id"]) for each in found}
