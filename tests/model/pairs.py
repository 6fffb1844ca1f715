"""Client sync pairs in every shape that senders use (D16)."""

from collections.abc import Iterator

from model.ids import whole
from model.json_text import Json, Number

Pair = tuple[str, str]


def pairs_of(given: Json | None) -> list[Pair]:
    """Return the pairs of field and value, in order, as often as given."""
    items = given.value if given is not None and isinstance(given.value, list) else [given]
    return [
        pair
        for item in items
        if item is not None and isinstance(item.value, tuple)
        for pair in _object(item)
    ]


def _object(given: Json) -> Iterator[Pair]:
    assert isinstance(given.value, tuple)
    members = dict(given.value)
    name = next((key for key in ("id", "name", "field") if set(members) == {key, "value"}), None)
    if name is not None:
        field = _text(members[name])
        members = {} if field is None else {field: members["value"]}
    for field, value in members.items():
        for text in _texts(value):
            yield field, text


def _texts(value: Json) -> list[str]:
    values = value.value if isinstance(value.value, list) else [value]
    return [text for item in values if (text := _text(item))]


def _text(value: Json) -> str | None:
    match value.value:
        case str() as text:
            return text
        case bool():
            return value.raw
        case Number() as number:
            return whole(number) or value.raw
        case _:
            return None
