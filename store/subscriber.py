"""One who listens: what it wants, how far it has got, and a bounded buffer of what waits for it."""

import asyncio
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from store.changes import Change
from store.cursor import Cursor
from store.errors import StoreError
from store.moment import end_of, position_of
from store.topics import Topic, Traits

C = TypeVar("C", bound=Change)

Wanted = Mapping[str, Collection[str]]  # the values that are wanted, by the name of the trait
Route = tuple[str, str | None]

EVERYWHERE: Route = ("", None)


class SlowSubscriberError(StoreError):
    """Changes come faster than they are taken. Resume after `cursor`: nothing is lost."""

    code = "SLOW_SUBSCRIBER"

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(f"Changes were not taken in time: resume with afterCursor {cursor}.")
        self.cursor = cursor


class Subscriber(Generic[C]):
    """One who listens to a topic of one company.

    Args:
        topic: What it listens to.
        company: Whose.
        wanted: Which of the changes it gets: those with one of these values in every trait.
        buffer_changes: How many of them may wait for it.

    Attributes:
        reached: It has got every change up to this place.
        has_overflowed: It was given up on; what waits for it is to be read from the log.
    """

    def __init__(self, topic: Topic[C], company: str, wanted: Wanted, buffer_changes: int) -> None:
        self.topic = topic
        self.company = company
        self.reached = Cursor(0, 0)
        self.has_overflowed = False
        self._wanted = wanted
        self._buffer_changes = buffer_changes
        self._waiting: deque[C] = deque()
        self._woken = asyncio.Event()
        self._kept_to = 0

    @property
    def waiting(self) -> int:
        """How many changes wait for it."""
        return len(self._waiting)

    @property
    def read_to(self) -> int:
        """The last position of which nothing is missing."""
        position = position_of(self.reached.number)
        return position if self.reached.number == end_of(position) else position - 1

    def pass_by(self, position: int) -> None:
        """Note that it has got everything up to a position."""
        self.reached = max(self.reached, Cursor.after_position(position))

    @property
    def routes(self) -> list[Route]:
        """Where the changes that it wants pass by; each of them at one of these places only."""
        if not self._wanted:
            return [EVERYWHERE]
        name, values = min(self._wanted.items(), key=lambda each: len(each[1]))
        return [(name, value) for value in values]

    def accepted(self, changes: Iterable[C]) -> list[C]:
        """Return those of the changes that it has not got and that it wants."""
        return [change for change in changes if self._accepts(change, self.topic.traits(change))]

    def _accepts(self, change: C, traits: Traits) -> bool:
        is_new = change.is_live_only or change.cursor > self.reached
        return is_new and all(traits[name] in values for name, values in self._wanted.items())

    def offer(self, change: C, traits: Traits) -> None:
        """Let a change wait for it, if it wants that and there is room."""
        if self._accepts(change, traits):
            self._waiting.append(change)
            if len(self._waiting) > self._buffer_changes:
                self.set_back(change.position)
            self._woken.set()

    def set_back(self, position: int) -> None:
        """Give up on what waits: it is to be read again, or on, behind a position."""
        # What was taken before is with the listener, who asks for more only after the last of it.
        self._kept_to = self._waiting[0].position - 1 if self._waiting else position
        self._waiting.clear()
        self.has_overflowed = True
        self._woken.set()

    async def take(self) -> list[C]:
        """Wait for changes and return all that wait; none if the buffer has overflowed."""
        await self._woken.wait()
        self._woken.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def start_again(self) -> None:
        """Go on from where the buffer overflowed, with an empty one."""
        self.pass_by(self._kept_to)
        self.has_overflowed = False
        self._woken.clear()

    def wake(self) -> None:
        """Let it look around."""
        self._woken.set()


class Lag:
    """How long a subscriber has been behind what is told live.

    Args:
        patience_seconds: How long it may be.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._since: float | None = None

    def begin(self) -> None:
        """Note that a buffer overflowed."""
        if self._since is None:
            self._since = time.monotonic()

    def end(self) -> None:
        """Note that everything that waited was taken."""
        self._since = None

    def check(self, subscriber: Subscriber[Any]) -> None:
        """End a subscriber that has lagged too long."""
        if self._since is not None and time.monotonic() - self._since >= self._patience_seconds:
            raise SlowSubscriberError(subscriber.reached)
