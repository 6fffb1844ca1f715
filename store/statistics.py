"""Figures about the log: how much came, how often again, how much was refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.collections import COMPANIES, EVENTS, QUARANTINE, REDELIVERIES, Document
from store.driver import Database
from store.quarantine import visible_to


@dataclass(frozen=True, slots=True)
class LogFigures:
    """The log of some companies, up to one position.

    Attributes:
        position: The position of their last event; 0 where there is none.
        events: How many events they have.
        last_received_at: When the last one was received.
    """

    position: int
    events: int
    last_received_at: datetime | None


async def log_figures(
    database: Database, companies: Sequence[str] | None, position: int
) -> LogFigures:
    """Return the figures of the companies (all where `None`) up to a position; three reads."""
    if companies is None:
        last = await _last(database, {"_id": {"$lte": position}})
        return LogFigures(position, position, last["receivedAt"] if last else None)
    scope: Document = {"company": {"$in": list(companies)}}
    counters = await database.find(COMPANIES, {"_id": {"$in": list(companies)}})
    events = sum(int(each["events"]) for each in counters)
    last = await _last(database, {**scope, "_id": {"$lte": position}})
    return LogFigures(
        position=int(last["_id"]) if last else 0,
        events=events - await _counted_behind(database, counters, position),
        last_received_at=last["receivedAt"] if last else None,
    )


async def _counted_behind(database: Database, counters: Sequence[Document], position: int) -> int:
    """Count the events behind a position that are in the counters already; more may have come."""
    behind = [
        {"company": each["_id"], "_id": {"$gt": position, "$lte": each["position"]}}
        for each in counters
        if each["position"] > position
    ]
    if not behind:
        return 0
    found = await database.aggregate(EVENTS, [{"$match": {"$or": behind}}, {"$count": "events"}])
    return int(found[0]["events"]) if found else 0


async def _last(database: Database, query: Document) -> Document | None:
    found = await database.find(
        EVENTS, query, fields={"receivedAt": 1}, sort=[("_id", -1)], limit=1
    )
    return found[0] if found else None


async def count_redeliveries(database: Database, companies: Sequence[str] | None) -> int:
    """Count the deliveries that repeated an event of the companies (D7); one read."""
    return await _sum(database, REDELIVERIES, visible_to(companies))


async def count_quarantined(database: Database, companies: Sequence[str] | None) -> int:
    """Count the deliveries that were rejected and kept (D6); one read."""
    return await _sum(database, QUARANTINE, visible_to(companies))


async def _sum(database: Database, collection: str, query: Document) -> int:
    found = await database.aggregate(
        collection,
        [{"$match": query}, {"$group": {"_id": None, "count": {"$sum": "$count"}}}],
    )
    return int(found[0]["count"]) if found else 0
