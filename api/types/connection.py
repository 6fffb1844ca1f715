"""Relay connections with keyset cursors: pages stay put while events are appended."""

from typing import Annotated, Generic, TypeVar

import strawberry

T = TypeVar("T")

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


@strawberry.type(description="Where a page begins and ends, and whether there is more.")
class PageInfo:
    """Of the Relay cursor specification."""

    has_next_page: bool = strawberry.field(description="Whether there are edges after the page.")
    has_previous_page: bool = strawberry.field(
        description="Whether there are edges before the page."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge.")


@strawberry.type(description="One item of a list, at its place.")
class Edge(Generic[T]):
    """Of the Relay cursor specification."""

    cursor: str = strawberry.field(
        description="The place in the list; opaque. It stays valid while events are appended."
    )
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
