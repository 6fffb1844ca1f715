"""A map that forgets what was not asked for the longest, so that it never weighs too much."""

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
    """Two generations: what is asked for becomes young, and the old go when the young are many.

    Args:
        max_weight: How much is kept at most; at least half of that is, once there was as much.
    """

    def __init__(self, max_weight: int) -> None:
        self._half = max_weight // 2
        self._weight = 0  # of the young
        self._young: dict[Key, Value] = {}
        self._old: dict[Key, Value] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: Key) -> Value | None:
        """Return a value; it becomes one of those that were asked for last."""
        value = self._young.get(key)
        if value is None and (value := self._old.pop(key, None)) is not None:
            self.put(key, value)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Keep a value."""
        self._leave(key)
        if self._weight + value.weight > self._half:
            self._old, self._young = self._young, {}
            self._weight = 0
        self._weight += value.weight
        self._young[key] = value

    def pop(self, key: Key) -> Value | None:
        """Forget a value and return it."""
        young, old = self._leave(key), self._old.pop(key, None)  # it may be in both
        return old if young is None else young

    def _leave(self, key: Key) -> Value | None:
        value = self._young.pop(key, None)
        if value is not None:
            self._weight -= value.weight
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}
        self._weight = 0
