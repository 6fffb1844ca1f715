"""A map that forgets what was not asked for the longest, so that it never weighs too much."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, Protocol, TypeVar


class Weighed(Protocol):
    """What is kept says itself what it weighs."""

    @property
    def weight(self) -> int:
        """What it counts of the most that is kept."""


Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Weighed)


class Bounded(Generic[Key, Value]):
    """What was not asked for the longest goes first.

    Args:
        max_weight: How much is kept at most.
    """

    def __init__(self, max_weight: int) -> None:
        self._max = max_weight
        self._weight = 0
        self._kept: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """Return a value; it becomes the one that was asked for last."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        self.pop(key)
        self._kept[key] = value
        self._weight += value.weight
        while self._weight > self._max:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= oldest.weight

    def pop(self, key: Key) -> Value | None:
        """Forget a value and return it."""
        value = self._kept.pop(key, None)
        if value is not None:
            self._weight -= value.weight
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._weight = 0
