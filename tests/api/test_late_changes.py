"""What one change tells a subscription is loaded in the time of an operation, or not at all."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from factories import a_campaign_event, a_tac_event, an_application
from following import until
from serving import RunningServer, a_server
from streams import Payload, first, over_events, over_socket

from api.limits import OperationLimits
from api.lookahead import prefetch
from api.web_settings import WebSettings
from store.collections import EVENTS
from store.cursor import Cursor
from store.moment import fact_number

QUERY = """
subscription ($company: ID!, $after: Position, $cursor: String) {
  applicationStatusChanged(companyId: $company, after: $after, afterCursor: $cursor) {
    status application { campaign { applications { totalCount } } }
  }
}
"""


Door = Callable[..., AsyncGenerator[Payload, None]]


class Loading:
    """Has MongoDB work for 20 s on what a change tells, before that is loaded.

    Args:
        server: Whose MongoDB; its log holds at least 100 events.
        mark: By which the work is found there.
    """

    def __init__(self, server: RunningServer, mark: str) -> None:
        self._database = server.log.database
        self._mark = mark
        self.is_slow = True

    async def load(self, *of: Any) -> None:  # noqa: ANN401 - `prefetch`'s own
        """Do what `prefetch` does, slowly."""
        if self.is_slow:
            body = f"function() {{ sleep(200); return '{self._mark}' != '' }}"
            sleeping = {"$function": {"body": body, "args": [], "lang": "js"}}
            await self._database.aggregate(EVENTS, [{"$match": {"$expr": sleeping}}])
        await prefetch(*of)

    async def begun(self) -> None:
        """Wait until MongoDB works on it."""
        async with asyncio.timeout(10):
            while not await self.is_at_work():  # noqa: ASYNC110 - a test may look
                await asyncio.sleep(0.01)

    async def is_at_work(self) -> bool:
        """Say whether MongoDB works on it now."""
        admin = self._database.handle.client.admin
        running = await admin.command("currentOp", {"op": "command"})
        return any(self._mark in str(each.get("command")) for each in running["inprog"])


@pytest.fixture(scope="module")
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    """Gives each operation a second."""
    web = WebSettings(limits=OperationLimits(operation_seconds=1))
    async with a_server(mongo_uri, web=web) as server:
        events = [a_campaign_event(companyId="others", campaignId=each) for each in range(100)]
        await server.log.append(events)
        yield server


@pytest.fixture
def loading(server: RunningServer, company: str) -> Iterator[Loading]:
    loading = Loading(server, company)
    with patch("api.changes.prefetch", loading.load):
        yield loading


def a_change(company: str, status: str = "NEW") -> bytes:
    return a_tac_event(an_application(telemarketCampaignId=1, status=status), companyId=company)


def status_of(payload: Payload) -> str:
    status: str = payload["data"]["applicationStatusChanged"]["status"]
    return status


async def refusals(server: RunningServer) -> str:
    """Return the line of the metrics that counts what took too long."""
    lines = (await server.client.get("/metrics")).text.splitlines()
    counting = 'dialgraph_operations_refused_total{code="OPERATION_TIMEOUT"}'
    return "".join(line.removeprefix(counting) for line in lines if line.startswith(counting))


@pytest.mark.parametrize("over", [over_socket, over_events])
async def test_a_change_that_takes_too_long_ends_as_a_query_does_and_so_does_mongodbs_work(
    server: RunningServer, company: str, loading: Loading, over: Door
) -> None:
    before = float(await refusals(server) or 0)
    hearing = asyncio.create_task(first(over(server, QUERY, company=company), 1))
    await until(lambda: server.services.follower.listening)
    await server.post(a_change(company))
    await loading.begun()

    [told] = await hearing
    await asyncio.sleep(0.5)

    assert [error["extensions"]["code"] for error in told["errors"]] == ["OPERATION_TIMEOUT"]
    assert not await loading.is_at_work()
    assert float(await refusals(server)) == before + 1


async def test_after_a_change_that_took_too_long_nothing_is_lost(
    server: RunningServer, company: str, loading: Loading
) -> None:
    after = (await server.log.head()).position
    for status in ("NEW", "BUSY"):
        await server.post(a_change(company, status))
    [told] = await first(over_socket(server, QUERY, company=company, after=after), 1)
    loading.is_slow = False

    [error] = told["errors"]
    places = error["extensions"]
    statuses = [
        status_of(resumed)
        for place in ("cursor", "changeCursor")
        for resumed in await first(
            over_socket(server, QUERY, company=company, cursor=places[place]), 1
        )
    ]

    assert statuses == ["NEW", "BUSY"]
    assert all(places[place] in error["message"] for place in ("cursor", "changeCursor"))


async def test_all_who_wait_for_a_change_that_takes_too_long_give_up_together(
    server: RunningServer, company: str, loading: Loading
) -> None:
    del loading
    began = time.monotonic()
    hearing = [
        asyncio.create_task(first(over_socket(server, QUERY, company=company), 1))
        for _ in range(20)
    ]
    await until(lambda: server.services.follower.listening == len(hearing))
    await server.post(a_change(company))

    heard = await asyncio.gather(*hearing)

    codes = {error["extensions"]["code"] for [told] in heard for error in told["errors"]}
    assert codes == {"OPERATION_TIMEOUT"}
    assert time.monotonic() - began < len(hearing) / 2


async def test_each_change_has_the_whole_time(
    server: RunningServer, company: str, loading: Loading
) -> None:
    loading.is_slow = False
    payloads = over_socket(server, QUERY, company=company, after=0)
    await server.post(a_change(company, "NEW"))
    statuses = [status_of(await anext(payloads))]
    await asyncio.sleep(1.1)
    await server.post(a_change(company, "BUSY"))

    statuses.append(status_of(await anext(payloads)))
    await payloads.aclose()

    assert statuses == ["NEW", "BUSY"]


@pytest.mark.parametrize(
    ("cursor", "before"),
    [
        (Cursor(fact_number(2, 0), 0), Cursor.after_position(1)),
        (Cursor(fact_number(2, 7), 3), Cursor(fact_number(2, 7), 2)),
    ],
)
def test_before_a_change_is_what_was_told_last_before_it(cursor: Cursor, before: Cursor) -> None:
    assert cursor.before() == before < cursor
