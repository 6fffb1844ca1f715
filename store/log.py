"""The log: events in the order of their positions, appended once and never changed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from store.answers import Answers
from store.boards import Boards
from store.body import Delivery, delivery_of
from store.cache import Cache
from store.collections import (
    CLUSTERED,
    COUNTERS,
    LOG_INDEXES,
    PLAIN,
    REDELIVERIES,
    Document,
    fact_collections,
    fact_indexes,
)
from store.driver import Database, disconnect
from store.errors import StoreError
from store.head import LOG_COUNTER, Head, Heads, read_head
from store.intake import Intake
from store.patience import Patience
from store.quarantine import RejectedBody, company_of, quarantine
from store.rejections import ForbiddenCompanyError, RejectedError, TooLargeError
from store.rows import PreparedEvent
from store.term import held_to
from store.writer import Placed, Writer

# The batch in flight and then one's own, each up to the write deadline.
ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A body that was not appended (D6); it is kept in the quarantine under `quarantine_id`."""

    index: int
    code: str
    message: str
    quarantine_id: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the bodies of one request.

    Attributes:
        placed: For each body, in order, where it stands; `None` where it was rejected.
        rejected: The rejected ones, in order.
        position: The last position of the sender's companies, at or after every one placed.
    """

    placed: tuple[Placed | None, ...]
    rejected: tuple[Rejected, ...]
    position: int

    @property
    def appended(self) -> int:
        """How many of the bodies are new in the log."""
        return sum(1 for each in self.placed if each is not None and each.is_new)

    @property
    def duplicates(self) -> int:
        """How many of the bodies the log held already (D7)."""
        return sum(1 for each in self.placed if each is not None and not each.is_new)


class EventLog:
    """The append-only log of one database. Obtain it from `open_log`.

    Args:
        database: Where it lies.
        zone: The time zone of dates that name none (D3).
        queue_events: How many events may wait for their commit.
    """

    def __init__(
        self, database: Database, *, zone: tzinfo = UTC, queue_events: int = 20_000
    ) -> None:
        self.database = database
        self.zone = zone
        self._intake = Intake(zone)
        self._heads = Heads(database)
        self.boards = Boards()
        self.cache = Cache()
        self.answers = Answers(self.cache)
        self._patience = Patience()
        self._appended = asyncio.Event()
        self._writer = Writer(database, queue_events=queue_events, appended=self._wake)

    @property
    def queued(self) -> int:
        """How many events wait for their commit or are in flight."""
        return self._writer.queued

    @property
    def redactions(self) -> int:
        """How often events had been redacted, as far as this process has heard of it."""
        return self._writer.redactions

    async def append(
        self, bodies: Sequence[bytes], *, companies: Sequence[str] | None = None
    ) -> Receipt:
        """Append the events in `bodies` to the end of the log, durably and once.

        Args:
            bodies: Each one JSON object of less than 16 MiB. Kept byte for byte, without the white
                space around it.
            companies: If given, the only values of `companyId` that are accepted.

        Returns:
            A receipt. When it returns, a majority of the replica set has journaled the events
            (D7, D8) and the quarantine holds the rejected bodies (D6).

        Raises:
            LogUnavailableError: no majority in time, after `ANSWER_SECONDS` at the latest. The
                outcome is unknown; appending the same bodies again is safe.
        """
        return await self.deliver(
            [delivery_of(body, index) for index, body in enumerate(bodies)], companies=companies
        )

    async def deliver(
        self, deliveries: Sequence[Delivery], *, companies: Sequence[str] | None = None
    ) -> Receipt:
        """Append deliveries that were read already; see `append`."""
        received_at = _now()
        async with self.in_time():
            read = await self._intake.read(deliveries, received_at, companies)
            return await self._append(deliveries, read, received_at, companies)

    async def append_lines(self, lines: bytes, helper: Executor) -> Receipt:
        """Append NDJSON that `helper`, a process, reads while this one writes; see `append`."""
        received_at = _now()
        async with self.in_time():
            deliveries, read = await self._intake.read_lines(lines, received_at, helper)
            return await self._append(deliveries, read, received_at, None)

    async def _append(
        self,
        deliveries: Sequence[Delivery],
        read: Sequence[PreparedEvent | RejectedError],
        received_at: datetime,
        companies: Sequence[str] | None,
    ) -> Receipt:
        outcomes = iter(
            await self._writer.append([each for each in read if isinstance(each, PreparedEvent)])
        )
        settled = [next(outcomes) if isinstance(each, PreparedEvent) else each for each in read]
        refused = [
            (delivery, outcome)
            for delivery, outcome in zip(deliveries, settled, strict=True)
            if isinstance(outcome, RejectedError)
        ]
        rejected = await self._reject(refused, received_at, companies) if refused else ()
        placed = tuple(each if isinstance(each, Placed) else None for each in settled)
        await self._count_redeliveries(read, placed)
        return Receipt(placed, rejected, await self._position_behind(placed, companies))

    async def _position_behind(
        self, placed: Sequence[Placed | None], companies: Sequence[str] | None
    ) -> int:
        """Return the last position of the companies: after a commit of our own without a read."""
        if not any(each is not None and each.is_new for each in placed):
            return (await self.head(companies)).told
        # Another process may have appended what was a duplicate here; others' events behind ours
        # are no business of a sender of some companies (D22).
        last = self._writer.last_position if companies is None else 0
        return max(last, *(each.position for each in placed if each))

    async def _reject(
        self,
        refused: Sequence[tuple[Delivery, RejectedError]],
        received_at: datetime,
        companies: Sequence[str] | None,
    ) -> tuple[Rejected, ...]:
        kept = {
            delivery.index: RejectedBody(delivery.raw, rejection, company_of(delivery), companies)
            for delivery, rejection in refused
            if not isinstance(rejection, ForbiddenCompanyError | TooLargeError)
        }
        found = await quarantine(self.database, list(kept.values()), received_at)
        keys = dict(zip(kept, found, strict=True))
        return tuple(
            Rejected(each.index, rejection.code, str(rejection), keys.get(each.index))
            for each, rejection in refused
        )

    async def reject_body(
        self, raw: bytes, rejection: RejectedError, *, companies: Sequence[str] | None = None
    ) -> Rejected:
        """Keep a whole request body that is no JSON, from a sender of some companies or of all."""
        body = RejectedBody(raw, rejection, None, companies)
        [key] = await quarantine(self.database, [body], _now())
        return Rejected(0, rejection.code, str(rejection), key)

    async def _count_redeliveries(
        self, read: Sequence[PreparedEvent | RejectedError], placed: Sequence[Placed | None]
    ) -> None:
        """Count each duplicate beside the log; a count lost in a crash loses no event."""
        again = Counter(
            (outcome.position, prepared.company)
            for prepared, outcome in zip(read, placed, strict=True)
            if isinstance(prepared, PreparedEvent) and outcome is not None and not outcome.is_new
        )
        updates: dict[int, Document] = {
            position: {"$inc": {"count": count}, "$set": {"company": company}}
            for (position, company), count in again.items()
        }
        with suppress(StoreError):
            await self.database.upsert_all(REDELIVERIES, updates)

    async def head(self, companies: Sequence[str] | None = None) -> Head:
        """Return the end of the log, for a caller of some companies or of all; see `read_head`."""
        if companies is None:
            return await self._heads.read()
        # A read of their own: by the time it takes, they must not learn that others append (D22).
        with held_to(None):  # an answer begins with this
            return await read_head(self.database, companies)

    async def wait(self, timeout_seconds: float) -> None:
        """Wait until something was appended here, or the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._appended.wait()

    def _wake(self) -> None:
        """Wake every waiter; those that come later wait for the next commit."""
        self._heads.forget()
        self._appended.set()
        self._appended = asyncio.Event()

    async def prepare(self) -> None:
        """Create what the log needs in its database; what is there stays."""
        await self.database.prepare(CLUSTERED, PLAIN, LOG_INDEXES)
        await self.database.upsert(
            COUNTERS,
            {"_id": LOG_COUNTER},
            {"$setOnInsert": {"position": 0, "generations": [1]}},
        )
        counter = await self.database.find_one(COUNTERS, LOG_COUNTER) or {}
        for generation in counter["generations"]:
            await self.database.prepare(fact_collections(generation), [], fact_indexes(generation))

    def in_time(self) -> AbstractAsyncContextManager[None]:
        """Let what is done for a sender inside take `ANSWER_SECONDS`; see `Patience`."""
        return self._patience.for_seconds(ANSWER_SECONDS)

    def dismiss(self) -> None:
        """Refuse at once who waits for an answer to what was sent, and who comes from now on.

        What is in flight may be committed nevertheless.
        """
        self._patience.end()

    def lose(self, reason: str) -> None:
        """Refuse appends and reads from now on, and those in flight: the database is gone."""
        self._writer.close(reason)
        disconnect(self.database)

    def writing(self) -> AbstractAsyncContextManager[None]:
        """Write appended events for as long as the context lasts; finish those in flight."""
        return running(self._writer)


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[None]:
    """Let a writer write for as long as the context lasts; close it when the batch is finished."""
    task = asyncio.create_task(writer.run(), name="writer")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        writer.close()


@asynccontextmanager
async def open_log(
    database: Database, *, zone: tzinfo = UTC, queue_events: int = 20_000
) -> AsyncIterator[EventLog]:
    """Prepare the log in `database` and write what is appended to it."""
    log = EventLog(database, zone=zone, queue_events=queue_events)
    await log.prepare()
    async with log.writing():
        yield log


def _now() -> datetime:
    """Return the time in UTC, in whole milliseconds as the log keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
