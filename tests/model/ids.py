"""Ids: text or whole numbers, compared as text (D1)."""

import re

from model.json_text import Json, Number

IdKey = tuple[int, int, list[int]]
_WHOLE = re.compile(r"-?[0-9]+")


def id_of(given: Json | None) -> str | None:
    """Return the id as text; None where there is none or the value is no id."""
    match given:
        case Json(value=str() as text):
            return text if text.strip() else None
        case Json(value=Number() as number):
            return whole(number)
        case _:
            return None


def whole(number: Number) -> str | None:
    """Return a whole number's digits, or None for a fraction."""
    if number.exponent < 0:
        return None
    if not number.digits:
        return "0"
    return "-" * number.negative + number.digits + "0" * number.exponent


def id_key(text: str) -> IdKey:
    """Return what ids sort by: whole numbers by value, then text by code point (`007`, `7`)."""
    letters = [ord(letter) for letter in text]
    return (0, int(text), letters) if _WHOLE.fullmatch(text) else (1, 0, letters)
