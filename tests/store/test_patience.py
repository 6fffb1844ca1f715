"""How long senders wait for their answers."""

import asyncio

import pytest

from store.errors import LogUnavailableError
from store.patience import Patience


async def wait(patience: Patience, seconds: float) -> None:
    async with patience.for_seconds(seconds), patience.for_seconds(seconds):
        await asyncio.Event().wait()


async def test_who_waits_too_long_is_told_to_send_again() -> None:
    with pytest.raises(LogUnavailableError, match="send the same again"):
        await wait(Patience(), 0.01)


async def test_in_the_end_nobody_waits_any_longer() -> None:
    patience = Patience()
    waiting = [asyncio.create_task(wait(patience, 60)) for _ in range(3)]
    await asyncio.sleep(0)

    patience.end()
    await asyncio.sleep(0)  # their time is over now, and they have not left yet
    patience.end()
    later = asyncio.create_task(wait(patience, 60))
    async with asyncio.timeout(2):
        outcomes = await asyncio.gather(*waiting, later, return_exceptions=True)

    assert [type(each) for each in outcomes] == [LogUnavailableError] * 4


async def test_who_is_cancelled_is_not_told_of_the_time() -> None:
    patience = Patience()
    waiting = asyncio.create_task(wait(patience, 60))
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
