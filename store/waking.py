"""What makes a follower look at the log."""

import asyncio
from contextlib import suppress

from store.collections import COUNTERS
from store.errors import StoreError
from store.log import EventLog


class Waker:
    """Wakes one who waits: at a commit of this process, at those of others, and by the clock.

    Args:
        log: Whose commits.
        poll_seconds: How long it sleeps at most while `watch` runs.
    """

    def __init__(self, log: EventLog, poll_seconds: float) -> None:
        self._log = log
        self._poll_seconds = poll_seconds
        self._woken = asyncio.Event()
        self._is_own = False

    def wake(self) -> None:
        """Wake it."""
        self._woken.set()

    async def sleep(self) -> bool:
        """Wait for something to look at; say whether it may be a commit of this process."""
        await self._woken.wait()
        self._woken.clear()
        is_own, self._is_own = self._is_own, False
        return is_own

    async def watch(self) -> None:
        """Wake it whenever there is a reason, until cancelled."""
        async with asyncio.TaskGroup() as watching:
            watching.create_task(self._watch_here(), name="follower: appends")
            watching.create_task(self._watch_others(), name="follower: updates")

    async def _watch_here(self) -> None:
        while True:
            await self._log.wait(self._poll_seconds)
            self._is_own = True
            self._woken.set()

    async def _watch_others(self) -> None:
        """Listen to the counter; a stream that ends or fails is opened anew, from now."""
        while True:
            with suppress(StoreError):
                async for _ in self._log.database.updates(COUNTERS):
                    self._woken.set()
            await asyncio.sleep(self._poll_seconds)
