"""What makes a follower look at the log, stopped at any moment.

`asyncio.wait_for` loses a cancellation that comes with the result (CPython issue 86296): a follower
whose last listener left at the moment of a commit never ended, and told nobody anything any more.
"""

import asyncio
from contextlib import aclosing

import pytest
from factories import a_call_event
from following import a_follower, take, until

from store.ids import id_key
from store.log import EventLog
from store.topics import CALLS


async def test_whoever_waits_for_a_commit_can_be_stopped_at_the_moment_of_one(
    log: EventLog,
) -> None:
    waiting = asyncio.create_task(log.wait(60))
    await asyncio.sleep(0)

    log._wake()  # noqa: SLF001 - what the writer does after a commit
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def commits_without_end(log: EventLog) -> None:
    while True:
        log._wake()  # noqa: SLF001 - as above
        await asyncio.sleep(0)


async def test_a_follower_goes_on_after_its_last_listener_left_at_the_moment_of_a_commit(
    log: EventLog, company: str
) -> None:
    async with a_follower(log) as follower:
        storm = asyncio.create_task(commits_without_end(log))
        for number in range(20):
            async with aclosing(follower.subscribe(CALLS, company=company)) as changes:
                listening = asyncio.create_task(take(changes, 1))
                await until(lambda: follower.listening)
                await log.append([a_call_event(companyId=company, statisticId=number)])
                [change] = await listening
            assert change.state.id_key == id_key(str(number))
            await asyncio.sleep(0.01)  # it stops to follow where nobody listens
        storm.cancel()
