"""Each limit of an operation, one over it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from factories import a_campaign_event
from graph import Graph, a_graph
from graphql import GraphQLError
from memory import Memory, a_caller, a_schema, loading_from_memory
from throttles import limited

from api.buckets import Buckets, RateLimitedError
from api.execution.document import Document, Documents
from api.limits import OperationLimits
from api.schema import schema
from api.throttle import Throttle
from store.collections import EVENTS

BOMB = "{ log { ...F0 } } " + " ".join(
    f"fragment F{n} on Log {{ ...F{n + 1} a{n}: position ...F{n + 1} }}" for n in range(24)
)
BOMB += " fragment F24 on Log { position }"


def nested(levels: int) -> str:
    """A query whose fields are nested so deep."""
    return (
        "{ campaign(campaignId: 1) "
        + "{ calls { nodes { campaign " * (levels // 3)
        + ("{ id }" + " } } }" * (levels // 3) + " }")
    )


@pytest.fixture(scope="module")
async def graph(mongo_uri: str) -> AsyncIterator[Graph]:
    async with a_graph(mongo_uri, a_campaign_event()) as graph:
        yield replace(graph, caller=replace(graph.caller, throttle=Throttle()))


def held(graph: Graph, **limits: int) -> Graph:
    return replace(
        graph, caller=replace(graph.caller, throttle=limited(production=False, **limits))
    )


@pytest.mark.parametrize(
    ("limit", "fits", "exceeds", "code"),
    [
        (
            {"max_document_characters": 14},
            "{ __typename }",
            "{ __typename  }",
            "DOCUMENT_TOO_LARGE",
        ),
        (
            {"max_tokens": 4},
            "{ a: __typename }"[:2] + "__typename }",
            "{ a: __typename }",
            "TOO_MANY_TOKENS",
        ),
        (
            {"max_fields": 2},
            "{ log { position } }",
            "{ log { position eventCount } }",
            "TOO_MANY_FIELDS",
        ),
        ({"max_depth": 2}, "{ log { position } }", "{ events { nodes { position } } }", "TOO_DEEP"),
        (
            {"max_aliases": 1},
            "{ a: __typename }",
            "{ a: __typename b: __typename }",
            "TOO_MANY_ALIASES",
        ),
        (
            {"max_root_fields": 1},
            "{ __typename }",
            "{ __typename __typename }",
            "TOO_MANY_ROOT_FIELDS",
        ),
        (
            {"max_directives": 1},
            "{ __typename @include(if: true) }",
            "{ __typename @include(if: true) @skip(if: false) }",
            "TOO_MANY_DIRECTIVES",
        ),
        (
            {"max_cost": 3},
            "{ events(first: 3) { nodes { position } } }",
            "{ events(first: 4) { nodes { position } } }",
            "COST_LIMIT",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
async def test_what_is_one_over_a_limit_is_refused_with_its_code(
    graph: Graph, limit: dict[str, int], fits: str, exceeds: str, code: str
) -> None:
    limited_graph = held(graph, **limit)

    assert "errors" not in await limited_graph.ask(fits)
    assert await limited_graph.code(exceeds) == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (BOMB, "TOO_MANY_FIELDS"),
        (nested(30), "TOO_DEEP"),
        ("{ log " * 400 + "}" * 400, "TOO_DEEP"),
        (
            "{ __typename ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            "FRAGMENT_CYCLE",
        ),
        ("{ log { position" + " @include(if: true)" * 1_000 + " } }", "TOO_MANY_TOKENS"),
        ("{" + "".join(f" a{n}: __typename" for n in range(20_000)) + " }", "DOCUMENT_TOO_LARGE"),
        ("{" + "".join(f" a{n}: __typename" for n in range(51)) + " }", "TOO_MANY_ALIASES"),
        ("{ campaigns {" + " nodes { id }" * 51 + " } }", "TOO_MANY_FIELDS"),
        ("{ log { position } } # " + "x" * 100_000, "DOCUMENT_TOO_LARGE"),
        ("{ __typename" + "\n#" * 5_000 + "\n}", "TOO_MANY_TOKENS"),
        (
            "{ campaigns(first: 500) { nodes { calls(first: 500) { nodes { id } } } } }",
            "COST_LIMIT",
        ),
    ],
    ids=lambda value: value[:24],
)
async def test_a_query_that_is_made_to_hurt_is_refused_by_default(
    graph: Graph, query: str, code: str
) -> None:
    assert await graph.code(query) == code


async def test_each_place_has_room_for_few_directives(graph: Graph) -> None:
    """Validation would answer each of them with an error."""
    fits, exceeds = (f"{{ __typename {'@a ' * count} }}" for count in (5, 6))

    assert "Unknown directive" in (await graph.ask(fits))["errors"][4]["message"]
    assert await graph.code(exceeds) == "TOO_MANY_DIRECTIVES"


@pytest.mark.parametrize(
    "document",
    [
        "{{ campaigns {{ {0} }} }}",
        "{{ campaigns {{ ...on CampaignConnection {{ {0} }} }} }}",
        "{{ campaigns {{ ...F }} }} fragment F on CampaignConnection {{ {0} }}",
    ],
)
async def test_what_is_merged_into_one_field_is_no_more_than_can_be_compared(
    graph: Graph, document: str
) -> None:
    """Validation compares each with each: 330 times the same took it most of a second."""
    fits, exceeds = (document.format("nodes { id } " * count) for count in (50, 51))

    assert "errors" not in await graph.ask(fits)
    assert await graph.code(exceeds) == "TOO_MANY_FIELDS"


async def test_what_is_merged_is_counted_below_what_was_merged(graph: Graph) -> None:
    below = "nodes { " + "id " * 6 + "} "

    assert await graph.code("{ campaigns {" + below * 9 + "} }") == "TOO_MANY_FIELDS"


async def test_of_many_flaws_the_first_ones_are_told(graph: Graph) -> None:
    """Each may quote the whole value that it was found in."""
    unknown = " ".join(f"unknown{n}: 1" for n in range(500))

    told = (await graph.ask(f"{{ campaigns(filter: {{ {unknown} }}) {{ totalCount }} }}"))["errors"]

    assert "unknown0" in told[0]["message"]
    assert [each["message"] for each in told[10:]] == [
        "Too many validation errors, error limit reached. Validation aborted."
    ]


async def test_what_is_refused_over_a_stream_has_its_code_too(graph: Graph) -> None:
    results: Any = await schema.subscribe(
        "subscription { eventAppended { position } }",
        context_value=held(graph, max_depth=1).caller,
    )

    [refused] = [result async for result in results]
    assert [error.extensions for error in refused.errors] == [{"code": "TOO_DEEP"}]


async def test_measuring_takes_time_in_proportion_to_the_text() -> None:
    def seconds(count: int) -> float:
        spread = " ".join(
            f"fragment F{n} on Log {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count)
        )
        documents = Documents(room=10**7)
        text = f"{{ log {{ ...F0 }} }} {spread} fragment F{count} on Log {{ position }}"
        document = documents.read(schema, text, {})
        assert isinstance(document, Document)
        began = time.process_time()
        assert document.exceeded(OperationLimits()) is not None
        return time.process_time() - began

    assert seconds(60) < 50 * max(seconds(15), 1e-4)


@pytest.mark.parametrize(
    ("selection", "cost"),
    [
        ("__typename", 1),
        ("log { position }", 1),
        ("log { deliveries { outOfOrder } }", 10_002),
        ("campaign(campaignId: 1) { id status }", 1),
        ("campaigns { nodes { id } }", 20),
        ("campaigns(first: 7) { nodes { id } }", 7),
        ("campaigns(last: 7) { edges { node { id } } pageInfo { endCursor } }", 7),
        ("campaigns(first: 7) { totalCount }", 20),
        ("campaigns(first: 9999) { nodes { id } }", 500),
        ("campaigns(first: 2) { nodes { calls(first: 3) { nodes { id } } } }", 2 + 2 * 3),
        ("campaigns(first: 2) { nodes { calls { nodes { callbacks { id } } } } }", 2 + 40 + 400),
        ("campaigns(first: 2) { nodes { statusHistory { position } } }", 2 + 2 * 10),
        ("campaigns(first: 2) { ...F ...F nodes { id } }", 2),
        ("nodes(ids: [1, 2, 3]) { id }", 3),
        ("nodes(ids: $ids) { id }", 2),
        ("campaigns(first: $first) { nodes { id } }", 8),
        ("campaigns(first: $size) { nodes { id } }", 5),
        ("campaigns @skip(if: $yes) { nodes { id } }", 1),
        ("campaigns @include(if: $yes) { nodes { id } }", 20),
        ("node(id: 1) { ... on Call { application { id } } ... on Campaign { id } }", 2),
        ("node(id: 1) { ... on Node { ... on Campaign { calls { nodes { id } } } } }", 21),
    ],
)
async def test_an_operation_costs_the_things_that_its_answer_may_hold(
    selection: str, cost: int
) -> None:
    fragment = " fragment F on CampaignConnection { nodes { status } }" * ("...F" in selection)
    text = f"query ($size: Int = 5) {{ {selection} }}{fragment}"
    document = Documents().read(schema, text, {})
    assert isinstance(document, Document)
    given = {"ids": ["a", "b"], "first": 8, "yes": True}
    operation: Any = document.definitions[0]
    graphql_schema: Any = vars(schema)["_schema"]

    assert document.cost(graphql_schema, operation, given) == cost
    assert document.cost(graphql_schema, operation, given) == cost


async def test_values_beyond_a_page_of_them_cost_as_much_as_things(graph: Graph) -> None:
    asking = held(graph, max_cost=21)
    query = "query ($f: CampaignFilter) { campaigns(filter: $f) { nodes { id } } }"

    assert await asking.get(query, f={"campaignIds": ["x"] * 499}) == {"nodes": []}
    assert await asking.code(query, f={"campaignIds": ["x"] * 501}) == "COST_LIMIT"


async def test_the_cost_is_told_with_what_is_left(graph: Graph) -> None:
    asking = held(graph, max_cost=100, cost_bucket=200, cost_per_second=1)

    first = await asking.ask("{ campaigns { nodes { id } } }")
    second = await asking.ask("{ campaigns(first: 80) { nodes { id } } }")

    assert first["extensions"]["cost"] == {"requested": 20, "limit": 100, "available": 180}
    assert second["extensions"]["cost"] == {"requested": 80, "limit": 100, "available": 100}


PAGES = "{ campaigns(first: $n) { nodes { calls(first: $n) { nodes { id } } } } }"


@pytest.mark.parametrize(
    ("declared", "cheap", "dear"),
    [
        ("$n: Int", {"n": 1}, {"n": 10}),
        ("$n: Int", {"n": 1.0}, {"n": 10.0}),
        ("$n: Int", {"n": 0}, {}),
        ("$n: Int", {"n": 1}, {"n": None}),
        ("$n: Int = 10", {"n": 0}, {}),
        ("$n: Int = 1", {}, {"n": None}),
    ],
    ids=str,
)
async def test_a_page_cannot_be_spelled_cheaper_than_it_is(
    graph: Graph, declared: str, cheap: dict[str, Any], dear: dict[str, Any]
) -> None:
    asking = held(graph, max_cost=109)
    query = f"query ({declared}) {PAGES}"

    assert "errors" not in await asking.ask(query, **cheap)
    assert await asking.code(query, **dear) == "COST_LIMIT"


@pytest.mark.parametrize("wrong", [True, "1", {}, 1.5, [1]], ids=str)
async def test_what_is_no_size_does_not_become_the_price_of_one(
    graph: Graph, wrong: object
) -> None:
    """Prices are remembered, and callers share them."""
    asking = held(graph, max_cost=109)
    query = f"query Priced($n: Int) {PAGES}"

    refused = await asking.ask(query, n=wrong)
    answer = await asking.ask(query, n=1)

    assert "errors" in refused
    assert answer["extensions"]["cost"]["requested"] == 2


async def test_one_id_alone_is_one_thing(graph: Graph) -> None:
    asking = held(graph, max_cost=4)
    query = (
        'query ($ids: [ID!]! = "x") '
        "{ nodes(ids: $ids) { ... on Campaign { calls(first: 4) { nodes { id } } } } }"
    )

    assert "errors" not in await asking.ask(query, ids=[])
    assert await asking.code(query) == "COST_LIMIT"


async def test_the_cost_is_told_of_what_is_refused(graph: Graph) -> None:
    asking = held(graph, max_cost=50, cost_bucket=60, cost_per_second=1)

    over = await asking.ask("{ campaigns(first: 51) { nodes { id } } }")
    await asking.get("{ campaigns(first: 40) { nodes { id } } }")
    waiting = await asking.ask("{ campaigns(first: 30) { nodes { id } } }")

    assert over["extensions"]["cost"] == {"requested": 51, "limit": 50, "available": 60}
    assert waiting["extensions"]["cost"] == {"requested": 30, "limit": 50, "available": 20}


async def test_a_caller_who_has_spent_all_waits(graph: Graph) -> None:
    asking = held(graph, cost_bucket=30, cost_per_second=1)
    await asking.get("{ campaigns { nodes { id } } }")

    [error] = (await asking.ask("{ campaigns { nodes { id } } }"))["errors"]

    assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfterSeconds": 10}


def test_a_bucket_empties_with_time_and_belongs_to_one_caller() -> None:
    now = [0.0]
    buckets = Buckets(OperationLimits(cost_bucket=100, cost_per_second=10), lambda: now[0])

    assert buckets.spend("ada", 90) == 10
    assert buckets.spend("bob", 90) == 10
    with pytest.raises(RateLimitedError):
        buckets.spend("ada", 11)
    now[0] = 5.0
    assert buckets.spend("ada", 11) == 49
    now[0] = 1_000.0
    assert buckets.spend("ada", 1) == 99


def test_a_debt_is_one_callers_alone_and_passes() -> None:
    now = [0.0]
    buckets = Buckets(OperationLimits(cost_bucket=100, cost_per_second=10), lambda: now[0])

    buckets.owe("ada", 100)
    assert buckets.seconds_in_debt("ada") == 0
    buckets.owe("ada", 50)
    assert (buckets.seconds_in_debt("ada"), buckets.seconds_in_debt("bob")) == (5, 0)
    now[0] = 5.0
    assert (buckets.seconds_in_debt("ada"), buckets.left("ada")) == (0, 0)


async def test_more_queries_at_once_than_may_run_are_refused_and_counted(graph: Graph) -> None:
    asking = held(graph, concurrent_operations=2)
    refused: list[str] = []
    throttle = asking.caller.throttle
    throttle.on_refused = refused.append
    answers = await asyncio.gather(*(asking.ask("{ log { position } }") for _ in range(5)))

    codes = [each["errors"][0]["extensions"]["code"] for each in answers if "errors" in each]
    assert codes == refused == ["OPERATION_LIMIT"] * 3
    assert throttle.running == 0


async def test_a_query_that_takes_too_long_is_ended_and_so_is_mongodbs_work(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking, database = held(graph, operation_seconds=1), graph.log.database
    aggregate = database.aggregate
    sleep = {"body": "function() { sleep(200); return true }", "args": [], "lang": "js"}
    slow = {"$match": {"$expr": {"$function": sleep}}}
    await graph.append(*(a_campaign_event(campaignId=str(each)) for each in range(100)))

    async def slowly(collection: str, pipeline: list[Any]) -> list[Any]:
        if collection != "counters":
            return await aggregate(EVENTS, [slow, *pipeline])
        return await aggregate(collection, pipeline)

    monkeypatch.setattr(database, "aggregate", slowly)
    began = time.monotonic()
    code = await asking.code("{ campaigns { nodes { id } } }")
    took = time.monotonic() - began
    await asyncio.sleep(0.5)

    running = await database.handle.client.admin.command("currentOp", {"op": "command"})
    assert code == "OPERATION_TIMEOUT"
    assert took < 5
    assert [each for each in running["inprog"] if "$function" in str(each.get("command"))] == []


async def test_strangers_are_told_no_names_of_the_schema(graph: Graph) -> None:
    throttle = limited(production=True)
    asking = replace(graph, caller=replace(graph.caller, throttle=throttle))

    unknown = (await asking.ask("{ campaing { id } }"))["errors"]
    value = await asking.ask(
        "query ($f: CampaignFilter) { campaigns(filter: $f) { totalCount } }", f={"statuss": []}
    )
    introspecting = (await asking.ask("{ __schema { types { name } } }"))["errors"]

    assert [each["message"] for each in unknown] == [
        "Cannot query field 'campaing' on type 'Query'."
    ]
    assert "Did you mean" not in str(value["errors"])
    assert "introspection has been disabled" in introspecting[0]["message"]
    assert (await asking.get("{ __typename }")) == "Query"


async def test_developers_are_helped(graph: Graph) -> None:
    [error] = (await graph.ask("{ campaing { id } }"))["errors"]

    assert "Did you mean 'campaign'" in error["message"]


async def test_remembered_documents_are_weighed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    over_memory, caller = a_schema(), replace(a_caller(), throttle=limited())
    text = "{ campaign { id weighedOnce: status } }"
    with loading_from_memory():
        await over_memory.execute(text, context_value=caller, root_value=Memory(1))
        monkeypatch.setattr("api.execution.document.measure", None)
        monkeypatch.setattr("api.execution.document.Costs", None)
        result = await over_memory.execute(text, context_value=caller, root_value=Memory(1))

    errors: list[GraphQLError] | None = result.errors
    assert errors is None
