"""JSON in and out of the GraphQL doors."""

import json
import re
from json import JSONDecodeError
from typing import Any, NoReturn

import orjson

from store.values import clean

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def decode(data: str | bytes) -> object:
    """Read JSON; integers of any size stay exact, and lone surrogates are what the log has.

    Raises:
        JSONDecodeError: It is none, or nested deeper than anybody could mean.
    """
    try:
        value = json.loads(data, parse_constant=_refuse)
        text = data if isinstance(data, str) else data.decode("latin-1")
        return _cleaned(value) if _SURROGATE.search(text) else value
    except JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise JSONDecodeError(str(error), "", 0) from error


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(each) for name, each in value.items()}
    return value


class Encoded:
    """A value that is JSON already.

    Attributes:
        encoded: The JSON.
    """

    __slots__ = ("encoded",)

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded


def encode(value: object) -> bytes:
    """Write JSON; what is `Encoded` inside goes out as it is."""
    try:
        return orjson.dumps(value, default=_fragment)
    except orjson.JSONEncodeError:
        return orjson.dumps(_spelled(value))


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Encoded):
        return orjson.Fragment(value.encoded)
    raise TypeError


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _spelled(value: object) -> Any:  # noqa: ANN401 - JSON
    """Spell out what orjson has no room for: lone surrogates and integers over 64 bits."""
    if isinstance(value, Encoded):
        return _fragment(value)
    if isinstance(value, dict):
        return {key: _spelled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(each) for each in value]
    if isinstance(value, str | int) and not isinstance(value, bool):
        return orjson.Fragment(json.dumps(value))
    return value
