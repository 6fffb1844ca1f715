"""The end of the log, and what of it those are told who see but some companies (D22)."""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field, replace

from store.collections import COMPANIES, COUNTERS, EVENTS, Document, Pipeline
from store.driver import Database
from store.errors import LogUnavailableError

LOG_COUNTER = "log"

_UNPREPARED = "the log has not been prepared"

_TWO = 2  # companies are enough to know whether a caller must say which


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log as a majority holds it.

    Attributes:
        position: The last position; what is read is read up to here.
        generation: The facts to be read.
        companies: Which of the companies asked about have events; of many, the first two.
        told: The last position of the companies asked about; 0 where they have none. Between it
            and `position` nothing of theirs stands, so a caller who is told it misses nothing.
        redactions: How often events were redacted: what was read before that holds no more.
        term: Which primary said so; what is read up to here is read in that term, see `hold_to`.
    """

    position: int
    generation: int
    companies: tuple[str, ...]
    told: int
    redactions: int = 0
    term: object = field(default=None, compare=False)


async def read_head(database: Database, companies: Sequence[str] | None = None) -> Head:
    """Return the end of the log, of some companies or of all (`None`); one read, seldom two.

    Raises:
        LogUnavailableError: There is no log, or it does not answer.
    """
    term = database.term
    found = await database.aggregate(COUNTERS, _pipeline(companies))
    if not found or found[0]["_id"] != LOG_COUNTER:
        raise LogUnavailableError(_UNPREPARED)
    counter, *known = found
    position = int(counter["position"])
    return Head(
        position=position,
        generation=int(counter["generations"][0]),
        companies=tuple(str(each["_id"]) for each in known[:_TWO]),
        redactions=int(counter.get("redactions", 0)),
        told=position if companies is None else await _told(database, companies, position, known),
        term=term,
    )


class Heads:
    """Reads the end of the log for those who see all companies, once for all who ask together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last: Head | None = None
        self._running: asyncio.Task[Head] | None = None
        self._next: asyncio.Task[Head] | None = None

    def forget(self) -> None:
        """Take the log for grown: this saves the read that would find it out."""
        self._last = None

    async def read(self) -> Head:
        """Return the end of the log; one read, two if others have appended since the last.

        Whoever comes while a read is under way shares the next one: that one began too early.

        Raises:
            LogUnavailableError: There is no log, or it does not answer.
        """
        if self._next is None:
            reading = self._read_after(self._running)
            # The deadline and the trace of whoever came first are not those of the others.
            self._next = asyncio.create_task(reading, context=Context())
            self._next.add_done_callback(_hear)
        return await asyncio.shield(self._next)

    async def _read_after(self, running: "asyncio.Task[Head] | None") -> Head:
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        last = self._last
        head = None if last is None else await self._as_counted(last)
        if head is None or head != last:
            head = await read_head(self._database)
        self._last = head
        return head

    async def _as_counted(self, last: Head) -> Head:
        """Return a head as the counter has it now: with its companies, if the log has not grown."""
        term = self._database.term
        counter = await self._database.find_one(COUNTERS, LOG_COUNTER)
        if counter is None:
            raise LogUnavailableError(_UNPREPARED)
        position = int(counter["position"])
        return replace(
            last,
            position=position,
            generation=int(counter["generations"][0]),
            told=position,
            redactions=int(counter.get("redactions", 0)),
            term=term,
        )


def _hear(reading: asyncio.Task[Head]) -> None:
    """Take a failure for told: all who asked may have left."""
    if not reading.cancelled():
        reading.exception()


def _pipeline(companies: Sequence[str] | None) -> Pipeline:
    """Write the read of the counter, then of the companies, so that these are no older."""
    known: Pipeline = [{"$sort": {"_id": 1}}, {"$limit": _TWO}]
    if companies is not None:
        known = [{"$match": {"_id": {"$in": list(companies)}}}, {"$sort": {"_id": 1}}]
    known.append({"$project": {"position": 1}})
    return [
        {"$match": {"_id": LOG_COUNTER}},
        {"$unionWith": {"coll": COMPANIES, "pipeline": known}},
    ]


async def _told(
    database: Database, companies: Sequence[str], position: int, known: Sequence[Document]
) -> int:
    """Return the last position of the companies up to that of the log."""
    last = max((int(each["position"]) for each in known), default=0)
    if last <= position:
        return last
    # An event of theirs was appended between the two parts of the read.
    return await last_position(database, companies, position)


async def last_position(database: Database, companies: Sequence[str], up_to: int) -> int:
    """Return the position of the last event of the companies up to a position; one read."""
    query = {"company": {"$in": list(companies)}, "_id": {"$lte": up_to}}
    found = await database.find(EVENTS, query, fields={"_id": 1}, sort=[("_id", -1)], limit=1)
    return int(found[0]["_id"]) if found else 0
