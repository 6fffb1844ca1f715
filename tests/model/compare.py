"""Differences between what the model answers and what the graph does, path by path."""

import json
from collections.abc import Iterator, Mapping

from model.contract import DATES, JSON_FIELDS, Answer
from model.dates import moment
from model.json_text import MAX_DEPTH, Json, Number, identity, parse

_UNORDERED = frozenset(
    ("applicationStatusCounts", "bodies", "unknownEventNames", "unknownFields", "unknownValues")
)
_OWN = frozenset(("startCursor", "endCursor", "cursor", "digest", "id"))


def decode(answer: bytes) -> Answer:
    """Return what the graph answered; JSON fields stay as spelled."""
    return _decoded(parse(answer, levels=2 * MAX_DEPTH))


def _decoded(given: Json) -> Answer:
    match given.value:
        case list() as items:
            return [_decoded(item) for item in items]
        case tuple() as members:
            return {
                key: member if key in JSON_FIELDS else _decoded(member) for key, member in members
            }
        case Number():
            return json.loads(given.raw)
        case value:
            return value


def differences(expected: Answer, got: Answer, path: str = "") -> Iterator[str]:
    """Yield one line for each difference: where, what the model says, what the graph says."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for key in expected:
            yield from _member(key, expected[key], got.get(key), f"{path}.{key}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (wanted, found) in enumerate(zip(expected, got, strict=True)):
            yield from differences(wanted, found, f"{path}[{index}]")
    elif not _is_same(expected, got):
        yield f"{path}: expected {_short(expected)}, got {_short(got)}"


def _is_same(expected: Answer, got: Answer) -> bool:
    if isinstance(got, Json):
        return _identity(expected) == identity(got)
    return bool(expected == got) and isinstance(expected, bool) is isinstance(got, bool)


def _identity(expected: Json | None) -> str:
    return "null" if expected is None else identity(expected)


def _member(key: str, expected: Answer, got: Answer, path: str) -> Iterator[str]:
    if key in DATES and isinstance(got, str):
        got = moment(got)
    if key in _UNORDERED and isinstance(expected, list) and isinstance(got, list):
        expected, got = sorted(expected, key=_sort), sorted(got, key=_sort)
    if key not in _OWN:
        yield from differences(expected, got, path)


def _sort(item: Answer) -> str:
    return json.dumps(item, sort_keys=True)


def _short(value: Answer) -> str:
    if isinstance(value, list):
        value = [next(iter(item.values())) if isinstance(item, dict) else item for item in value]
    text = value.raw if isinstance(value, Json) else repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
