"""Several servers append to one log and follow it: there is one order, the same for everybody."""

import random
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from following import formed

from store.driver import connect
from store.log import EventLog
from store.topics import APPLICATION_STATUS
from unbreakable.ledger import COMPANY, hold_against_log, senders
from unbreakable.listener import STATUSES, hold_against_positions, listeners
from unbreakable.node_set import NodeSet
from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row

_SERVERS = 3


@pytest.fixture
async def servers(nodes: NodeSet) -> AsyncIterator[list[ServerProcess]]:
    environ = {"MONGODB_URI": nodes.uri, "DIALGRAPH_DATABASE": f"test-{uuid.uuid4().hex[:8]}"}
    await nodes.healthy()
    async with AsyncExitStack() as stack:
        started = [ServerProcess(environ) for _ in range(_SERVERS)]
        for server in started:
            await server.start()
            stack.push_async_callback(server.kill)
        yield started


async def test_several_servers_keep_one_order_that_all_followers_see(
    nodes: NodeSet, servers: list[ServerProcess]
) -> None:
    row = new_row(f"{_SERVERS} servers on one set, one of them killed each round")
    urls = [lambda server=server: server.url for server in servers]

    async with (
        listeners(*urls) as appended,
        listeners(*urls, subscription=STATUSES) as statuses,
    ):
        async with senders(*urls) as ledger:
            for _ in range(rounds(2)):
                await ledger.grown(random.randint(50, 200))
                server = random.choice(servers)
                await server.kill()
                since = time.monotonic()
                row.rounds += 1
                row.recoveries.append(await ledger.recovery(since))
                await server.start()
        async with connect(nodes.uri, servers[0].database) as database:
            await hold_against_log(ledger, database, row)
            changes = await formed(EventLog(database), APPLICATION_STATUS, COMPANY)
        for listener in appended:
            await hold_against_positions(listener, max(ledger.acknowledged.values()), row)
        for listener in statuses:
            await listener.heard(len(changes))

    assert row.faultless
    for listener in statuses:
        assert [cursor for cursor, _ in listener.told] == [str(each.cursor) for each in changes]
