"""What a client is told when its operation cannot be answered."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from factories import a_campaign_event
from graph import Graph, a_graph

from api.operation import Caller
from store.collections import Limits, facts_of
from store.driver import connect
from store.follow import Follower
from store.log import EventLog


@pytest.fixture(scope="module")
async def two_companies(mongo_uri: str) -> AsyncIterator[Graph]:
    events = a_campaign_event(), a_campaign_event(companyId="beta")
    async with a_graph(mongo_uri, *events) as graph:
        yield graph


@pytest.mark.parametrize(
    ("query", "path", "code", "message"),
    [
        (
            "{ campaigns { totalCount } }",
            ["campaigns"],
            "COMPANY_REQUIRED",
            "The log holds several companies: say which in `companyId`.",
        ),
        (
            '{ campaigns(companyId: "acme", first: 501) { totalCount } }',
            ["campaigns"],
            "PAGE_TOO_LARGE",
            "A page has at most 500 edges: ask for fewer.",
        ),
        (
            '{ campaigns(companyId: "acme", first: -1) { totalCount } }',
            ["campaigns"],
            "BAD_PAGE",
            "A page has at least 0 edges: give a positive size.",
        ),
        (
            '{ campaigns(companyId: "acme", first: 1, last: 1) { totalCount } }',
            ["campaigns"],
            "BAD_PAGE",
            "Give either `first` or `last`, not both.",
        ),
        (
            '{ campaigns(companyId: "acme") { nodes { calls(after: "x") { totalCount } } } }',
            ["campaigns", "nodes", 0, "calls"],
            "BAD_CURSOR",
            "The cursor is not one of this list: leave it out, or page on from one of its edges.",
        ),
    ],
)
async def test_what_a_client_can_mend_has_a_code_and_says_how(
    two_companies: Graph, query: str, path: list[str | int], code: str, message: str
) -> None:
    [error] = (await two_companies.ask(query))["errors"]

    assert (error["path"], error["message"]) == (path, message)
    assert error["extensions"] == {"code": code}


@pytest.mark.parametrize("argument", ["first: 501", "first: -1", 'after: "x"'])
async def test_what_a_client_can_mend_is_no_fault_in_the_log_of_the_process(
    two_companies: Graph, argument: str, caplog: pytest.LogCaptureFixture
) -> None:
    await two_companies.ask(f'{{ campaigns(companyId: "acme", {argument}) {{ totalCount }} }}')

    assert caplog.records == []


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{", "Expected Name, found <EOF>"),
        ("{ nonsense }", "Cannot query field 'nonsense'"),
        ("{ campaign { id } }", "campaignId"),
        ("{ campaigns(first: true) { totalCount } }", "non-integer value: true"),
        ("{ campaigns(filter: {status: [NONE]}) { totalCount } }", "Value 'NONE' does not exist"),
        ("query ($n: Int!) { campaigns(first: $n) { totalCount } }", "$n"),
        ('{ campaigns(asOf: "soon") { totalCount } }', "write it as 2026-01-05T09:30:00Z"),
        ("{ campaigns(atPosition: -1) { totalCount } }", "a whole number from 0 to"),
    ],
)
async def test_a_query_that_is_wrong_is_told_what_is(
    two_companies: Graph, query: str, told: str
) -> None:
    answer = await two_companies.ask(query)

    assert answer["data"] is None
    assert told in answer["errors"][0]["message"]
    assert "INTERNAL" not in json.dumps(answer)


@pytest.fixture
async def broken(graph: Graph) -> Graph:
    """A log whose facts hold a word that no reader writes."""
    await graph.append(a_campaign_event(campaignId="secret", status="NEW"))
    await graph.log.database.upsert(
        facts_of(1), {"idKey": "zsecret"}, {"$set": {"data.status": "a secret word"}}
    )
    return graph


async def test_a_fault_says_only_that_it_is_one(broken: Graph) -> None:
    answer = await broken.ask('{ named: campaign(campaignId: "secret") { status } }')

    assert answer["data"] == {"named": None}
    assert answer["errors"] == [
        {
            "message": "Something went wrong on our side.",
            "locations": [{"line": 1, "column": 3}],
            "path": ["named"],
            "extensions": {"code": "INTERNAL"},
        }
    ]


async def test_a_fault_is_in_the_log_of_the_process(
    broken: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    await broken.ask('{ campaign(campaignId: "secret") { status } }')

    [record] = caplog.records
    assert (record.name, record.levelno) == ("dialgraph.graphql", logging.ERROR)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


async def test_a_fault_of_one_field_leaves_the_others_alone(broken: Graph) -> None:
    answer = await broken.ask('{ campaign(campaignId: "secret") { id } log { position } }')

    assert answer["data"] == {"campaign": None, "log": {"position": 1}}


async def test_a_result_with_a_fault_tells_its_position(broken: Graph) -> None:
    answer = await broken.ask('{ campaign(campaignId: "secret") { id } }')

    assert answer["extensions"]["position"] == 1


@pytest.fixture
async def unreachable(graph: Graph) -> AsyncIterator[Graph]:
    """A log whose server does not answer."""
    limits = Limits(server_selection_seconds=0.1)
    async with connect("mongodb://127.0.0.1:1/?replicaSet=secret", "test", limits) as database:
        log = EventLog(database)
        yield replace(graph, log=log, caller=Caller(log, Follower(log)))


@pytest.mark.parametrize(
    "field", ["log { position }", 'campaign(campaignId: "c1") { id }', "events { totalCount }"]
)
@pytest.mark.parametrize("times_before", [0, 1], ids=["new", "known"])
async def test_a_store_that_does_not_answer_is_unavailable(
    unreachable: Graph, field: str, times_before: int
) -> None:
    query = f"{{ {field} }} # asked {times_before} times before"
    for _ in range(times_before):
        await unreachable.ask(query)

    answer = await unreachable.ask(query)

    [error] = answer["errors"]
    assert error["extensions"] == {"code": "UNAVAILABLE"}
    assert error["message"] == "The store does not answer in time: try again."
    assert answer["extensions"]["position"] is None
