"""A process dies in the middle of a transaction: the others are not kept waiting for it."""

import asyncio
import sys
from pathlib import Path

import pytest
from factories import a_campaign_event

from store.driver import Database
from store.log import EventLog
from unbreakable.rounds import rounds

_DIES = """
import asyncio, os, signal, sys
from store.collections import COUNTERS
from store.driver import connect
from store.head import LOG_COUNTER

def take_position_and_die(transaction):
    transaction.increment(COUNTERS, LOG_COUNTER, "position", 1)
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    async with connect(*sys.argv[1:]) as database:
        await database.transaction(take_position_and_die)

asyncio.run(main())
"""


async def die_holding_the_counter(uri: str, name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _DIES, uri, name), cwd=Path(__file__).parents[2]
    )
    assert await process.wait() < 0


@pytest.mark.parametrize("attempt", range(rounds(2)))
async def test_a_transaction_of_a_killed_process_blocks_no_append_until_its_deadline(
    mongo_uri: str, new_database: Database, attempt: int
) -> None:
    log = EventLog(new_database)
    await log.prepare()
    await die_holding_the_counter(mongo_uri, new_database.handle.name)

    async with log.writing():
        receipt = await log.append([a_campaign_event(attempt=attempt)])

    assert (receipt.appended, receipt.position) == (1, 1)
