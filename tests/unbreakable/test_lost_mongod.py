"""The embedded mongod is killed: the server says so at once and ends."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import httpx
from factories import a_campaign_event
from serving import a_server

from store.collections import Limits
from store.driver import connect
from store.embedded import embedded_mongo
from store.log import ANSWER_SECONDS, EventLog
from unbreakable.ledger import Ledger, Sender, hold_against_log
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row
from unbreakable.waiting import until

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


class Losing:
    """What `serve` does when it is told."""

    log: EventLog

    def lose(self, reason: str) -> None:
        self.log.lose(reason)


async def test_who_waits_is_answered_and_readyz_says_so_when_mongod_was_killed(
    tmp_path: Path,
) -> None:
    stop = Losing()
    async with embedded_mongo(tmp_path, on_lost=stop.lose) as uri, a_server(uri) as server:
        stop.log = server.log
        before = await server.client.get("/readyz")
        mongod = int((tmp_path / "db" / "mongod.lock").read_text())
        os.kill(mongod, signal.SIGSTOP)
        waiting = asyncio.create_task(server.post(a_campaign_event()))
        await until(lambda: server.log.queued)
        os.kill(mongod, signal.SIGKILL)

        answer = await waiting
        after = await server.client.get("/readyz")

    codes = [each.status_code for each in (before, answer, after)]
    assert codes == [httpx.codes.OK, *[httpx.codes.SERVICE_UNAVAILABLE] * 2]
    assert "Retry-After" in answer.headers


async def test_a_mongod_that_does_nothing_keeps_nobody_waiting_for_ever(tmp_path: Path) -> None:
    row = new_row("the only mongod frozen: posts are answered (recovery: the answer)")
    async with embedded_mongo(tmp_path) as uri, a_server(uri) as server:
        mongod = int((tmp_path / "db" / "mongod.lock").read_text())
        os.kill(mongod, signal.SIGSTOP)
        since = time.monotonic()

        answers = await asyncio.gather(
            *(server.client.post("/events", content=fifty(post), timeout=90) for post in range(50))
        )
        row.recoveries.append(time.monotonic() - since)
        os.kill(mongod, signal.SIGCONT)

        assert {answer.status_code for answer in answers} == {httpx.codes.SERVICE_UNAVAILABLE}
        row.rounds, row.refused = 1, len(answers)
        assert max(row.recoveries) < ANSWER_SECONDS + 5


def fifty(post: int) -> bytes:
    """Return enough events that all posts together are several batches."""
    events = [a_campaign_event(post=post, place=place) for place in range(50)]
    return b"[" + b",".join(events) + b"]"
