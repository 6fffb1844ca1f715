"""How a thing came to be what it is: its revisions, and the event behind each value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.collections import Document
from store.fold import order_of_effect
from store.moment import position_of

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Revision:
    """A change of what was known of a thing.

    Attributes:
        position: Of the event that brought it.
        occurred_at: When that event happened.
        changes: For each field that is another than before: the values before and after.
    """

    position: int
    occurred_at: datetime
    changes: Mapping[str, tuple[Any, Any]]


def revisions(rows: Iterable[Document]) -> list[Revision]:
    """Return the revisions of one thing, in the order in which they became known.

    An event that changes nothing makes none: such as one that is older than what is known. The
    first one makes one even where it says nothing, for the thing exists from then on (D15).

    Args:
        rows: The thing's facts, in any order.
    """
    found: list[Revision] = []
    known: Values = {}
    winners: dict[str, tuple[datetime, int]] = {}
    for row in sorted(rows, key=lambda row: int(row["_id"])):
        changes = dict(_changes(row, known, winners))
        if changes or not found:
            found.append(Revision(position_of(row["_id"]), row["at"], changes))
    return found


def _changes(
    row: Document, known: Values, winners: dict[str, tuple[datetime, int]]
) -> Iterable[tuple[str, tuple[Any, Any]]]:
    """Merge one fact into what is `known`, and tell what that changed (D10)."""
    here = order_of_effect(row)
    for field, value in row["data"].items():
        if field in winners and winners[field] > here:
            continue
        winners[field] = here
        before = known.get(field)
        known[field] = value
        if before != value:
            yield field, (before, value)


def provenance(rows: Iterable[Document]) -> dict[str, int]:
    """Return for each field that was ever carried the position of the event its value is from."""
    found: dict[str, int] = {}
    for row in sorted(rows, key=order_of_effect):
        found.update(dict.fromkeys(row["data"], position_of(row["_id"])))
    return found
