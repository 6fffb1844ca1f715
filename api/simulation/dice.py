"""Chance, the same on every machine and Python version."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Draws that depend on the seed alone.

    Built on `Random.random` and seeding by text, the only parts whose sequence Python promises
    to keep, and on plain arithmetic, as `math` functions may differ between platforms.
    """

    def __init__(self, seed: str) -> None:
        self._draw = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        """Tell whether something of this probability happens."""
        return self._draw() < probability

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return low + int(self._draw() * (high - low + 1))

    def mostly_low(self, low: int, high: int) -> int:
        """Draw as `between` does, small numbers more often: as the lengths of talks are."""
        draw = self._draw()
        return low + int(draw * draw * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of `items`, all equally likely."""
        return items[int(self._draw() * len(items))]

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """Draw one of `(item, probability)`; the last one also takes what is missing to 1."""
        draw = self._draw()
        for item, probability in choices:
            draw -= probability
            if draw < 0:
                return item
        return choices[-1][0]
