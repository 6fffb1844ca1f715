"""What one operation reads, noted, so that it can be known for how long its answer holds."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(slots=True)
class Found:
    """What came through the cache under one horizon.

    Attributes:
        position: The earliest that it was found at.
        keys: By what was read, the keys that it was read of.
        stretches: Of lists: by what was read, the list and the part of it, what gives it as it was
            found, while the cache still keeps it.
    """

    position: int
    keys: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    stretches: dict[tuple[str, str, str], Callable[[], object]] = field(default_factory=dict)


class Trace:
    """What was read so far.

    Attributes:
        found: What came through the cache, by the horizon that it is known under.
        is_whole: Whether all came through the cache; else the answer may hold no longer than now.
        until: The first moment to come that will make a difference.
    """

    def __init__(self) -> None:
        self.found: dict[Any, Found] = {}
        self.is_whole = True
        self.until = datetime.max.replace(tzinfo=UTC)

    def at(self, horizon: Hashable, position: int) -> Found:
        """Return where to note what was found under a horizon at a position."""
        found = self.found.setdefault(horizon, Found(position))
        found.position = min(found.position, position)
        return found


_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_is_kept: ContextVar[bool] = ContextVar("is_kept", default=False)


@contextmanager
def traced() -> Iterator[Trace]:
    """Note in a trace what is read inside, also by tasks that are started there."""
    trace = Trace()
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(token)


@contextmanager
def untraced() -> Iterator[None]:
    """Read inside what an answer does not show."""
    token = _trace.set(None)
    try:
        yield
    finally:
        _trace.reset(token)


@contextmanager
def kept(*, is_kept: bool) -> Iterator[None]:
    """Say whether the cache keeps what is read inside: if so, that is noted instead of the read."""
    token = _is_kept.set(is_kept)
    try:
        yield
    finally:
        _is_kept.reset(token)


def trace() -> Trace | None:
    """Return the trace in which reads are noted here, if there is one."""
    return _trace.get()


def note_other() -> None:
    """Note that something was read that the cache does not keep."""
    current = _trace.get()
    if current is not None and not _is_kept.get():
        current.is_whole = False


def note_until(moment: datetime) -> None:
    """Note that what was found will be another at a moment."""
    current = _trace.get()
    if current is not None:
        current.until = min(current.until, moment)
