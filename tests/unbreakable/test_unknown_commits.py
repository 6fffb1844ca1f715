"""Commits whose outcome nobody knows, and one that is undone after it was seen."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import cycle, islice

import httpx
import pytest
from factories import a_campaign_event
from faults import closing_connection, failing, stopped_replication, unconfirmed
from serving import RunningServer, a_server

from store.body import digest, parse_body
from store.collections import EVENTS, Limits
from store.driver import connect
from unbreakable.ledger import hold_against_log, senders
from unbreakable.listener import hold_against_positions, listeners
from unbreakable.node_set import Node, NodeSet
from unbreakable.rounds import rounds
from unbreakable.table import Row, new_row

HASTY = Limits(write_seconds=1.0)

TRANSIENT = ("TransientTransactionError",)
UNKNOWN = ("UnknownTransactionCommitResult",)
NOT_WRITABLE_PRIMARY = 10107
WRITE_CONCERN_FAILED = 64
WRITE_CONFLICT = 112
NO_SUCH_TRANSACTION = 251

Fault = Callable[[str], AbstractAsyncContextManager[None]]

FAULTS: dict[str, Fault] = {
    "commit: connection closed": lambda uri: closing_connection(uri, "commitTransaction", times=3),
    "commit: WriteConcernFailed, done": lambda uri: unconfirmed(
        uri, "commitTransaction", code=WRITE_CONCERN_FAILED, times=3
    ),
    "commit: WriteConcernFailed, not done": lambda uri: failing(
        uri, "commitTransaction", code=WRITE_CONCERN_FAILED, times=3, labels=UNKNOWN
    ),
    "commit: NotWritablePrimary": lambda uri: failing(
        uri, "commitTransaction", code=NOT_WRITABLE_PRIMARY, times=3, labels=UNKNOWN
    ),
    "commit: NoSuchTransaction": lambda uri: failing(
        uri, "commitTransaction", code=NO_SUCH_TRANSACTION, times=3, labels=TRANSIENT
    ),
    "write: NotWritablePrimary": lambda uri: failing(
        uri, "findAndModify", "insert", code=NOT_WRITABLE_PRIMARY, times=3, labels=TRANSIENT
    ),
    "write: WriteConflict": lambda uri: failing(
        uri, "findAndModify", "update", code=WRITE_CONFLICT, times=3, labels=TRANSIENT
    ),
    "write: connection closed": lambda uri: closing_connection(uri, "insert", "update", times=3),
    "read: connection closed": lambda uri: closing_connection(uri, "find", "aggregate", times=3),
}


@pytest.fixture
async def server(nodes: NodeSet) -> AsyncIterator[RunningServer]:
    await nodes.healthy()
    async with a_server(nodes.uri) as server:
        yield server


async def test_commands_that_fail_under_load_lose_and_repeat_nothing(
    nodes: NodeSet, server: RunningServer
) -> None:
    row = new_row("failCommand: nine kinds in turn, three commands each")
    primary = await nodes.healthy()

    async with listeners(lambda: server.url) as [listener]:
        async with senders(lambda: server.url) as ledger:
            for named, fault in islice(cycle(FAULTS.items()), len(FAULTS) * rounds(1)):
                async with fault(primary.uri):
                    await ledger.grown(random.randint(20, 60))
                row.rounds += 1
                assert ledger.complaints == [], named
        await hold_against_positions(listener, max(ledger.acknowledged.values()), row)

    await hold_against_log(ledger, server.log.database, row)
    assert row.faultless


async def holds(node: Node, database: str, body: bytes) -> bool:
    """Say whether this server alone has the event, whatever a majority has."""
    query = {"digest": digest(parse_body(body).value)}
    async with connect(node.uri + "?directConnection=true", database) as alone:
        answer = await alone.handle.command(
            {"find": EVENTS, "filter": query, "readConcern": {"level": "local"}}
        )
    return bool(answer["cursor"]["firstBatch"])


@pytest.fixture(scope="module")
def undone_row() -> Row:
    return new_row("primary cut off after a commit that it alone has, then rolled back")


@pytest.mark.parametrize("attempt", range(rounds(1)))
async def test_what_only_the_primary_holds_is_not_acknowledged_and_may_be_undone(
    nodes: NodeSet, undone_row: Row, attempt: int
) -> None:
    del attempt
    body = a_campaign_event(place=uuid.uuid4().hex)
    async with a_server(nodes.uri, HASTY) as server:
        old = await nodes.healthy()
        name = server.log.database.handle.name
        others = [node for node in nodes.nodes if node is not old]

        async with AsyncExitStack() as cut:
            for node in others:
                await cut.enter_async_context(stopped_replication(node.uri))
            answers = [(await server.post(body)).status_code for _ in range(3)]
            seen = await holds(old, name, body)
            await old.freeze()
        new = await nodes.primary()
        undone = not await holds(new, name, body)
        await old.thaw()
        await nodes.healthy()
        await post_until_acknowledged(server, body)

        assert answers == [httpx.codes.SERVICE_UNAVAILABLE] * 3
        assert (seen, undone) == (True, True)
        assert [bytes(event["raw"]) for event in await server.events()] == [body]
    undone_row.rounds += 1
    undone_row.refused += len(answers)
    undone_row.acknowledged += 1


async def post_until_acknowledged(server: RunningServer, body: bytes) -> None:
    async with asyncio.timeout(60):
        while (await server.post(body)).status_code != httpx.codes.OK:
            pass
