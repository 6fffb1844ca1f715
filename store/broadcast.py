"""One reading of the log, handed to all who listen: each has a bounded buffer."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from store.changes import Change
from store.cursor import Cursor
from store.errors import StoreError
from store.moment import end_of, position_of
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
        reached: It has got every change up to this place.
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
        self._kept_to = 0

    @property
    def read_to(self) -> int:
        """The last position of which nothing is missing."""
        position = position_of(self.reached.number)
        return position if self.reached.number == end_of(position) else position - 1

    def pass_by(self, position: int) -> None:
        """Note that it has got everything up to a position."""
        self.reached = max(self.reached, Cursor.after_position(position))

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
            self._overflow()
        if self._waiting or self.has_overflowed:
            self._woken.set()

    def _overflow(self) -> None:
        # What was taken before is with the listener, who asks for more only after the last of it.
        self._kept_to = self._waiting[0].position - 1
        self._waiting.clear()
        self.has_overflowed = True

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


class Broadcaster:
    """Who listens to what."""

    def __init__(self) -> None:
        self._subscribers: dict[tuple[Topic[Any], str], dict[Subscriber[Any], None]] = {}

    @property
    def channels(self) -> list[tuple[Topic[Any], str]]:
        """The topics and companies that anybody listens to."""
        return list(self._subscribers)

    def __len__(self) -> int:
        return sum(map(len, self._subscribers.values()))

    def __contains__(self, subscriber: Subscriber[Any]) -> bool:
        return subscriber in self._subscribers.get((subscriber.topic, subscriber.company), {})

    def add(self, subscriber: Subscriber[Any]) -> None:
        """Offer to a subscriber what is published from now on."""
        channel = subscriber.topic, subscriber.company
        self._subscribers.setdefault(channel, {})[subscriber] = None

    def discard(self, subscriber: Subscriber[Any]) -> None:
        """Offer nothing more to a subscriber, if it is one."""
        channel = subscriber.topic, subscriber.company
        listening = self._subscribers.get(channel, {})
        listening.pop(subscriber, None)
        if not listening:
            self._subscribers.pop(channel, None)

    def publish(self, topic: Topic[Any], company: str, changes: Sequence[Change]) -> None:
        """Offer changes to all who listen; those whose buffers overflow are left out from then."""
        for subscriber in list(self._subscribers.get((topic, company), ())):
            subscriber.offer(changes)
            if subscriber.has_overflowed:
                self.discard(subscriber)

    def wake(self) -> None:
        """Let everybody look around."""
        for listening in self._subscribers.values():
            for subscriber in listening:
                subscriber.wake()


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
