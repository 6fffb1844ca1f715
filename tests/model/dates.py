"""Dates in every spelling that senders use, as milliseconds since 1970 in UTC (D3)."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from model.json_text import Json, Number

DAY: Final = 24 * 60 * 60 * 1000
_EPOCH_IS_MILLISECONDS: Final = 10**11
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _1970) // timedelta(milliseconds=1) + 999

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_EPOCH = re.compile(r"[0-9]{10,13}(\.[0-9]+)?")


def date_of(given: Json | None) -> int | None:
    """Return the moment, or None where it is absent or cannot be read."""
    match given:
        case Json(value=Number() as number):
            return _epoch_number(number)
        case Json(value=str() as text):
            return _text(text)
        case _:
            return None


def moment(iso: str) -> int:
    """Return the moment that an RFC 3339 text names."""
    found = _text(iso)
    assert found is not None, iso
    return found


def rfc3339(milliseconds: int) -> str:
    """Return the text that names a moment."""
    at = _1970 + timedelta(milliseconds=milliseconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch_number(number: Number) -> int | None:
    if number.negative or len(number.digits) + number.exponent > len(str(_LAST)):
        return None
    if number.exponent < -1000:
        return 0
    return _epoch(Fraction(int(number.digits or "0")) * Fraction(10) ** number.exponent)


def _epoch(value: Fraction) -> int | None:
    scale = 1000 if value < _EPOCH_IS_MILLISECONDS else 1
    milliseconds = int(value * scale)
    return milliseconds if milliseconds <= _LAST else None


def _text(text: str) -> int | None:
    if _EPOCH.fullmatch(text):
        return _epoch(Fraction(text))
    if digits := _DIGITS.fullmatch(text):
        return _calendar(*digits.groups(), "00", "00", "00", "", "Z")
    if iso := _ISO.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = iso.groups()
        return _calendar(
            year,
            month,
            day,
            hour or "00",
            minute or "00",
            second or "00",
            fraction or "",
            zone or "Z",
        )
    return None


def _calendar(*parts: str) -> int | None:
    *calendar, second, fraction, zone = parts
    seconds = int(second)
    if seconds > 60:
        return None
    try:
        minute = datetime(*map(int, calendar), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None
    offset = _offset(zone)
    if offset is None:
        return None
    whole = (minute - _1970) // timedelta(milliseconds=1) + seconds * 1000 - offset
    found = whole + int((fraction + "000")[:3])
    return found if found <= _LAST else None


def _offset(zone: str) -> int | None:
    if zone == "Z":
        return 0
    digits = (zone[1:].replace(":", "") + "00")[:4]
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * 60_000 * (-1 if zone[0] == "-" else 1)
