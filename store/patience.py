"""How long those who send wait for their answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.errors import LogUnavailableError


class Patience:
    """Bounds how long senders wait, each by itself and in the end all together."""

    def __init__(self) -> None:
        self._limits: set[asyncio.Timeout] = set()
        self._is_over = False

    @asynccontextmanager
    async def for_seconds(self, seconds: float) -> AsyncIterator[None]:
        """Let what is inside take so long, and no longer than until `end`.

        Raises:
            LogUnavailableError: The time is over. The outcome is unknown; to send again is safe.
        """
        limit = asyncio.timeout(0 if self._is_over else seconds)
        try:
            async with limit:
                self._limits.add(limit)
                yield
        except TimeoutError as error:
            raise LogUnavailableError("no majority in time: send the same again") from error
        finally:
            self._limits.discard(limit)

    def end(self) -> None:
        """Let nobody wait any longer, now or later."""
        self._is_over = True
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(now)
