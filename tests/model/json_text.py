"""JSON as spelled: every value keeps the text that it was written with."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

MAX_DEPTH: Final = 500
"""D6 and the small print: the body itself is 1."""

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')
_WORDS: Final = {"true": True, "false": False, "null": None}


class NotJsonError(ValueError):
    """The text is no JSON (D6)."""


@dataclass(frozen=True)
class Number:
    """A number without its spelling: `digits` times ten to the `exponent`; no trailing zeros."""

    negative: bool
    digits: str
    exponent: int


Members = tuple[tuple[str, "Json"], ...]


@dataclass(frozen=True)
class Json:
    """One value: None, bool, Number, str, a list of values, or a tuple of an object's members."""

    value: "bool | Number | str | list[Json] | Members | None"
    raw: str

    def get(self, key: str) -> "Json | None":
        """Return the last member of that name, or None where the object lacks it (D7)."""
        assert isinstance(self.value, tuple)
        found = [member for name, member in self.value if name == key]
        return found[-1] if found else None


def parse(raw: bytes, *, levels: int = MAX_DEPTH) -> Json:
    """Return the value that the bytes spell, nested at most so deep."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise NotJsonError("not UTF-8") from error
    with deep():
        value, end = _value(text, _skip(text, 0), levels)
    if _skip(text, end) != len(text):
        raise NotJsonError("something behind the value")
    return value


def _value(text: str, at: int, levels: int) -> tuple[Json, int]:
    if not levels and text[at : at + 1] in {"{", "["}:
        raise NotJsonError("nested too deep")
    for opening, read in (("{", _object), ("[", _array)):
        if text.startswith(opening, at):
            return read(text, at, levels)
    if string := _STRING.match(text, at):
        return Json(json.loads(string[0]), string[0]), string.end()
    for word, value in _WORDS.items():
        if text.startswith(word, at):
            return Json(value, word), at + len(word)
    if number := _NUMBER.match(text, at):
        return Json(_number(number), number[0]), number.end()
    raise NotJsonError("no value")


def _number(match: re.Match[str]) -> Number:
    sign, whole, fraction, exponent = match.groups(default="")
    digits = (whole + fraction).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return Number(negative=False, digits="", exponent=0)
    power = int(exponent or "0") - len(fraction) + len(digits) - len(stripped)
    return Number(negative=bool(sign), digits=stripped, exponent=power)


def _array(text: str, start: int, levels: int) -> tuple[Json, int]:
    items: list[Json] = []
    at = _skip(text, start + 1)
    while not text.startswith("]", at):
        if items:
            at = _expect(text, at, ",")
        item, at = _value(text, at, levels - 1)
        items.append(item)
        at = _skip(text, at)
    return Json(items, text[start : at + 1]), at + 1


def _object(text: str, start: int, levels: int) -> tuple[Json, int]:
    members: list[tuple[str, Json]] = []
    at = _skip(text, start + 1)
    while not text.startswith("}", at):
        if members:
            at = _expect(text, at, ",")
        key = _STRING.match(text, at)
        if key is None:
            raise NotJsonError("no key")
        at = _expect(text, _skip(text, key.end()), ":")
        value, at = _value(text, at, levels - 1)
        members.append((json.loads(key[0]), value))
        at = _skip(text, at)
    return Json(tuple(members), text[start : at + 1]), at + 1


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise NotJsonError(f"no {mark}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return at if space is None else space.end()


def identity(given: Json) -> str:
    """Return a text that is equal for equal JSON values only: what makes two bodies one (D7)."""
    with deep():
        return _identity(given)


def _identity(given: Json) -> str:
    match given.value:
        case list() as items:
            return "[" + ",".join([_identity(item) for item in items]) + "]"
        case tuple() as members:
            by_name = sorted(members, key=lambda member: [ord(letter) for letter in member[0]])
            spelled = [f"{json.dumps(name)}:{_identity(member)}" for name, member in by_name]
            return "{" + ",".join(spelled) + "}"
        case Number(negative=negative, digits=digits, exponent=exponent):
            return f"{'-' * negative}{digits or '0'}e{exponent}"
        case value:
            return json.dumps(value)


@contextmanager
def deep() -> Iterator[None]:
    """Let Python recurse as deep as a body may be nested, here only."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 10 * MAX_DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
