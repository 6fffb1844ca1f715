"""JSON text decoded with nothing lost: numbers by their spelling, repeated keys (D2, D7)."""

import re
from concurrent.futures import ThreadPoolExecutor
from json import JSONDecoder
from typing import Any, NoReturn, TypeAlias

from store.numbers import Number
from store.rejections import MAX_NESTING, InvalidJsonError, NestedTooDeepError

_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\n\r"

# Closing quotes are optional and nothing is given back: one pass, also over rubbish.
_RUNS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]+|[\]}]+', re.DOTALL)

Json: TypeAlias = Any
"""A JSON value: `Object`, list, str, `Number`, bool or `None`."""


class Object(dict[str, Json]):
    """A JSON object. Of a repeated key it reads the last value.

    Attributes:
        pairs: All keys and values in order, where a key is repeated; else none.
        text: On the outermost object of a body, the body's text.
    """

    pairs: list[tuple[str, Json]] | None = None
    text: str = ""


def trim(data: bytes) -> bytes:
    """Take the BOM before and the white space around a value away (D2)."""
    return data.removeprefix(_BOM).strip(_WHITE)


def decode(raw: bytes) -> str:
    """Read UTF-8.

    Raises:
        InvalidJsonError: It is not.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidJsonError from error


def scan(text: str, at: int) -> tuple[Json, int]:
    """Decode the JSON value that starts at `at`.

    Returns:
        The value and where it ends. In place of a value that is nested too deep stands the
        error that says so: its end is known, and what follows it can be read.

    Raises:
        InvalidJsonError: No JSON value starts there.
    """
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        value, end = _scan_deep(text, at)
    except ValueError as error:
        raise InvalidJsonError from error
    if text.count("[", at, end) + text.count("{", at, end) > MAX_NESTING:
        deepest, _ = _measure(text, at)
        value = NestedTooDeepError() if deepest > MAX_NESTING else value
    if isinstance(value, Object):
        value.text = text[at:end]
    return value, end


def _scan_deep(text: str, at: int) -> tuple[Json, int]:
    """Decode where the stack of the caller was too short: on the fresh stack of a thread."""
    deepest, end = _measure(text, at)
    if deepest > MAX_NESTING:
        return None, end
    with ThreadPoolExecutor(max_workers=1) as fresh:
        try:
            return fresh.submit(_DECODER.raw_decode, text, at).result()
        except ValueError as error:
            raise InvalidJsonError from error


def _measure(text: str, at: int) -> tuple[int, int]:
    """Count the levels of the value that starts at `at`, and find its end, without a stack."""
    depth = deepest = 0
    for run in _RUNS.finditer(text, at):
        start, end = run.span()
        if text[start] in "[{":
            depth += end - start
            deepest = max(deepest, depth)
        elif text[start] != '"':
            if depth <= end - start:
                return deepest, start + depth
            depth -= end - start
    return deepest, len(text)


def _object(pairs: list[tuple[str, Json]]) -> Object:
    read = Object(pairs)
    if len(read) != len(pairs):
        read.pairs = pairs
    return read


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = JSONDecoder(
    object_pairs_hook=_object,
    parse_int=Number,
    parse_float=Number,
    parse_constant=_refuse,
)
