"""Single values in every spelling that senders use; what cannot be read is none (D1, D4)."""

import math
import re

from store.json_text import Json
from store.numbers import Number, whole

_SURROGATES = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"-?[0-9]+")
_CLOCK = re.compile(r"(?:(?:([0-9]+):)?([0-9]+):)?([0-9]+)")
_INT32 = range(-(2**31), 2**31)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def clean(text: str) -> str:
    """Replace lone surrogates, which neither MongoDB nor UTF-8 can hold, by U+FFFD."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def read_id(value: Json) -> str | None:
    """Read an id (D1): text that is not blank, kept as it is, or a whole number written out."""
    if isinstance(value, Number):
        return whole(value)
    if isinstance(value, str) and value.strip():
        return clean(value)
    return None


def read_text(value: Json) -> str | None:
    """Read text; a number or boolean shows its JSON (D4), an array or object is for its owner."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(value) if isinstance(value, str) else None


def read_integer(value: Json) -> int | None:
    """Read a whole number of 32 bits, or its digits as text (D4)."""
    if isinstance(value, str) and not isinstance(value, Number):
        value = Number(value) if _INTEGER.fullmatch(value) else None
    digits = whole(value) if isinstance(value, Number) else None
    return int(digits) if digits is not None and int(digits) in _INT32 else None


def read_boolean(value: Json) -> bool | None:
    """Read `true`, `"true"`, 1, `"1"` and their opposites (D4)."""
    return _BOOLEANS.get(read_plain(value))


def read_seconds(value: Json) -> float | None:
    """Read a duration in seconds: a number, digits, or `HH:MM:SS` or `MM:SS` (D4)."""
    if isinstance(value, Number):
        return _finite(float(value))
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return _finite(hours * 3600 + minutes * 60 + seconds)


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None


def read_plain(value: Json) -> str:
    """Show a scalar as text, whole numbers written out; empty for anything else."""
    if isinstance(value, Number):
        return whole(value) or str(value)
    return read_text(value) or ""
