"""The end of the log, and what of it those are told who see but some companies (D22)."""

from collections.abc import Sequence
from dataclasses import dataclass

from store.collections import COMPANIES, COUNTERS, EVENTS, Document, Pipeline
from store.driver import Database
from store.errors import LogUnavailableError

LOG_COUNTER = "log"

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
    """

    position: int
    generation: int
    companies: tuple[str, ...]
    told: int
    redactions: int = 0


async def read_head(database: Database, companies: Sequence[str] | None = None) -> Head:
    """Return the end of the log, of some companies or of all (`None`); one read, seldom two.

    Raises:
        LogUnavailableError: There is no log, or it does not answer.
    """
    found = await database.aggregate(COUNTERS, _pipeline(companies))
    if not found or found[0]["_id"] != LOG_COUNTER:
        raise LogUnavailableError("the log has not been prepared")
    counter, *known = found
    position = int(counter["position"])
    return Head(
        position=position,
        generation=int(counter["generations"][0]),
        companies=tuple(str(each["_id"]) for each in known[:_TWO]),
        redactions=int(counter.get("redactions", 0)),
        told=position if companies is None else await _told(database, companies, position, known),
    )


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
