"""The decoded body that is stored beside an event's own bytes, where BSON has room for it."""

import json
from typing import Any

import bson
import orjson
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

_MAX_BYTES = 15 * 2**20
_MAX_NESTING = 150  # MongoDB refuses about 180

# orjson makes floats of integers over 64 bits; they have at least this many digits.
_LONG_NUMBER = b"0" * 19
_DIGITS_AS_ZEROS = bytes(ord("0") if chr(code) in "0123456789" else 32 for code in range(256))


def stored_body(raw: bytes) -> RawBSONDocument | None:
    """Return the JSON object `raw` for people with a Mongo shell, or `None` where BSON has no room.

    No room: integers over 64 bits, NUL in a key, lone surrogates, nesting over 150, over 15 MiB
    (`[1,1,…]` grows six times).
    """
    try:
        value = _loads(raw)
        if _is_nested_too_deep(raw, value):
            return None
        body = bson.encode(value)
    except (BSONError, OverflowError, ValueError, RecursionError, TypeError):
        return None
    return RawBSONDocument(body) if len(body) <= _MAX_BYTES else None


def _loads(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Decode as `json` does, faster where it makes no difference."""
    if _LONG_NUMBER not in raw.translate(_DIGITS_AS_ZEROS):
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass  # such as `1e400` and lone surrogates, which `json` takes
    return json.loads(raw)


def is_body_of(body: dict[str, Any] | None, raw: bytes) -> bool:
    """Say whether `body`, read back, is what `raw` decodes to; it may always be left out."""
    if body is None:
        return True
    expected = stored_body(raw)
    return expected is not None and bson.encode(body) == expected.raw


def _is_nested_too_deep(raw: bytes, value: Any) -> bool:  # noqa: ANN401 - any JSON
    if raw.count(b"[") + raw.count(b"{") <= _MAX_NESTING:
        return False
    level = [value]
    for _ in range(_MAX_NESTING):
        level = [child for item in level for child in _children(item)]
    return bool(level)


def _children(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    members = value.values() if isinstance(value, dict) else value
    return [each for each in members if isinstance(each, dict | list)]
