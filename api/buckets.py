"""What each caller has left to spend: a leaky bucket, as Shopify's API has it."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from api.errors import ClientError
from api.limits import OperationLimits

_MAX_CALLERS = 10_000


class RateLimitedError(ClientError):
    """The caller has spent too much lately.

    Args:
        wait_seconds: After how long the same can be asked again.
    """

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            "RATE_LIMITED", f"You have asked for much of late: try again in {wait_seconds} s."
        )
        self.extensions = {"code": "RATE_LIMITED", "retryAfterSeconds": wait_seconds}


class Buckets:
    """The buckets of the callers who asked last.

    Args:
        limits: Their size, and how fast they empty.
        clock: In seconds; it never goes back.
    """

    def __init__(
        self, limits: OperationLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._size = limits.cost_bucket
        self._per_second = limits.cost_per_second
        self._clock = clock
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()  # level, when

    def spend(self, caller: str, cost: int) -> int:
        """Spend `cost`, and return what is left.

        Raises:
            RateLimitedError: There is not so much left; nothing is spent.
        """
        now = self._clock()
        level = self._level(caller, now) + cost
        if level > self._size:
            raise RateLimitedError(math.ceil((level - self._size) / self._per_second))
        self._fill(caller, level, now)
        return int(self._size - level)

    def owe(self, caller: str, cost: int) -> None:
        """Spend `cost`, even if there is not so much left."""
        now = self._clock()
        self._fill(caller, self._level(caller, now) + cost, now)

    def left(self, caller: str) -> int:
        """Return what a caller may spend now."""
        return int(self._size - self._level(caller, self._clock()))

    def seconds_in_debt(self, caller: str) -> float:
        """Return how long it takes until a caller owes nothing; 0 where that is so."""
        return max(0.0, (self._level(caller, self._clock()) - self._size) / self._per_second)

    def _fill(self, caller: str, level: float, now: float) -> None:
        self._filled[caller] = level, now
        self._filled.move_to_end(caller)
        if len(self._filled) > _MAX_CALLERS:
            self._filled.popitem(last=False)

    def _level(self, caller: str, now: float) -> float:
        level, since = self._filled.get(caller, (0.0, now))
        return max(0.0, level - (now - since) * self._per_second)
