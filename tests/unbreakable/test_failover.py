"""The primary dies, steps down or freezes: nothing is lost, told twice or out of order."""

import random
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from store.driver import connect
from unbreakable.ledger import hold_against_log, senders
from unbreakable.listener import hold_against_positions, listeners
from unbreakable.node_set import Node, NodeSet
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row

Deed = Callable[[Node], Awaitable[object]]


@pytest.fixture
async def server(nodes: NodeSet) -> AsyncIterator[ServerProcess]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    server = ServerProcess({"MONGODB_URI": nodes.uri, "DIALGRAPH_DATABASE": name})
    await server.start()
    yield server
    await server.kill()


@pytest.mark.parametrize(
    ("named", "harm", "undo"),
    [
        ("SIGKILL of the primary", Node.kill, Node.start),
        ("replSetStepDown", Node.step_down, Node.state),
        ("primary frozen (SIGSTOP), then thawed", Node.freeze, Node.thaw),
    ],
    ids=["kill", "step down", "freeze"],
)
async def test_a_failover_loses_and_repeats_nothing(
    nodes: NodeSet, server: ServerProcess, named: str, harm: Deed, undo: Deed
) -> None:
    row = new_row(named)

    async with listeners(lambda: server.url, lambda: server.url) as listening:
        async with senders(lambda: server.url) as ledger:
            for _ in range(rounds(1)):
                primary = await nodes.healthy()
                await ledger.grown(random.randint(10, 100))
                since = time.monotonic()
                await harm(primary)
                row.rounds += 1
                row.recoveries.append(await ledger.recovery(since))
                await undo(primary)
        await nodes.healthy()
        for listener in listening:
            await hold_against_positions(listener, max(ledger.acknowledged.values()), row)

    async with connect(nodes.uri, server.database) as database:
        await hold_against_log(ledger, database, row)
    assert row.faultless
