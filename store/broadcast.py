"""One reading of the log, handed to all who listen: each has a bounded buffer."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from store.changes import Change
from store.cursor import Cursor
from store.errors import StoreError
from store.topics import Topic

C = TypeVar("C", bound=Change)


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
        accept: Which of the changes it gets.
        buffer_changes: How many of them may wait for it.

    Attributes:
        reached: It has been given every change up to this place.
        has_overflowed: It was given up on; what waited for it is to be read again.
    """

    def __init__(
        self, topic: Topic[C], company: str, accept: Callable[[C], bool], buffer_changes: int
    ) -> None:
        self.topic = topic
        self.company = company
        self.reached = Cursor(0, 0)
        self.has_overflowed = False
        self._accept = accept
        self._buffer_changes = buffer_changes
        self._waiting: deque[C] = deque()
        self._woken = asyncio.Event()
        self._failure: Exception | None = None

    def accepted(self, changes: Iterable[C]) -> list[C]:
        """Return those of the changes that it has not got and that it wants."""
        return [
            change
            for change in changes
            if (change.is_live_only or change.cursor > self.reached) and self._accept(change)
        ]

    def offer(self, changes: Iterable[C]) -> None:
        """Let changes wait for it, if there is room."""
        self._waiting.extend(self.accepted(changes))
        if len(self._waiting) > self._buffer_changes:
            self._waiting.clear()
            self.has_overflowed = True
        if self._waiting or self.has_overflowed:
            self._woken.set()

    def fail(self, error: Exception) -> None:
        """End it with an error."""
        self._failure = error
        self._woken.set()

    async def take(self) -> list[C]:
        """Wait for changes and return all that wait; none when the buffer has overflowed."""
        await self._woken.wait()
        self._woken.clear()
        if self._failure is not None:
            raise self._failure
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def start_again(self) -> None:
        """Listen with an empty buffer."""
        self.has_overflowed = False
        self._woken.clear()
