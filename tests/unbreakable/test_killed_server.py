"""The server dies at any moment: what it acknowledged is in the log, once, as it was sent."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from store.driver import connect
from store.embedded import embedded_mongo
from unbreakable.ledger import Ledger, hold_against_log, senders
from unbreakable.listener import Listener, hold_against_positions, listeners
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import Row, new_row

_DATABASE = "dialgraph"


@asynccontextmanager
async def killed(server: ServerProcess, row: Row) -> AsyncIterator[tuple[Ledger, Listener]]:
    """Kill the server at random moments while many post to it and one listens."""
    dice = random.Random(len(row.fault))
    await server.start()
    async with listeners(lambda: server.url) as [listener]:
        async with senders(lambda: server.url) as ledger:
            for _ in range(rounds(3)):
                await ledger.grown(1)
                await asyncio.sleep(dice.uniform(0, 0.5))
                await server.kill()
                since = time.monotonic()
                await server.start()
                row.rounds += 1
                row.recoveries.append(await ledger.recovery(since))
        yield ledger, listener
    await server.kill()


async def test_a_killed_server_loses_nothing_that_it_acknowledged(mongo_uri: str) -> None:
    row = new_row("SIGKILL of the server; its MongoDB lives")
    name = f"test-{uuid.uuid4().hex[:8]}"
    server = ServerProcess({"MONGODB_URI": mongo_uri, "DIALGRAPH_DATABASE": name})

    async with connect(mongo_uri, name) as database:
        async with killed(server, row) as (ledger, listener):
            await hold_against_log(ledger, database, row)
            await hold_against_positions(listener, max(ledger.acknowledged.values()), row)
        await database.drop()

    assert row.faultless


async def test_a_server_killed_with_its_mongod_loses_nothing_that_it_acknowledged(
    tmp_path: Path,
) -> None:
    row = new_row("SIGKILL of the server; its embedded mongod ends with it")
    server = ServerProcess({"MONGODB_URI": "", "DIALGRAPH_DATA": str(tmp_path)})

    async with killed(server, row) as (ledger, listener):
        last = max(ledger.acknowledged.values())
        await hold_against_positions(listener, last, row)
        await server.kill()
        async with (
            embedded_mongo(tmp_path) as uri,
            connect(uri, _DATABASE) as database,
        ):
            await hold_against_log(ledger, database, row)

    assert row.faultless
