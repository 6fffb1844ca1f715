"""The embedded mongod is killed: the server says so at once and ends."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import httpx
from unbreakable.ledger import Ledger, Sender, hold_against_log
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row

from store.collections import Limits
from store.driver import connect
from store.embedded import embedded_mongo

_SENDERS = 32


async def test_a_server_whose_mongod_was_killed_ends_with_a_word_before_the_write_deadline(
    tmp_path: Path,
) -> None:
    row = new_row("SIGKILL of the embedded mongod; the server ends (recovery: its end)")
    server = ServerProcess({"MONGODB_URI": "", "DIALGRAPH_DATA": str(tmp_path)})
    ledger, over = Ledger(), asyncio.Event()
    said = []

    async with (
        httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client,
        asyncio.TaskGroup() as group,
    ):
        for seed in range(_SENDERS):
            group.create_task(Sender(ledger, lambda: server.url, seed).run(client, over))
        for _ in range(rounds(2)):
            await server.start()
            await ledger.grown(random.randint(1, 100))
            os.kill(int((tmp_path / "db" / "mongod.lock").read_text()), signal.SIGKILL)
            since = time.monotonic()
            code = await server.ended()
            row.rounds += 1
            row.recoveries.append(time.monotonic() - since)
            said.append((code, "the embedded MongoDB was lost" in await server.said()))
        await server.start()
        over.set()
    await server.kill()

    assert set(said) == {(1, True)}
    assert max(row.recoveries) < Limits().write_seconds
    async with embedded_mongo(tmp_path) as uri, connect(uri, server.database) as database:
        await hold_against_log(ledger, database, row)
    assert row.faultless
