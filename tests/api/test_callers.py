"""D22: what callers of some companies are told where they say no company, and of positions."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from factories import a_call_event, a_campaign_event
from following import a_follower, until
from graph import Graph, a_graph, data_of
from graphql import GraphQLError

from api.operation import Caller
from api.schema import schema
from store.cursor import Cursor
from store.errors import LogUnavailableError

STATUS = '{ campaign(campaignId: "c1") { status } }'


@pytest.fixture
async def companies(mongo_uri: str) -> AsyncIterator[Graph]:
    """Positions 1 to 4: of `a`, `b`, `a` and `c`."""
    events = [
        a_campaign_event(companyId=company, status=status)
        for company, status in [("a", "NEW"), ("b", "PAUSED"), ("a", "STOPPED"), ("c", "NEW")]
    ]
    async with a_graph(mongo_uri, *events) as graph:
        yield graph


@pytest.mark.parametrize(
    ("seen", "position"),
    [(["a"], 3), (["b"], 2), (["b", "a"], 3), (["unknown"], 0), ([], 0), (["c", "b"], 4)],
)
async def test_d22_the_position_is_the_last_one_of_the_callers_companies(
    companies: Graph, seen: list[str], position: int
) -> None:
    answer = await companies.seen_by(*seen).ask("{ __typename log { position } }")

    assert answer["extensions"]["position"] == position
    assert answer["data"]["log"]["position"] == position


async def test_d22_so_it_is_beside_an_error(companies: Graph) -> None:
    answer = await companies.seen_by("b").ask("{ nowhere }")

    assert answer["extensions"]["position"] == 2


@pytest.mark.parametrize(("seen", "status"), [(["b", "unknown"], "PAUSED"), (["b"], "PAUSED")])
async def test_d22_the_one_company_that_has_events_need_not_be_said(
    companies: Graph, seen: list[str], status: str
) -> None:
    assert await companies.seen_by(*seen).get(STATUS) == {"status": status}


async def test_d22_of_several_one_must_be_said(companies: Graph) -> None:
    assert await companies.seen_by("a", "b").code(STATUS) == "COMPANY_REQUIRED"


async def test_d22_a_caller_of_no_company_sees_nothing(companies: Graph) -> None:
    assert await companies.seen_by().get(STATUS) is None


@pytest.mark.parametrize(
    ("at_position", "status"), [(1, "NEW"), (2, "NEW"), (3, "STOPPED"), (4, "STOPPED")]
)
async def test_d22_a_foreign_position_is_a_moment_as_any_other(
    companies: Graph, at_position: int, status: str
) -> None:
    query = """query ($position: Position) {
      campaign(campaignId: "c1", atPosition: $position) { status }
    }"""

    shown = await companies.seen_by("a").get(query, position=at_position)

    assert shown == {"status": status}


async def test_d22_query_then_subscribe_has_no_gap_and_no_overlap(companies: Graph) -> None:
    graph = companies.seen_by("a")
    position = (await graph.ask(STATUS))["extensions"]["position"]
    query = "subscription ($after: Position) { eventAppended(after: $after) { position } }"
    following = asyncio.create_task(graph.caller.follower.run())
    results = await schema.subscribe(query, {"after": position}, context_value=graph.caller)

    hearing = asyncio.create_task(anext(results))
    await companies.append(a_call_event(companyId="b"), a_call_event(companyId="a"))

    async with asyncio.timeout(10):
        told = await hearing
    assert data_of(told) == {"eventAppended": {"position": 6}}
    assert (told.extensions or {})["position"] == 6
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_d22_who_sees_several_hears_of_the_first_that_comes(graph: Graph) -> None:
    caller = Caller(graph.log, graph.caller.follower, companies=("a", "b"))
    following = asyncio.create_task(caller.follower.run())
    query = "subscription { eventAppended { position companyId } }"
    results = await schema.subscribe(query, context_value=caller)

    hearing = asyncio.create_task(anext(results))
    await graph.append(a_campaign_event(companyId="theirs"))
    await graph.append(a_campaign_event(companyId="b"))

    async with asyncio.timeout(10):
        told = await hearing
    assert data_of(told) == {"eventAppended": {"position": 2, "companyId": "b"}}
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def a_slow_client_hears(companies: Graph) -> GraphQLError:
    query = "subscription { callUpdated(after: 3) { cursor } }"
    async with a_follower(companies.log, buffer_changes=2, patience_seconds=0) as follower:
        caller = Caller(companies.log, follower, companies=("a",))
        results = await schema.subscribe(query, context_value=caller)
        hearing = asyncio.create_task(anext(results))
        await until(lambda: follower.listening)

        await companies.append(*(a_call_event(companyId="a", n=number) for number in range(9)))
        failed = await hearing

    assert failed.errors is not None
    [error] = failed.errors
    return error


async def test_d22_a_slow_client_resumes_at_a_place_of_its_own(companies: Graph) -> None:
    """It had got all up to the end of the log, where others' events are."""
    error = await a_slow_client_hears(companies)

    assert error.extensions is not None
    assert error.extensions["code"] == "SLOW_SUBSCRIBER"
    assert error.extensions["cursor"] == str(Cursor.after_position(3))
    assert error.extensions["cursor"] in error.message


async def test_d22_a_slow_client_whose_place_cannot_be_found_out_is_told_no_more_than_that(
    companies: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(*_: object) -> int:
        raise LogUnavailableError("no primary at 10.0.0.7")

    monkeypatch.setattr("api.changes.last_position", unknown)

    error = await a_slow_client_hears(companies)

    assert error.extensions == {"code": "UNAVAILABLE"}
    assert "10.0.0.7" not in error.message
