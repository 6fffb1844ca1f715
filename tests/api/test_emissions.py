"""What is told to many is loaded, executed and encoded once; and never told to anybody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, cast
from unittest.mock import patch

import pytest
from factories import a_tac_event, an_application
from following import until
from graph import data_of
from graphql import ExecutionResult, GraphQLError
from serving import RunningServer
from streams import first, over_events
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.emissions import Emissions, Selected
from api.execution import CompilingExecutor, SharedEvent
from api.lookahead import prefetch
from api.operation import Caller
from api.schema import schema
from store.changes import Change

QUERY = """
subscription (
  $company: ID!, $campaign: ID, $after: Position, $first: Int = 1, $all: Boolean = true
) {
  applicationStatusChanged(companyId: $company, campaignId: $campaign, after: $after) {
    cursor status
    application { applicationId campaign { applications(first: $first) { totalCount } } }
    previousStatus @include(if: $all)
  }
}
"""
OTHER_QUERY = QUERY.replace("cursor status", "status cursor")


@dataclass
class Work:
    """How often something was loaded and executed."""

    loaded: int = 0
    executed: int = 0


@pytest.fixture
def work() -> Iterator[Work]:
    work, execute = Work(), CompilingExecutor.execute_operation

    async def load(*of: Any) -> None:  # noqa: ANN401 - `prefetch`'s own
        work.loaded += 1
        await prefetch(*of)

    def counted(executor: CompilingExecutor, serially: bool | None = None) -> object:  # noqa: FBT001
        work.executed += 1
        return execute(executor, serially)

    with (
        patch("api.changes.prefetch", load),
        patch.object(CompilingExecutor, "execute_operation", counted),
    ):
        yield work


@asynccontextmanager
async def listening(
    server: RunningServer, *asked: tuple[str, dict[str, Any]]
) -> AsyncIterator[list[ClientConnection]]:
    """Open a socket for each operation; in this order they hear what happens from now on."""
    address = server.url.replace("http", "ws") + "/graphql"
    protocols = [Subprotocol("graphql-transport-ws")]
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(connect(address, subprotocols=protocols)) for _ in asked
        ]
        follower = server.services.follower
        for socket, (query, variables) in zip(sockets, asked, strict=True):
            wanted = follower.listening + 1
            payload = {"query": query, "variables": variables}
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            await socket.send(json.dumps({"type": "subscribe", "id": "é", "payload": payload}))
            await _until_listening(server, wanted)
        yield sockets


async def _until_listening(server: RunningServer, count: int) -> None:
    await until(lambda: server.services.follower.listening == count)


async def frames(sockets: list[ClientConnection]) -> list[str]:
    async with asyncio.timeout(10):
        return [str(await socket.recv()) for socket in sockets]


def a_change(company: str, status: str = "NEW", **fields: object) -> bytes:
    application = an_application(telemarketCampaignId=1, status=status, **fields)
    return a_tac_event(application, companyId=company)


async def test_all_who_select_the_same_get_the_same_bytes_made_once(
    server: RunningServer, company: str, work: Work
) -> None:
    asked = [(QUERY, {"company": company})] * 5
    async with listening(server, *asked) as sockets:
        await server.post(a_change(company))

        heard = await frames(sockets)

    assert len(set(heard)) == 1
    assert json.loads(heard[0])["id"] == "é"
    assert (work.loaded, work.executed) == (1, 1)


async def test_where_they_began_and_what_they_leave_out_makes_no_difference(
    server: RunningServer, company: str, work: Work
) -> None:
    position = (await server.log.head()).position
    asked: list[tuple[str, dict[str, Any]]] = [
        (QUERY, {"company": company}),
        (QUERY, {"company": company, "campaign": "1"}),
        (QUERY, {"company": company, "after": position}),
    ]
    async with listening(server, *asked) as sockets:
        await server.post(a_change(company))

        heard = await frames(sockets)

    assert len(set(heard)) == 1
    assert (work.loaded, work.executed) == (1, 1)


@pytest.mark.parametrize(
    ("query", "variables"),
    [(QUERY, {"first": 2}), (QUERY, {"all": False}), (OTHER_QUERY, {})],
    ids=["an argument below", "a directive", "another document"],
)
async def test_who_selects_otherwise_shares_nothing(
    server: RunningServer, company: str, work: Work, query: str, variables: dict[str, Any]
) -> None:
    asked = [(QUERY, {"company": company}), (query, {"company": company, **variables})]
    async with listening(server, *asked) as sockets:
        await server.post(a_change(company))

        await frames(sockets)

    assert (work.loaded, work.executed) == (2, 2)


async def test_callers_who_see_other_companies_share_nothing(
    server: RunningServer, company: str, work: Work
) -> None:
    follower = server.services.follower
    callers = [Caller(server.log, follower, each) for each in (None, (company,), (company, "x"))]
    opened: list[Any] = [
        await schema.subscribe(QUERY, {"company": company}, context_value=caller)
        for caller in callers
    ]
    hearing = [asyncio.create_task(anext(each)) for each in opened]
    await until(lambda: follower.listening == len(callers))
    await server.post(a_change(company))

    results = await asyncio.gather(*hearing)

    assert [data_of(each) for each in results] == [data_of(results[0])] * len(callers)
    assert (work.loaded, work.executed) == (3, 3)
    for each in opened:
        await each.aclose()


async def test_what_was_shared_live_is_what_is_replayed(
    server: RunningServer, company: str
) -> None:
    position = (await server.log.head()).position
    variables = {"company": company, "after": position}
    async with listening(server, *[(QUERY, variables)] * 2) as sockets:
        for status in ("NEW", "BUSY", "DONE"):
            await server.post(a_change(company, status))
        live = [await frames(sockets) for _ in range(3)]

    replayed = await first(over_events(server, QUERY, **variables), 3)

    assert [json.loads(one)["payload"] for one, _ in live] == replayed
    assert [one == other for one, other in live] == [True] * 3


async def test_server_sent_events_share_with_sockets(
    server: RunningServer, company: str, work: Work
) -> None:
    hearing = asyncio.create_task(first(over_events(server, QUERY, company=company), 1))
    await until(lambda: server.services.follower.listening == 1)
    follower = server.services.follower
    socket: Any = await schema.subscribe(
        QUERY, {"company": company}, context_value=Caller(server.log, follower)
    )
    told = asyncio.create_task(anext(socket))
    await until(lambda: follower.listening == 2)
    await server.post(a_change(company))

    [payload], result = await hearing, await told

    assert payload == {"data": data_of(result), "extensions": result.extensions}
    assert (work.loaded, work.executed) == (1, 1)
    await socket.aclose()


async def test_after_the_first_one_fails_to_load_the_next_one_tries_again(
    server: RunningServer, company: str
) -> None:
    failures = iter([ZeroDivisionError()])

    async def failing_once(*of: Any) -> None:  # noqa: ANN401 - `prefetch`'s own
        for failure in failures:
            raise failure
        await prefetch(*of)

    with patch("api.changes.prefetch", failing_once):
        async with listening(server, *[(QUERY, {"company": company})] * 3) as sockets:
            await server.post(a_change(company))

            heard = [json.loads(frame)["payload"] for frame in await frames(sockets)]

    assert [each.get("errors") is None for each in heard] == [False, True, True]
    assert heard[1] == heard[2]


async def test_after_the_first_one_leaves_while_it_loads_the_next_one_goes_on(
    server: RunningServer, company: str
) -> None:
    begun = asyncio.Event()

    async def endless_once(*of: Any) -> None:  # noqa: ANN401 - `prefetch`'s own
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        await prefetch(*of)

    with patch("api.changes.prefetch", endless_once):
        async with listening(server, *[(QUERY, {"company": company})] * 2) as sockets:
            await server.post(a_change(company))
            await begun.wait()
            await sockets[0].close()

            [heard] = await frames(sockets[1:])

    assert json.loads(heard)["payload"]["data"]["applicationStatusChanged"]["status"] == "NEW"


class Executed:
    """An executor that gives the next of some results."""

    def __init__(self, *results: ExecutionResult) -> None:
        self._results = iter(results)

    def execute_operation(self, serially: bool | None = None) -> ExecutionResult:  # noqa: FBT001
        del serially
        return next(self._results)


def test_a_result_with_errors_is_not_kept() -> None:
    sizes: list[int] = []
    failed = ExecutionResult(None, [GraphQLError("no")])
    executed = Executed(failed, ExecutionResult({"a": 1}), ExecutionResult({"a": 2}))
    event = SharedEvent("root", sizes.append)

    results = [event.executor(lambda _: executed).execute_operation() for _ in range(3)]

    assert [results[0], *map(data_of, results[1:])] == [failed, {"a": 1}, {"a": 1}]
    assert sizes == [len('{"a":1}')]


def selected() -> Selected:
    return cast("Selected", Whoever())


class Whoever:
    """A selection like any other."""

    key = ("a selection",)
    operation = None


def a_told_change() -> Change:
    return cast("Change", Told())


class Told:
    """A change like any other."""

    cursor = "c1"


async def test_only_the_last_emissions_are_kept() -> None:
    emissions, whoever = Emissions(max_kept=2), selected()
    changes = [a_told_change() for _ in range(3)]

    told = [emissions.of(change, whoever) for change in changes]

    kept = [emissions.of(change, whoever) for change in changes[1:]]
    assert [one is other for one, other in zip(kept, told[1:], strict=True)] == [True, True]
    assert emissions.of(changes[0], whoever) is not told[0]


async def test_large_emissions_are_kept_as_far_as_there_is_room() -> None:
    emissions, whoever = Emissions(max_bytes=100), selected()
    changes = [a_told_change() for _ in range(3)]
    told = [emissions.of(change, whoever) for change in changes]

    for emission in told:
        event = await emission.event(lambda: asyncio.sleep(0), nullcontext)
        event.executor(lambda _: Executed(ExecutionResult({"a": "x" * 40}))).execute_operation()

    assert emissions.of(changes[2], whoever) is told[2]
    assert emissions.of(changes[1], whoever) is told[1]
    assert emissions.of(changes[0], whoever) is not told[0]
