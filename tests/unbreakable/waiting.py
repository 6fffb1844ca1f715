"""Waiting for what other processes do."""

import asyncio
from collections.abc import Awaitable, Callable

_PATIENCE_SECONDS = 120
_POLL_SECONDS = 0.02


async def until(is_so: Callable[[], object]) -> None:
    """Return when it is so; it must become so in two minutes."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - other processes' state cannot be awaited
            await asyncio.sleep(_POLL_SECONDS)


async def until_told(is_so: Callable[[], Awaitable[object]]) -> None:
    """Return when it is so as far as others answer; it must become so in two minutes."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - the same
            await asyncio.sleep(_POLL_SECONDS)
