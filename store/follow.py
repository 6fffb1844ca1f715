"""Following the log: one reader per process, many who listen."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from store.broadcast import Broadcaster, Channel, asked_by
from store.changes import Change
from store.cursor import Cursor
from store.due import DueCallbacks
from store.errors import LogUnavailableError
from store.head import Head
from store.log import EventLog
from store.moment import Moment
from store.subscriber import Lag, Subscriber, Wanted
from store.teller import Teller
from store.term import held_to
from store.topics import CALLBACKS, Topic
from store.view import View
from store.waking import Waker
from store.window import Stretch, read_ahead, read_stretch

C = TypeVar("C", bound=Change)

_logger = logging.getLogger(__name__)


class Follower:
    """Reads the log from where it stands while anybody listens, and tells what changed.

    A commit of this process wakes it, a change stream on the counter wakes it for those of others,
    and it looks by itself every `poll_seconds`: whatever becomes of the stream, nothing is missed.

    Args:
        log: What is followed.
        buffer_changes: How many changes may wait for one subscriber. One that has more waiting
            reads them again from the log, without the callbacks that fell due meanwhile.
        patience_seconds: How long a subscriber may lag so before it is ended.
        poll_seconds: How long a change goes unnoticed at most.
        restart_seconds: How long it pauses after a failure.

    Attributes:
        broadcaster: Who listens, and how much waits for them.
        on_failure: Called after a failure that nobody foresaw.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        buffer_changes: int = 1_000,
        patience_seconds: float = 30.0,
        poll_seconds: float = 0.25,
        restart_seconds: float = 1.0,
    ) -> None:
        self.buffer_changes = buffer_changes
        self.on_failure: Callable[[], None] = lambda: None
        self._log = log
        self._patience_seconds = patience_seconds
        self._poll_seconds = poll_seconds
        self._restart_seconds = restart_seconds
        self.broadcaster = Broadcaster()
        self._due = DueCallbacks()
        self._teller = Teller(self.broadcaster, self._due)
        self._interested = 0
        self._wanted = asyncio.Event()
        self._waker = Waker(log, poll_seconds)
        self._stepping = asyncio.Lock()
        self._position: int | None = None
        self._generation = 1
        self._redactions = 0
        self._is_over = False

    @property
    def generation(self) -> int:
        """The facts that are read now."""
        return self._generation

    @property
    def subscribers(self) -> int:
        """How many subscriptions are open."""
        return self._interested

    @property
    def listening(self) -> int:
        """How many of them have been told everything and wait for what comes."""
        return len(self.broadcaster)

    async def subscribe(
        self,
        topic: Topic[C],
        *,
        company: str,
        after: int | None = None,
        after_cursor: Cursor | None = None,
        wanted: Wanted | None = None,
    ) -> AsyncGenerator[C]:
        """Yield what changed, in order, without a hole or a repeat; first from the log, then live.

        Closing the generator ends the subscription.

        Args:
            topic: Which changes.
            company: Whose.
            after: Begin after all changes of this position; by default with what comes from now.
            after_cursor: Begin exactly after this change; rules over `after`.
            wanted: Which of the changes: those with one of these values in every trait; by default
                all.

        Raises:
            SlowSubscriberError: The changes were not taken in time. It says where to resume.
            LogUnavailableError: The log could not be read, or is followed no more. Resume after
                the cursor of the last change.
        """
        subscriber = Subscriber(topic, company, wanted or {}, self.buffer_changes)
        self._join()
        try:
            head = await self._head()
            position = head.position if after is None else after
            subscriber.reached = after_cursor or Cursor.after_position(position)
            lag = Lag(self._patience_seconds)
            while True:
                for change in await self._more(subscriber, lag):
                    yield change
                    subscriber.reached = max(subscriber.reached, change.cursor)
        finally:
            self.broadcaster.discard(subscriber)
            self._leave()

    def _join(self) -> None:
        self._interested += 1
        self._wanted.set()

    def _leave(self) -> None:
        self._interested -= 1
        if not self._interested:
            self._position = None
            self._wanted.clear()
            self._waker.wake()

    async def _more(self, subscriber: Subscriber[C], lag: Lag) -> list[C]:
        """Return the next changes for a subscriber: from the log until it is level, then live."""
        while not self._is_over:
            if subscriber.has_overflowed:
                lag.begin()
                subscriber.start_again()
            if subscriber in self.broadcaster:
                lag.end()
                changes = await subscriber.take()
            else:
                lag.check(subscriber)
                changes = await self._catch_up(subscriber)
            if changes:
                return changes
        raise LogUnavailableError("the log is followed no more: resume after the last cursor")

    async def _head(self) -> Head:
        head = await self._log.head()
        self._generation = head.generation
        self._redactions = max(self._redactions, head.redactions)
        return head

    async def _catch_up(self, subscriber: Subscriber[C]) -> list[C]:
        """Read on from the log; where there is no more to read than was told, join the others."""
        head = await self._head()
        async with self._stepping:
            if self._position is None:
                self._position = head.position
            if subscriber.read_to >= self._position:
                self._listen(subscriber)
                return []
            level = replace(head, position=self._position)
        if head.position < level.position:  # a new primary, which shows less for a moment
            await asyncio.sleep(self._poll_seconds)
            return []
        topic, company, database = subscriber.topic, subscriber.company, self._log.database
        asked = asked_by([(topic, company)])
        with held_to(head.term):
            stretch = await read_stretch(database, level, subscriber.read_to, asked)
            changes = await topic.form(stretch.window(company, topic.kinds))
        wanted = subscriber.accepted(changes)
        subscriber.pass_by(stretch.until)
        return wanted

    def _listen(self, subscriber: Subscriber[Any]) -> None:
        company = subscriber.company
        if subscriber.topic is CALLBACKS and (CALLBACKS, company) not in self.broadcaster.channels:
            self._due.begin(company)
        self.broadcaster.add(subscriber)
        self._waker.wake()

    async def run(self) -> None:
        """Follow until cancelled; reads nothing while nobody listens.

        A failure that nobody foresaw is logged and counted; it goes on from where it stood.
        """
        try:
            while True:
                await self._wanted.wait()
                try:
                    await self._follow()
                except Exception:
                    if (task := asyncio.current_task()) and task.cancelling():
                        raise asyncio.CancelledError from None  # a group that fails loses it (3.11)
                    _logger.exception("following the log failed; it goes on from where it stood")
                    self.on_failure()
                    await asyncio.sleep(self._restart_seconds)
        finally:
            self._is_over = True
            self.broadcaster.wake()

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._waker.watch(), name="follower: watch")
            self._waker.wake()
            while self._wanted.is_set():
                await self._advance(is_own=await self._waker.sleep())
            watching.cancel()

    async def _advance(self, *, is_own: bool) -> None:
        """Read up to the head and tell it; if that fails, the next poll tries again."""
        try:
            if not (is_own and await self._step_ahead()):
                head = await self._head()
                while self._position is not None and self._position < head.position:
                    await self._step(head)
            await self._tell_due()
        except LogUnavailableError as error:
            _logger.warning("the log cannot be followed at the moment: %s", error)
            await asyncio.sleep(self._poll_seconds)

    async def _step_ahead(self) -> bool:
        """Tell what the facts say that have come, without a read of the head; say if there were.

        After a commit of this process there are, as a rule.
        """
        async with self._stepping:
            channels = self.broadcaster.channels
            if self._position is None or not channels:
                return False
            if not all(topic.kinds for topic, _ in channels):
                return False  # events that form no facts are told too
            asked, database = asked_by(channels), self._log.database
            self._redactions = redactions = max(self._redactions, self._log.redactions)
            with held_to(database.term):
                stretch = await read_ahead(database, self._generation, self._position, asked)
                if stretch is not None:
                    await self._tell(replace(stretch, redactions=redactions), channels)
            return stretch is not None

    async def _step(self, head: Head) -> None:
        """Tell one stretch. Nobody joins meanwhile, so all hear of the same stretches."""
        async with self._stepping:
            channels, redactions = self.broadcaster.channels, self._redactions
            if self._position is None or self._position >= head.position:
                return
            if not channels:
                self._position = head.position
                return
            with held_to(head.term):
                asked, database = asked_by(channels), self._log.database
                stretch = await read_stretch(database, head, self._position, asked)
                await self._tell(replace(stretch, redactions=redactions), channels)

    async def _tell(self, stretch: Stretch, channels: Sequence[Channel]) -> None:
        for _ in range(await self._teller.tell(stretch, channels)):
            self.on_failure()
        if self._position is not None:
            self._position = stretch.until

    async def _tell_due(self) -> None:
        """Tell which callbacks fell due, as of a head that shows all that was told."""
        listening = {company for topic, company in self.broadcaster.channels if topic is CALLBACKS}
        for company, timers in self._due.waiting(listening):
            head = await self._head()
            if self._position is None or head.position < self._position:
                return
            with held_to(head.term):
                await timers.fill(self._view(company))
                async with self._stepping:
                    if self._due.are(company, timers):  # nobody has begun anew meanwhile
                        changes = await timers.fall_due(self._view(company))
                        self.broadcaster.publish(CALLBACKS, company, changes)

    def _view(self, company: str) -> View:
        position = self._position or 0  # without one nobody listens
        return View(self._log.database, company, Moment(position, None, self._generation))
