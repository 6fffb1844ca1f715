"""Values of leaves, right ones and wrong ones."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Generator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

import strawberry
from graphql import Undefined

from api.types.scalars import JSON, DateTime, Position

Value: TypeAlias = Any  # also one that a type does not allow


@strawberry.enum
class Colour(Enum):
    RED = "r"
    GREEN = strawberry.enum_value("g", name="VERDANT")
    BLUE = 3


class Text(str):
    __slots__ = ()


class Later:
    """An awaitable that can be awaited again and again."""

    def __init__(self, value: Value) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class Stream:
    """An asynchronous iterable that can be read again and again."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    async def __aiter__(self) -> AsyncIterator[Any]:
        for value in self.values:
            yield value


class Evasive:
    """Has every attribute, so nothing can be known of its class."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return name


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

LEAVES: dict[object, tuple[Any, ...]] = {
    str: ("", "text", "\ud83d", "a1"),
    strawberry.ID: ("7", "x"),
    int: (0, 7, -(2**31), 2**31 - 1),
    float: (0.0, 1.5, -1e300),
    bool: (True, False),
    Colour: tuple(Colour),
    DateTime: (NOON, NOON.astimezone()),
    Position: (1, 2**53),
    JSON: ("x", {"a": [1]}, 3, False),
}
WRONG: tuple[Any, ...] = (
    None,
    Undefined,
    ValueError("a value"),
    Text("text"),
    "r",
    "g",
    "nothing",
    b"bytes",
    2**31,
    2**100,
    7,
    True,
    1.0,
    1.5,
    float("inf"),
    float("nan"),
    Decimal(2),
    Decimal("1.5"),
    [],
    ["a", None],
    (1, "2"),
    {"a": 1},
    {"s"},
    deque([1]),
    object,
    NOON,
    NOON.replace(tzinfo=None),
    Colour.RED,
    Evasive(),
    Later("late"),
    Later(None),
    Later(KeyError("late")),
    Stream(["a"]),
)
