"""Dates in every spelling that senders use, as UTC moments with whole milliseconds (D3)."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from store.json_text import Json
from store.numbers import Number, parts_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_TEXT = re.compile(r"[0-9]{10,13}(?:[.,][0-9]+)?")
# The last second of year 9999 has 15 digits in milliseconds.
_MAX_MAGNITUDE = 15
_SECONDS_MAGNITUDE = 11

_ISO = re.compile(
    r"""
    (?P<day>[0-9]{4}-?(?:[0-9]{2}-?[0-9]{2}|W[0-9]{2}-?[1-7]))
    (?:[Tt\ ]
        (?P<hour>[0-9]{2})
        (?:(?P<colon>:?)(?P<minute>[0-9]{2})
            (?:(?P=colon)(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?
        )?
        (?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?
    )?
    """,
    re.VERBOSE,
)


_USUAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?Z", re.ASCII
)


def read_date(value: Json, zone: tzinfo = UTC) -> datetime | None:
    """Read a moment (D3).

    Args:
        value: An ISO 8601 text, a date alone (also `yyyymmdd`), or an epoch: a number, or text of
            10 to 13 digits.
        zone: Whose clock a text without a zone shows.

    Returns:
        An aware UTC datetime, what is finer than milliseconds cut off; none if `value` is no date
        or outside the years 1 to 9999.
    """
    try:
        if isinstance(value, Number):
            return _read_epoch(value)
        return _read_any_text(value, zone) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _read_any_text(text: str, zone: tzinfo) -> datetime | None:
    """Read a date text, the usual spelling of UTC milliseconds at once."""
    if _USUAL.fullmatch(text):
        with suppress(ValueError):  # 24:00, second 60
            return datetime.fromisoformat(text)
    return _read_text(text.strip(), zone)


def _read_text(text: str, zone: tzinfo) -> datetime | None:
    if _EPOCH_TEXT.fullmatch(text):
        return _read_epoch(Number(text.replace(",", ".")))
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    moment = datetime.fromisoformat(match["day"]) + _time_of_day(match)
    return moment.replace(tzinfo=_zone(match["zone"]) or zone).astimezone(UTC)


def _read_epoch(number: Number) -> datetime | None:
    """Read seconds below 10¹¹, else milliseconds; a negative epoch is no date."""
    parts = parts_of(number)
    if parts.negative or parts.magnitude > _MAX_MAGNITUDE:
        return None
    places = 3 if parts.magnitude <= _SECONDS_MAGNITUDE else 0
    return _EPOCH + timedelta(milliseconds=parts.scaled(places))


def _time_of_day(match: re.Match[str]) -> timedelta:
    """Add the time up: second 60 is the next minute, 24:00 the next midnight."""
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    milliseconds = int((match["fraction"] or "")[:3].ljust(3, "0"))
    if minute > 59 or second > 60:  # noqa: PLR2004 - a clock's
        raise ValueError(match[0])
    time = timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=milliseconds)
    if hour > 23 and time != timedelta(hours=24):  # noqa: PLR2004 - a clock's
        raise ValueError(match[0])
    return time


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if minutes > 59:  # noqa: PLR2004 - a clock's
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
