"""Client sync pairs in every shape that senders use (D16)."""

from collections.abc import Iterator

from store.json_text import Json
from store.values import clean, read_plain

_NAMES = {"id", "name", "field"}


def read_pairs(value: Json) -> list[list[str]]:
    """Read client sync pairs as `[field, value]`, in order (D16).

    Args:
        value: An object `{field: value}`, an object of exactly `id`, `name` or `field` and
            `value`, or an array of such objects. Nothing else holds pairs.
    """
    objects = value if isinstance(value, list) else [value]
    return [
        [field, text]
        for item in objects
        if isinstance(item, dict)
        for field, given in _members(item)
        for text in _texts(given)
    ]


def _members(item: dict[str, Json]) -> list[tuple[str, Json]]:
    names = item.keys() - {"value"}
    if len(item) == 2 and len(names & _NAMES) == len(names) == 1:  # noqa: PLR2004 - a pair
        return [(field, item["value"]) for field in _texts(item[names.pop()])][:1]
    return [(clean(field), given) for field, given in item.items()]


def _texts(value: Json) -> Iterator[str]:
    """Give each text of a value: one of a scalar, one for each in a list; not the empty ones."""
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, list):
            rest.extend(reversed(item))
        elif text := read_plain(item):
            yield text
