"""From a connection's arguments to a slice of a list, and from a page back to a connection."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import orjson

from api.errors import ClientError
from api.limits import DEFAULT_PAGE, MAX_PAGE
from api.types.connection import EPOCH, Connection, Edge, PageInfo
from store.listing import Page, Place, Slice

T = TypeVar("T")

BY_POSITION = "POSITION"
BY_RECEIPT = "RECEIVED_AT"
_BY_KEY = frozenset({BY_POSITION, BY_RECEIPT, "CAMPAIGN_ID", "APPLICATION_ID"})
_MAX_POSITION = 2**43 - 2  # a fact's number has room for so many, and for the next

_BAD_CURSOR = "The cursor is not one of this list: leave it out, or page on from one of its edges."


def read_slice(arguments: Mapping[str, Any], order: str) -> Slice:
    """Read `first`, `after`, `last`, `before`.

    Args:
        arguments: The field's arguments, by their Python names.
        order: What the list is sorted by: cursors of another order are refused.

    Raises:
        ClientError: PAGE_TOO_LARGE, BAD_PAGE or BAD_CURSOR.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise ClientError("BAD_PAGE", "Give either `first` or `last`, not both.")
    size = next((each for each in (first, last) if each is not None), DEFAULT_PAGE)
    if size < 0:
        raise ClientError("BAD_PAGE", "A page has at least 0 edges: give a positive size.")
    if size > MAX_PAGE:
        raise ClientError("PAGE_TOO_LARGE", f"A page has at most {MAX_PAGE} edges: ask for fewer.")
    return Slice(
        limit=size,
        after=_read_cursor(arguments.get("after"), order),
        before=_read_cursor(arguments.get("before"), order),
        backward=last is not None,
    )


def _read_cursor(text: str | None, order: str) -> Place | None:
    if text is None:
        return None
    try:
        padded = text.encode() + b"=" * (-len(text) % 4)
        mine, value, key = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return _read_place(mine, value, key, order)
    except (ValueError, TypeError, OverflowError) as error:
        raise ClientError("BAD_CURSOR", _BAD_CURSOR) from error


def _read_place(mine: object, value: object, key: object, order: str) -> Place:
    """Check a cursor's parts: a position, milliseconds since 1970, or none; and a key.

    Raises:
        ValueError, OverflowError: They are of another list.
    """
    if mine != order or not isinstance(key, str) or isinstance(value, bool):
        raise ValueError("a cursor of another list")
    if order == BY_POSITION and isinstance(value, int) and 0 <= value <= _MAX_POSITION:
        return value, key
    if value is None and order != BY_POSITION:
        return None, key
    if not isinstance(value, int) or order in _BY_KEY:
        raise ValueError("a value of another list")
    return EPOCH + timedelta(milliseconds=value), key


def connection_of(page: Page, nodes: Sequence[T], order: str, total: int | None) -> Connection[T]:
    """Return a page as a connection.

    Args:
        page: Whose places become cursors.
        nodes: What stands there, in order.
        order: What the list is sorted by.
        total: How many the whole list has; `None` where nobody asked.
    """
    places = page.places
    return Connection(
        page_info=PageInfo(
            places=places,
            order=order,
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
        ),
        edges=[
            Edge(place=place, order=order, node=node)
            for place, node in zip(places, nodes, strict=True)
        ],
        nodes=list(nodes),
        total_count=0 if total is None else total,
    )
