"""The lists of the graph: what they are sorted by, and their pages for many parents at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from api import nodes
from api.filters import accepting, nothing
from api.lookahead import Ask, Selection
from api.paging import connection_of, read_slice
from api.types.connection import Connection
from api.types.enums import Direction
from api.types.node import Node
from store.fold import State
from store.listing import Listing, Page, Slice, page_of, sort_key
from store.sweep import counts, sorted_pages
from store.view import View
from store.walk import pages

Parent = TypeVar("Parent", bound=Node)

# By the order's name: the field of the folded data, or none for the id.
SORT_FIELDS: Mapping[str, str | None] = {
    "CAMPAIGN_ID": None,
    "STATUS_CHANGED_AT": "statusChangedAt",
    "APPLICATION_ID": None,
    "NEXT_CALL": "nextCall",
    "LAST_CALL": "lastCall",
    "UPDATED_DATE": "updatedDate",
    "RECALL_AT": "recallAt",
    "CREATED_AT": "createdAt",
}
# The orders that an index leads: the others sort the whole list.
_INDEXED = frozenset({"APPLICATION_ID", "UPDATED_DATE", "RECALL_AT", "CREATED_AT"})


def order_of(ask: Ask, default: str, direction: Direction = Direction.ASC) -> tuple[str, bool]:
    """Return the name of a list's order and whether it descends."""
    return order_name(ask.arguments, default, direction)


def order_name(
    arguments: Mapping[str, Any], default: str, direction: Direction = Direction.ASC
) -> tuple[str, bool]:
    """Return the name of an order and whether it descends; see `order_of`."""
    order = arguments.get("order_by")
    if order is None:
        return default, direction is Direction.DESC
    return order.field.value, order.direction is Direction.DESC


def items_of(ask: Ask) -> Iterator[Selection]:
    """Yield what a field that gives a connection asks for of the connection's items."""
    yield from ask.below.below(ask.type_name, "nodes")
    for edge in ask.below.below(ask.type_name, "edges"):
        yield from edge.below(ask.type_name.replace("Connection", "Edge"), "node")


def by_view(parents: Sequence[Parent]) -> dict[View, list[int]]:
    """Group the places of parents by the view that they are read through."""
    grouped: dict[View, list[int]] = defaultdict(list)
    for place, parent in enumerate(parents):
        grouped[parent.view].append(place)
    return grouped


async def connections(
    parents: Sequence[Parent],
    ask: Ask,
    order: str,
    listing: Callable[[Parent], Listing],
) -> list[Connection[Any]]:
    """Return one connection for each parent: the same slice of each parent's own list."""
    wanted = read_slice(ask.arguments, order)
    found: list[Connection[Any]] = [_EMPTY] * len(parents)
    for view, places in by_view(parents).items():
        listings = [listing(parents[place]) for place in places]
        for place, made in zip(
            places, await _connections(view, listings, ask, order, wanted), strict=True
        ):
            found[place] = made
    return found


async def _connections(
    view: View, listings: Sequence[Listing], ask: Ask, order: str, wanted: Slice
) -> list[Connection[Any]]:
    wants_total = ask.below.wants(ask.type_name, "totalCount")
    if order not in _INDEXED:
        swept = await sorted_pages(view, listings, wanted)
        return [_made(view, page, order, count) for page, count in swept]
    found = await pages(view, listings, wanted)
    totals: list[int | None] = [None] * len(listings)
    if wants_total:
        totals[:] = await counts(view, listings)
    return [_made(view, page, order, count) for page, count in zip(found, totals, strict=True)]


def connections_from(
    view: View, lists: Iterable[Sequence[State]], ask: Ask, order: str, *, descending: bool
) -> Iterator[Connection[Any]]:
    """Yield a connection of each of some short lists of calls or callbacks, loaded whole."""
    wanted = read_slice(ask.arguments, order)
    listing = Listing("call", {}, SORT_FIELDS[order], descending, accepting(), nothing)

    def place(state: State) -> tuple[bool, Any, str]:
        return sort_key(listing.place(state))

    for states in lists:
        whole = sorted(states, key=place, reverse=descending)
        yield _made(view, page_of(whole, listing, wanted), order, len(whole))


def _made(view: View, page: Page, order: str, count: int | None) -> Connection[Any]:
    return made(view, page, page.states, order, count)


def made(
    view: View, page: Page, states: Sequence[State], order: str, count: int | None
) -> Connection[Any]:
    """Return a connection of the things at the places of a page."""
    return connection_of(page, [nodes.node(view, state) for state in states], order, count)


_EMPTY: Connection[Any] = connection_of(Page([], [], has_next=False, has_previous=False), [], "", 0)
