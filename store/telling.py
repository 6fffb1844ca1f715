"""The texts that give a person away wherever they stand in a body."""

import re
from collections.abc import Iterator

from store.json_text import Json
from store.keys import PHONE
from store.values import read_plain

_LEAST_DIGITS, _LEAST_CHARS, _NATIONAL_DIGITS = 7, 6, 10
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_NEITHER_LETTER_NOR_DIGIT = bytes(code for code in range(256) if not bytes([code]).isalnum())


def split_pair(key: str) -> tuple[str, str]:
    """Return the field and the value of a client sync pair's key."""
    size, _, rest = key[1:].partition(":")
    return rest[: int(size)], rest[int(size) :]


class Telling:
    """The texts that give a person away wherever they stand; too short ones stand for others too.

    Args:
        keys: The person's link keys.
    """

    def __init__(self, keys: set[str]) -> None:
        values = {split_pair(key)[1] for key in keys if key[0] != PHONE}
        words = [each for each in values if len(each) >= _LEAST_CHARS]
        phones = [key[1:] for key in keys if key[0] == PHONE and len(key) > _LEAST_DIGITS]
        patterns = [*map(_spellings, phones), *map(_word, words)]
        self._pattern = re.compile("|".join(patterns)) if patterns else None
        self._bare = {_bare(each.encode("utf-8", "surrogatepass")) for each in words}
        self._bare |= {_bare(each[-_NATIONAL_DIGITS:].encode()) for each in phones}

    def may_be_in(self, content: bytes) -> bool:
        """Say whether to look closer at many bodies at once: by their letters and digits alone.

        Args:
            content: The bytes of JSON texts, with a byte that is no backslash before each.

        Returns:
            False only where `is_in_json` says so of each body.
        """
        if b"\\" in content:
            content = _ESCAPE.sub(_unescaped if b"\\u00" in content else b"", content)
        bare = _bare(content)
        return any(each in bare for each in self._bare)

    def is_in(self, text: str) -> bool:
        """Say whether one of them stands in the text."""
        return self._pattern is not None and self._pattern.search(text) is not None

    def is_in_json(self, value: Json) -> bool:
        """Say whether one of them stands in a text of the value."""
        return any(self.is_in(text) for text in texts_of(value))


def _spellings(digits: str) -> str:
    """Write a phone number with anything between its digits, and with any country code or none."""
    national, between = digits[-_NATIONAL_DIGITS:], r"[^0-9A-Za-z]{0,3}"
    country = f"(?:[0-9]{between}){{0,3}}" if len(digits) > _NATIONAL_DIGITS else ""
    return rf"(?<![0-9]){country}{between.join(national)}(?![0-9])"


def _bare(content: bytes) -> bytes:
    return content.translate(None, _NEITHER_LETTER_NOR_DIGIT)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    code = int(escape[1] or b"0", 16)
    return bytes([code]) if code < 128 else b""  # noqa: PLR2004 - ASCII


def _word(text: str) -> str:
    return r"(?<![0-9A-Za-z])" + re.escape(text) + r"(?![0-9A-Za-z])"


def texts_of(value: Json) -> Iterator[str]:
    """Yield the keys and scalars of a JSON value as text."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            pairs = getattr(item, "pairs", None) or item.items()
            for key, each in pairs:
                yield key
                waiting.append(each)
        else:
            yield read_plain(item)
