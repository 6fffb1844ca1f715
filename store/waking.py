"""What makes a follower look at the log."""

import asyncio
from contextlib import suppress

from store.collections import COUNTERS
from store.errors import StoreError
from store.log import EventLog

_LONG_SECONDS = 60.0


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
        self._announced = 0

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
            watching.create_task(self._poll(), name="follower: clock")

    async def _watch_here(self) -> None:
        while True:
            await self._log.wait(_LONG_SECONDS)
            self._is_own = True
            self._announced += 1
            self._woken.set()

    async def _watch_others(self) -> None:
        """Listen to the counter; a stream that ends or fails is opened anew, from now.

        It tells of our own commits too, but after we knew: these wake nobody again.
        """
        while True:
            with suppress(StoreError):
                async for _ in self._log.database.updates(COUNTERS):
                    if self._announced:
                        self._announced -= 1
                    else:
                        self._woken.set()
            await asyncio.sleep(self._poll_seconds)

    async def _poll(self) -> None:
        """Wake it by the clock; what was announced before and not told of is told of no more."""
        while True:
            await asyncio.sleep(self._poll_seconds)
            self._announced = 0
            self._woken.set()
