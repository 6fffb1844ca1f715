"""The moment that an answer speaks of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

PLACES = 20  # bits of a fact's number inside its event


def fact_number(position: int, place: int) -> int:
    """Number a fact by its event's position and its place inside the event, in one order."""
    return position << PLACES | place


def position_of(number: int) -> int:
    """Return the position of the event that a fact's number belongs to."""
    return number >> PLACES


def end_of(position: int) -> int:
    """Return the number that ends an event: beyond those of all its facts."""
    return fact_number(position, (1 << PLACES) - 1)


def numbers_between(after: int, until: int) -> dict[str, int]:
    """Return the condition that the numbers of facts behind a position fulfil, up to another."""
    return {"$gte": fact_number(after + 1, 0), "$lt": fact_number(until + 1, 0)}


@dataclass(frozen=True, slots=True)
class Moment:
    """What an answer may know (D21): one position of the log, perhaps one moment in time.

    Attributes:
        position: Only events up to this position; what a majority holds, so nothing is missing.
        as_of: If given, only events that occurred up to it; aware UTC.
        generation: The facts that the operation reads, so that a rebuild does not disturb it.
        redactions: How often events were redacted: what was read at another number of them may
            tell of a person who is forgotten.
    """

    position: int
    as_of: datetime | None = None
    generation: int = 1
    redactions: int = 0

    def bounds(self) -> dict[str, Any]:
        """Return the condition that facts and keys of this moment fulfil."""
        condition: dict[str, Any] = {"_id": {"$lt": fact_number(self.position + 1, 0)}}
        if self.as_of is not None:
            condition["at"] = {"$lte": self.as_of}
        return condition
