"""Relay connections with keyset cursors: pages stay put while events are appended."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Generic, TypeVar

import orjson
import strawberry

from api.execution import pure
from store.listing import Place

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

First = Annotated[
    int | None,
    strawberry.argument(description="How many at most from the front: 20 by default, at most 500."),
]
After = Annotated[
    str | None, strawberry.argument(description="Only what follows the edge with this cursor.")
]
Last = Annotated[
    int | None,
    strawberry.argument(description="How many at most from the back, instead of `first`."),
]
Before = Annotated[
    str | None, strawberry.argument(description="Only what precedes the edge with this cursor.")
]


def spell_cursor(place: Place, order: str) -> str:
    """Spell a place of a list that is sorted by `order`."""
    value, key = place
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(milliseconds=1)
    return base64.urlsafe_b64encode(orjson.dumps((order, value, key))).rstrip(b"=").decode()


@strawberry.type(description="Where a page begins and ends, and whether there is more.")
class PageInfo:
    """Of the Relay cursor specification.

    Attributes:
        places: Those of the first and the last edge; of an empty page none.
        order: What the list is sorted by.
    """

    places: strawberry.Private[Sequence[Place]]
    order: strawberry.Private[str]
    has_next_page: bool = strawberry.field(
        description="Whether there are edges after the page; what a `before` names counts as one."
    )
    has_previous_page: bool = strawberry.field(
        description="Whether there are edges before the page; what an `after` names counts as one."
    )

    @strawberry.field(description="The cursor of the first edge.")
    @pure
    def start_cursor(self) -> str | None:
        """Spell the first place."""
        return spell_cursor(self.places[0], self.order) if self.places else None

    @strawberry.field(description="The cursor of the last edge.")
    @pure
    def end_cursor(self) -> str | None:
        """Spell the last place."""
        return spell_cursor(self.places[-1], self.order) if self.places else None


@strawberry.type(description="One item of a list, at its place.")
class Edge(Generic[T]):
    """Of the Relay cursor specification.

    Attributes:
        place: Where the item stands.
        order: What the list is sorted by.
    """

    place: strawberry.Private[Place]
    order: strawberry.Private[str]

    @strawberry.field(
        description="The place in the list; opaque. It stays valid while events are appended."
    )
    @pure
    def cursor(self) -> str:
        """Spell the place."""
        return spell_cursor(self.place, self.order)

    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """Of the Relay cursor specification."""

    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    edges: list[Edge[T]] = strawberry.field(
        description="The items of the page, each with its cursor."
    )
    nodes: list[T] = strawberry.field(description="The items of the page, without cursors.")
    total_count: int = strawberry.field(
        description="How many the whole list has; counted only when asked for."
    )
