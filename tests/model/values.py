"""Values as the graph shows them: text, numbers, durations, booleans, enums (D4, D11, D13)."""

import re
from collections.abc import Mapping
from typing import Final

from model.ids import whole
from model.json_text import Json, Number

Words = Mapping[str, str]

_INT32: Final = 2**31
_TRUE: Final = ("true", "1")
_FALSE: Final = ("false", "0")
_CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]+)")
_DIGITS = re.compile(r"[0-9]+")
_INTEGER = re.compile(r"-?[0-9]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SEPARATORS = re.compile(r"[\s_\-]+")

CAMPAIGN_STATUS: Final = {
    "new": "NEW",
    "stopped": "STOPPED",
    "inprocess": "IN_PROCESS",
    "paused": "PAUSED",
    "finished": "FINISHED",
}
CALL_RESULT: Final = {
    "successful": "SUCCESSFUL",
    "notsuccessful": "NOT_SUCCESSFUL",
    "unsuccessful": "NOT_SUCCESSFUL",
}
CALL_TYPE: Final = {"normal": "NORMAL", "callback": "CALLBACK"}
RECALL_DESCRIPTION: Final = {
    "autocreated": "AUTO_CREATED",
    "0": "AUTO_CREATED",
    "personalcreated": "PERSONAL_CREATED",
    "1": "PERSONAL_CREATED",
    "completed": "COMPLETED",
    "2": "COMPLETED",
}
RECALL_TYPE: Final = {"auto": "AUTO", "0": "AUTO", "personal": "PERSONAL", "1": "PERSONAL"}


def text_of(given: Json | None) -> str | None:
    """Return a text, or the JSON of anything else as it is spelled.

    A lone surrogate shows as U+FFFD: no UTF-8 answer can hold it.
    """
    if given is None or given.value is None:
        return None
    return _SURROGATES.sub("\ufffd", given.value) if isinstance(given.value, str) else given.raw


def int_of(given: Json | None) -> int | None:
    """Return an integer of 32 bits, from a number or from digits."""
    match given:
        case Json(value=Number() as number) if number.exponent < 20:
            digits = whole(number)
        case Json(value=str() as text) if _INTEGER.fullmatch(text):
            digits = text
        case _:
            return None
    found = None if digits is None else int(digits)
    return found if found is not None and -_INT32 <= found < _INT32 else None


def float_of(given: Json | None) -> float | None:
    """Return a duration in seconds."""
    match given:
        case Json(value=Number(), raw=raw):
            return float(raw)
        case Json(value=str() as text) if _DIGITS.fullmatch(text):
            return float(text)
        case Json(value=str() as text) if clock := _CLOCK.fullmatch(text):
            hours, minutes, seconds = (int(part) for part in clock.groups(default="0"))
            return float(hours * 3600 + minutes * 60 + seconds)
        case _:
            return None


def bool_of(given: Json | None) -> bool | None:
    """Return a boolean."""
    match given:
        case Json(value=bool() as boolean):
            return boolean
        case Json(value=Number() as number):
            text = whole(number)
        case Json(value=str() as text):
            pass
        case _:
            return None
    return True if text in _TRUE else False if text in _FALSE else None


def letters(text: str) -> str:
    """Return a text without case and separators."""
    return _SEPARATORS.sub("", text).lower()


def enum_of(given: Json | None, words: Words) -> str | None:
    """Return the enum value that a text or a number names; None where no one does."""
    match given:
        case Json(value=str() as text):
            return words.get(letters(text))
        case Json(value=Number() as number):
            return words.get(whole(number) or "")
        case _:
            return None


def result_of(given: Json | None) -> str | None:
    """Return a call's result, which may be a boolean too."""
    truth = bool_of(given)
    if truth is None:
        return enum_of(given, CALL_RESULT)
    return "SUCCESSFUL" if truth else "NOT_SUCCESSFUL"


def digits_of(phone: str | None) -> str:
    """Return a phone number's digits, by which phone numbers compare."""
    return "".join(letter for letter in phone or "" if letter in "0123456789")
