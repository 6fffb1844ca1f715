"""Following the log: one reader per process, many who listen."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from store.broadcast import Broadcaster
from store.changes import Change
from store.collections import COUNTERS
from store.cursor import Cursor
from store.due import Hints, Timers, fallen_due
from store.errors import LogUnavailableError, StoreError
from store.log import EventLog, Head
from store.moment import Moment
from store.subscriber import Lag, Subscriber, Wanted
from store.topics import CALLBACKS, Topic
from store.view import View
from store.window import Stretch, read_stretch

C = TypeVar("C", bound=Change)

NOTHING_SPECIAL: Wanted = MappingProxyType({})

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
    """

    def __init__(
        self,
        log: EventLog,
        *,
        buffer_changes: int = 1_000,
        patience_seconds: float = 30.0,
        poll_seconds: float = 0.25,
    ) -> None:
        self._log = log
        self._buffer_changes = buffer_changes
        self._patience_seconds = patience_seconds
        self._poll_seconds = poll_seconds
        self._broadcaster = Broadcaster()
        self._timers: dict[str, Timers] = {}
        self._interested = 0
        self._wanted = asyncio.Event()
        self._woken = asyncio.Event()
        self._stepping = asyncio.Lock()
        self._position: int | None = None
        self._generation = 1
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
        return len(self._broadcaster)

    async def subscribe(
        self,
        topic: Topic[C],
        *,
        company: str,
        after: int | None = None,
        after_cursor: Cursor | None = None,
        wanted: Wanted = NOTHING_SPECIAL,
    ) -> AsyncGenerator[C]:
        """Yield what changed, in order, without a hole or a repeat; first from the log, then live.

        Closing the generator ends the subscription.

        Args:
            topic: Which changes.
            company: Whose.
            after: Begin after all changes of this position; by default with what comes from now.
            after_cursor: Begin exactly after this change; rules over `after`.
            wanted: Which of the changes: those with one of these values in every trait.

        Raises:
            SlowSubscriberError: The changes were not taken in time. It says where to resume.
            LogUnavailableError: The log could not be read, or is followed no more. Resume after
                the cursor of the last change.
        """
        subscriber = Subscriber(topic, company, wanted, self._buffer_changes)
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
            self._broadcaster.discard(subscriber)
            self._leave()

    def _join(self) -> None:
        self._interested += 1
        self._wanted.set()

    def _leave(self) -> None:
        self._interested -= 1
        if not self._interested:
            self._position = None
            self._wanted.clear()
            self._woken.set()

    async def _more(self, subscriber: Subscriber[C], lag: Lag) -> list[C]:
        """Return the next changes for a subscriber: from the log until it is level, then live."""
        while not self._is_over:
            if subscriber.has_overflowed:
                lag.begin()
                subscriber.start_again()
            if subscriber in self._broadcaster:
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
        topic, company = subscriber.topic, subscriber.company
        stretch = await self._read(level, subscriber.read_to, {company}, topic)
        changes = await topic.form(stretch.window(company, topic.kinds))
        wanted = subscriber.accepted(changes)
        subscriber.pass_by(stretch.until)
        return wanted

    def _listen(self, subscriber: Subscriber[Any]) -> None:
        self._broadcaster.add(subscriber)
        if subscriber.topic is CALLBACKS:
            self._timers.setdefault(subscriber.company, Timers(datetime.now(UTC)))
        self._woken.set()

    async def _read(
        self, head: Head, after: int, companies: set[str], *topics: Topic[Any]
    ) -> Stretch:
        kinds = {kind for topic in topics for kind in topic.kinds}
        database = self._log.database
        return await read_stretch(database, head, after=after, companies=companies, kinds=kinds)

    async def run(self) -> None:
        """Follow until cancelled; reads nothing while nobody listens."""
        try:
            while True:
                await self._wanted.wait()
                await self._follow()
        finally:
            self._is_over = True
            self._broadcaster.wake()

    async def _follow(self) -> None:
        wakers = [
            asyncio.create_task(self._wake_on_append(), name="follower: appends"),
            asyncio.create_task(self._wake_on_update(), name="follower: updates"),
        ]
        try:
            while self._wanted.is_set():
                await self._woken.wait()
                self._woken.clear()
                await self._advance()
        finally:
            for waker in wakers:
                waker.cancel()
            await asyncio.gather(*wakers, return_exceptions=True)

    async def _wake_on_append(self) -> None:
        while True:
            await self._log.wait(self._poll_seconds)
            self._woken.set()

    async def _wake_on_update(self) -> None:
        """Listen to the counter; a stream that ends or fails is opened anew, from now."""
        while True:
            with suppress(StoreError):
                async for _ in self._log.database.updates(COUNTERS):
                    self._woken.set()
            await asyncio.sleep(self._poll_seconds)

    async def _advance(self) -> None:
        """Read up to the head and tell it; if that fails, the next poll tries again."""
        try:
            head = await self._head()
            while self._position is not None and self._position < head.position:
                await self._step(head)
            await self._tell_due(head)
        except LogUnavailableError as error:
            _logger.warning("the log cannot be followed at the moment: %s", error)
            await asyncio.sleep(self._poll_seconds)

    async def _step(self, head: Head) -> None:
        """Tell one stretch. Nobody joins meanwhile, so all hear of the same stretches."""
        async with self._stepping:
            if self._position is None:
                return
            channels = self._broadcaster.channels
            if not channels:
                self._position = head.position
                return
            companies = {company for _, company in channels}
            topics = {topic for topic, _ in channels}
            stretch = await self._read(head, self._position, companies, *topics)
            formed = [
                (topic, company, await self._form(stretch, topic, company))
                for topic, company in channels
            ]
            for told in formed:
                self._broadcaster.publish(*told)
            if self._position is not None:
                self._position = stretch.until

    async def _form(self, stretch: Stretch, topic: Topic[Any], company: str) -> list[Any]:
        window = stretch.window(company, topic.kinds)
        changes = await topic.form(window) if window.rows or not topic.kinds else []
        if topic is CALLBACKS and company in self._timers:
            self._timers[company].note(changes)
        return changes

    async def _tell_due(self, head: Head) -> None:
        listening = {company for topic, company in self._broadcaster.channels if topic is CALLBACKS}
        for company in self._timers.keys() - listening:
            del self._timers[company]
        for company, timers in list(self._timers.items()):
            await timers.fill(self._view(company, head))
            now = datetime.now(UTC)
            if hints := timers.take(now):
                async with self._stepping:
                    await self._tell_those_due(company, hints, head, now)

    async def _tell_those_due(self, company: str, hints: Hints, head: Head, now: datetime) -> None:
        try:
            changes = await fallen_due(self._view(company, head), hints, now)
        except LogUnavailableError:
            self._timers[company].expect(hints)
            raise
        self._broadcaster.publish(CALLBACKS, company, changes)

    def _view(self, company: str, head: Head) -> View:
        position = head.position if self._position is None else self._position
        return View(self._log.database, company, Moment(position, None, head.generation))
