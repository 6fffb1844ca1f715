"""Simulated time: the clock on the wall and what is to happen next."""

from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Process: TypeAlias = Generator[int, None, None]
"""A story in simulated time: it yields for how long (ms) it waits before it goes on."""


class Clock:
    """The local time of a call centre on one day; moments are epoch milliseconds."""

    def __init__(self, day: date, zone: tzinfo) -> None:
        self._zone = zone
        midnight = datetime.combine(day, time(), zone)
        self._midnight = (midnight - _EPOCH) // timedelta(milliseconds=1)

    def at(self, hour: int, minute: int = 0) -> int:
        """Return the moment at `hour`:`minute` of the day."""
        return self._midnight + hour * HOUR + minute * MINUTE

    def hour(self, moment: int) -> int:
        """Return the hour of the day, 24 and more after the next midnight."""
        return (moment - self._midnight) // HOUR

    def text(self, moment: int) -> str:
        """Return `moment` as the dialer spells it: ISO 8601, `Z` or the centre's own offset."""
        local = (_EPOCH + timedelta(milliseconds=moment)).astimezone(self._zone)
        return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def text_or_none(self, moment: int | None) -> str | None:
        """Return `text` of a moment that may be none."""
        return None if moment is None else self.text(moment)


class Timeline:
    """Runs processes side by side, always the one whose turn comes first."""

    def __init__(self, now: int) -> None:
        self.now = now
        self._pending: list[tuple[int, int, Process]] = []
        self._sequence = count()

    def start(self, process: Process, *, at: int | None = None) -> None:
        """Let `process` begin at `at`, or now."""
        moment = self.now if at is None else at
        heappush(self._pending, (moment, next(self._sequence), process))

    def until(self, moment: int) -> int:
        """Return how long it is from now until `moment`, 0 if it has passed."""
        return max(0, moment - self.now)

    def run(self) -> Iterator[int]:
        """Run everything to its end, yielding the time before each step."""
        while self._pending:
            self.now, _, process = heappop(self._pending)
            yield self.now
            wait = next(process, None)
            if wait is not None:
                self.start(process, at=self.now + wait)
