"""Bodies as the sender spelled them, one by one, and when two are the same event (D2, D7)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from store.errors import TooManyEventsError
from store.json_text import Json, Object, decode, scan, trim
from store.numbers import Number, canonical
from store.rejections import InvalidJsonError, RejectedError

_OPENING = re.compile(r"\[[ \t\n\r]*")
_SEPARATOR = re.compile(r"[ \t\n\r]*(,?)[ \t\n\r]*")
_CONSTANTS = {None: "n", True: "t", False: "f"}


class Body(NamedTuple):
    """One JSON value.

    Attributes:
        raw: Its bytes as received, without the white space and BOM around them (D2).
        value: The same decoded: `Object`, list, str, `Number`, bool or `None`.
    """

    raw: bytes
    value: Json


def parse_body(data: bytes) -> Body:
    """Decode one JSON value.

    Raises:
        InvalidJsonError: `data` is not UTF-8, not one JSON value (`NaN` and `Infinity` are none),
            or nested over 500 levels (D6).
    """
    raw = trim(data)
    text = decode(raw)
    value, end = scan(text, 0)
    if isinstance(value, InvalidJsonError):
        raise value
    if end != len(text):
        raise InvalidJsonError
    return Body(raw, value)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event of a request, or what stands in its place.

    Attributes:
        index: The place in the array, or among the lines that are not blank, from 0.
        raw: Its own bytes as received (D2).
        value: The same decoded (see `Body`), unless it is rejected.
        rejection: Why it is no body, if so.
    """

    index: int
    raw: bytes
    value: Json
    rejection: RejectedError | None = None


def read_deliveries(data: bytes, *, ndjson: bool, at_most: int | None = None) -> list[Delivery]:
    """Split what was posted into single events.

    Args:
        data: A JSON object (one event), a JSON array (one per element) or, with `ndjson`, one
            per line. Elements that are no objects are delivered too: `read_envelope` rejects them.
        ndjson: Whether every line is a body of its own.
        at_most: How many events are taken; by default as many as come.

    Returns:
        The events in order. The nesting of each is counted from itself.

    Raises:
        InvalidJsonError: Not `ndjson`, and the whole is not JSON.
        TooManyEventsError: They are more than `at_most`.
    """
    if ndjson:
        return _at_most(at_most, split_lines(data))
    if trim(data).startswith(b"["):
        return _at_most(at_most, split_array(data))
    body = parse_body(data)
    return [Delivery(0, body.raw, body.value)]


def _at_most(limit: int | None, deliveries: Iterator[Delivery]) -> list[Delivery]:
    taken = list(islice(deliveries, limit))
    if limit is not None and next(deliveries, None) is not None:
        raise TooManyEventsError(limit)
    return taken


def split_lines(data: bytes) -> Iterator[Delivery]:
    """Read each line that is not blank as a body; a bad line is a rejection of its own."""
    lines = filter(None, map(trim, BytesIO(data)))
    return (delivery_of(line, index) for index, line in enumerate(lines))


def delivery_of(data: bytes, index: int = 0) -> Delivery:
    """Read `data` as one body; what is no JSON is a rejection of its own, never an error."""
    try:
        body = parse_body(data)
    except RejectedError as rejection:
        return Delivery(index, trim(data), None, rejection)
    return Delivery(index, body.raw, body.value)


def split_array(data: bytes) -> Iterator[Delivery]:
    """Read each element of a JSON array as a body.

    Raises:
        InvalidJsonError: `data` is no JSON array.
    """
    elements = _elements(decode(trim(data)))
    return (_read_element(index, *element) for index, element in enumerate(elements))


def _read_element(index: int, text: str, value: Json) -> Delivery:
    raw = text.encode()
    if isinstance(value, RejectedError):
        return Delivery(index, raw, None, value)
    return Delivery(index, raw, value)


def _elements(text: str) -> Iterator[tuple[str, Json]]:
    opening = _OPENING.match(text)
    if opening is None:
        raise InvalidJsonError
    at, more = opening.end(), text[opening.end() :] != "]"
    while more:
        value, end = scan(text, at)
        yield text[at:end], value
        separator = _SEPARATOR.match(text, end)
        more = separator is not None and bool(separator[1])
        at = end if separator is None else separator.end()
    if text[at:] != "]":
        raise InvalidJsonError


def digest(value: Json) -> bytes:
    """Name the event: bodies whose JSON values are equal have the same digest (D7).

    Args:
        value: As `parse_body` decodes it.

    Returns:
        The first 16 bytes of the SHA-256 of the canonical form. There every value says its kind
        and its length before it, keys are sorted by code point (repeated ones stay in order) and
        numbers are spelled as `canonical` does, so different values have different forms.
    """
    parts: list[str] = []
    levels = [iter([("", value)])]
    while levels:
        for before, item in levels[-1]:
            kind = type(item)
            if kind is str:
                parts.append(f'{before}"{len(item)}:{item}')
            elif kind is Object or kind is list:
                parts.append(before + _open(item))
                levels.append(_parts_of(item))
                break
            else:
                parts.append(before + _spell(item))
        else:
            levels.pop()
    # A lone surrogate is a text of its own.
    return hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass")).digest()[:16]


def _open(item: Object | list[Json]) -> str:
    if isinstance(item, list):
        return f"[{len(item)}:"
    return f"{{{len(item.pairs or item)}:"


def _parts_of(item: Object | list[Json]) -> Iterator[tuple[str, Json]]:
    """Give the values in an array or object, each with the key as it is spelled before it."""
    if isinstance(item, list):
        return iter([("", each) for each in item])
    if item.pairs is None:
        return iter([(f'"{len(key)}:{key}', item[key]) for key in sorted(item)])
    pairs = sorted(item.pairs, key=itemgetter(0))
    return iter([(f'"{len(key)}:{key}', each) for key, each in pairs])


def _spell(scalar: Json) -> str:
    if type(scalar) is Number:
        return f"#{canonical(scalar)};"
    return _CONSTANTS[scalar]
