"""Until when the reads for one answer may take; MongoDB is told it with each of them.

A read of the driver cannot be cancelled: whoever stops waiting for it leaves the server at work. So
the server itself gives up when the time is over.
"""

import time
from contextvars import ContextVar

from store.errors import DeadlineError

_NEAR_SECONDS = 0.1  # MongoDB's clock looks now and then

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def set_deadline(at: float | None) -> None:
    """Bind the reads of this task, and of those that it starts, to a moment of the monotonic clock.

    `None` binds them to their own limit alone.
    """
    _deadline.set(at)


def milliseconds_left(most_seconds: float) -> int:
    """Return how long a read may take, from 1 to what it may take at most.

    Raises:
        DeadlineError: The time is over.
    """
    deadline = _deadline.get()
    if deadline is None:
        return int(most_seconds * 1000)
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlineError
    return max(1, int(min(left, most_seconds) * 1000))


def is_over() -> bool:
    """Say whether a read that was stopped right now was stopped by the deadline."""
    deadline = _deadline.get()
    return deadline is not None and time.monotonic() > deadline - _NEAR_SECONDS
