"""Ids as keys whose plain order is the order that people expect (D1)."""

import re
from string import ascii_lowercase, ascii_uppercase, digits

_WHOLE = re.compile(r"-?[0-9]+")

_LONG = "y"
_TEXT = "z"
_AS_WRITTEN = "~"

# Of two negative numbers the longer, or the one with the greater digits, comes first.
_FORWARD = digits + ascii_lowercase[:25]
_BACKWARD = digits[::-1] + ascii_uppercase[24::-1]
_MIRROR = str.maketrans(_FORWARD, _BACKWARD)
_MIRRORED = str.maketrans(_BACKWARD, _FORWARD)


def id_key(id: str) -> str:  # noqa: A002 - the domain's word
    """Spell an id so that code points, and UTF-8 bytes, sort in the order of D1.

    Whole numbers come first, by value: a letter for the number of digits, the digits, and `~`, or
    the id itself where it is not spelled the usual way (`007`). Negative numbers are mirrored.
    All other text follows, behind a `z`. So `7` is `a7~`, `007` is `a7007`, `-7` is `Y2~` and
    `x` is `zx`.
    """
    if id.isdigit() and id.isascii() and id[0] != "0":
        return f"{_length(len(id))}{id}{_AS_WRITTEN}"
    if not _WHOLE.fullmatch(id):
        return _TEXT + id
    spelled = id.removeprefix("-")
    value = spelled.lstrip("0")
    if not value:
        return f"{_length(1)}0{id}"
    number = _length(len(value)) + value
    suffix = _AS_WRITTEN if value == spelled else id
    return (number.translate(_MIRROR) if id.startswith("-") else number) + suffix


def id_of(key: str) -> str:
    """Give the id back from its `id_key`."""
    if key.startswith(_TEXT):
        return key[1:]
    negative = key[0].isupper()
    number = key.translate(_MIRRORED) if negative else key
    start, length = _digits(number)
    if key[start + length :] != _AS_WRITTEN:
        return key[start + length :]
    return "-" * negative + number[start : start + length]


def _length(count: int) -> str:
    """Spell a length so that text order is its order: `a` is 1, `x` is 24, `yb25` is 25."""
    if count <= ord("x") - ord("a") + 1:
        return chr(ord("a") + count - 1)
    return _LONG + _length(len(str(count))) + str(count)


def _digits(number: str) -> tuple[int, int]:
    """Find where the digits start and how many they are: `_length` read back."""
    if not number.startswith(_LONG):
        return 1, ord(number[0]) - ord("a") + 1
    size = ord(number[1]) - ord("a") + 1
    return 2 + size, int(number[2 : 2 + size])
