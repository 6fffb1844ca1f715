"""Relay connections: pages, cursors, counts, and the ways to write them."""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from graph import Graph, a_graph

START = datetime(2026, 1, 31, 10, tzinfo=UTC)
THINGS = 7
PAIRS = {"crm": "x"}

# Where the list hangs, what names one thing of it, and an order where there is a choice.
LISTS = [
    ("campaigns", "campaignId", ""),
    ("campaigns", "campaignId", "orderBy: {field: STATUS_CHANGED_AT, direction: DESC}"),
    ("callbacks", "callbackId", ""),
    ("callbacks", "callbackId", "orderBy: {field: CREATED_AT, direction: DESC}"),
    ("events", "position", 'filter: {eventNames: ["TACStatusUpdatedEvent"]}'),
    ("quarantine", "id", ""),
    ("campaign.applications", "applicationId", ""),
    ("campaign.applications", "applicationId", "orderBy: {field: APPLICATION_ID, direction: DESC}"),
    ("campaign.applications", "applicationId", "orderBy: {field: NEXT_CALL}"),
    ("campaign.applications", "applicationId", "orderBy: {field: LAST_CALL, direction: DESC}"),
    ("campaign.calls", "statisticId", ""),
    ("campaign.calls", "statisticId", "orderBy: {field: UPDATED_DATE, direction: ASC}"),
    ("campaign.callbacks", "callbackId", ""),
    ("campaign.callbacks", "callbackId", "orderBy: {field: CREATED_AT}"),
    ("campaign.events", "position", ""),
    ("campaign.revisions", "position", ""),
    ("application.calls", "statisticId", ""),
    ("application.calls", "statisticId", "orderBy: {field: UPDATED_DATE, direction: ASC}"),
    ("application.callbacks", "callbackId", ""),
    ("application.callbacks", "callbackId", "orderBy: {field: CREATED_AT, direction: DESC}"),
    ("application.events", "position", ""),
    ("application.revisions", "position", ""),
    ("call.events", "position", ""),
    ("call.revisions", "position", ""),
    ("callback.events", "position", ""),
    ("callback.revisions", "position", ""),
]
ROOTS = {
    "campaign": 'campaign(campaignId: "c1")',
    "application": 'application(applicationId: "1")',
    "call": 'call(statisticId: "1")',
    "callback": 'callback(callbackId: "1")',
}
SHAPE = """{
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { %s } }
}"""


def at(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def the_events() -> list[bytes]:
    """Several of everything, with ties and without some dates."""
    numbers = range(1, THINGS + 1)
    dates = {number: at(number // 2) if number % 3 else None for number in numbers}
    applications = (
        an_application(
            id=number,
            telemarketCampaignId="c1",
            nextCall=dates[number],
            lastCall=dates[number],
            clientSyncIdsToValues=PAIRS if number == 1 else {},
        )
        for number in numbers
    )
    events = [a_tac_event(*applications)]
    for number in numbers:
        made = {"campaignId": "c1", "updatedDate": dates[number], "clientSyncIdsToValues": PAIRS}
        due = {"applicationId": 1, "recallAt": dates[number], "createdAt": dates[number]}
        again = {"eventCreationDate": at(number)}
        events += [
            a_campaign_event(campaignId=f"c{number}", status="NEW"),
            a_campaign_event(status=("PAUSED", "STOPPED")[number % 2], **again),
            a_tac_event(an_application(id=1, status=f"status {number}"), **again),
            a_call_event(statisticId=number, **made),
            a_call_event(statisticId=1, calledCount=number, **again),
            a_callback_event(id=number, **due),
            a_callback_event(id=1, name=f"name {number}", **again),
        ]
    return events


@pytest.fixture(scope="module")
async def lists(mongo_uri: str) -> AsyncIterator[Graph]:
    async with a_graph(mongo_uri, *the_events()) as graph:
        await graph.log.append([b"rubbish %d" % number for number in range(THINGS)])
        yield graph


class Pages:
    """One list, asked for page by page."""

    def __init__(self, graph: Graph, path: str, name: str, arguments: str) -> None:
        self._graph = graph
        self._path = path.split(".")
        self._shape = SHAPE % name
        self._name = name
        self._arguments = arguments

    async def page(self, arguments: str) -> dict[str, Any]:
        *parents, field = self._path
        query = f"{field}({self._arguments} {arguments}) {self._shape}"
        found = await self._graph.get(
            f"{{ {ROOTS[parents[0]]} {{ {query} }} }}" if parents else f"{{ {query} }}"
        )
        page: dict[str, Any] = found[field] if parents else found
        return page

    def names(self, page: dict[str, Any]) -> list[str]:
        return [edge["node"][self._name] for edge in page["edges"]]

    async def forward(self, size: int) -> list[dict[str, Any]]:
        """Return all pages, from the front; the last tells that there is no other."""
        found = [await self.page(f"first: {size}")]
        while found[-1]["pageInfo"]["hasNextPage"]:
            end = found[-1]["pageInfo"]["endCursor"]
            found.append(await self.page(f'first: {size}, after: "{end}"'))
        return found

    async def backward(self, size: int) -> list[dict[str, Any]]:
        """Return all pages, from the back; the last tells that there is no other."""
        found = [await self.page(f"last: {size}")]
        while found[-1]["pageInfo"]["hasPreviousPage"]:
            start = found[-1]["pageInfo"]["startCursor"]
            found.append(await self.page(f'last: {size}, before: "{start}"'))
        return found


@pytest.fixture(params=LISTS, ids=[f"{path}({arguments})" for path, _, arguments in LISTS])
def pages(request: pytest.FixtureRequest, lists: Graph) -> Pages:
    return Pages(lists, *request.param)


def sizes(whole: list[str]) -> list[int]:
    """Return the small page sizes, and those about the whole list."""
    return sorted({1, 2, 3, 4, len(whole) - 1, len(whole), len(whole) + 1})


async def test_pages_from_the_front_are_the_whole_list(pages: Pages) -> None:
    whole = pages.names(await pages.page("first: 500"))

    for size in sizes(whole):
        found = await pages.forward(size)

        assert [name for page in found for name in pages.names(page)] == whole
        assert {len(page["edges"]) for page in found[:-1]} <= {size}
    assert len(whole) >= THINGS


async def test_pages_from_the_back_are_the_whole_list(pages: Pages) -> None:
    whole = pages.names(await pages.page("last: 500"))

    for size in sizes(whole):
        found = await pages.backward(size)

        assert [name for page in reversed(found) for name in pages.names(page)] == whole
        assert {len(page["edges"]) for page in found[:-1]} <= {size}


async def test_both_ends_give_the_same_list(pages: Pages) -> None:
    assert await pages.page("first: 500") == await pages.page("last: 500")


async def test_a_page_says_what_lies_on_its_sides(pages: Pages) -> None:
    whole = await pages.page("first: 500")
    cursors = [edge["cursor"] for edge in whole["edges"]]

    sides = {
        arguments: list((await pages.page(arguments))["pageInfo"].values())[:2]
        for arguments in (
            "first: 500",
            "first: 1",
            "last: 1",
            f'first: 1, after: "{cursors[0]}"',
            f'first: 500, after: "{cursors[0]}"',
            f'first: 1, before: "{cursors[1]}"',
            f'last: 1, before: "{cursors[-1]}"',
            f'last: 500, before: "{cursors[-1]}"',
            f'last: 1, after: "{cursors[-2]}"',
            f'first: 1, after: "{cursors[0]}", before: "{cursors[-1]}"',
        )
    }

    assert list(sides.values()) == [
        [False, False],
        [True, False],
        [False, True],
        [True, True],
        [False, True],
        [True, False],
        [True, True],
        [True, False],
        [False, True],
        [True, True],
    ]


async def test_a_page_between_two_cursors_holds_what_lies_between(pages: Pages) -> None:
    whole = await pages.page("first: 500")
    cursors, names = [edge["cursor"] for edge in whole["edges"]], pages.names(whole)
    between = f'after: "{cursors[0]}", before: "{cursors[-1]}"'

    front, back = await pages.page(f"first: 3, {between}"), await pages.page(f"last: 3, {between}")

    assert pages.names(front) == names[1:4]
    assert pages.names(back) == names[-4:-1]


async def test_the_cursors_of_a_page_are_those_of_its_ends(pages: Pages) -> None:
    page = await pages.page("first: 3")

    cursors = [edge["cursor"] for edge in page["edges"]]
    assert page["pageInfo"]["startCursor"] == cursors[0]
    assert page["pageInfo"]["endCursor"] == cursors[-1]
    assert len(set(cursors)) == 3


async def test_the_total_is_of_the_whole_list_on_every_page(pages: Pages) -> None:
    whole = await pages.page("first: 500")

    part = await pages.page(f'last: 1, before: "{whole["edges"][2]["cursor"]}"')

    assert part["totalCount"] == whole["totalCount"] == len(whole["edges"])


async def test_an_empty_page_has_no_cursors(pages: Pages) -> None:
    empty = await pages.page("first: 0")

    assert empty["edges"] == []
    assert empty["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_the_empty_page_from_the_back_has_pages_before(pages: Pages) -> None:
    empty = await pages.page("last: 0")

    assert empty["edges"] == []
    assert empty["pageInfo"]["hasPreviousPage"]


YES, NO = True, False


def a_cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


RUBBISH = [
    "",
    "x",
    "é",
    "!!!!",
    "AAAA",
    "A" * 100_000,
    "MTAwMC4w",  # a change's cursor
    a_cursor(),
    a_cursor("POSITION", 1),
    a_cursor("POSITION", 1, "", 4),
    a_cursor("POSITION", 2**43 - 1, ""),
    a_cursor("POSITION", 2**63, ""),
    a_cursor("POSITION", 2**64, ""),
    a_cursor("POSITION", -1, ""),
    a_cursor("POSITION", 1.5, ""),
    a_cursor("POSITION", YES, ""),
    a_cursor("POSITION", None, ""),
    a_cursor("POSITION", "1", ""),
    a_cursor("POSITION", 1, None),
    a_cursor("RECALL_AT", 2**60, "a1~"),
    a_cursor("RECALL_AT", -(2**63), "a1~"),
    a_cursor("RECALL_AT", "2026-01-31", "a1~"),
    a_cursor("RECALL_AT", [], "a1~"),
    a_cursor("RECALL_AT", 1.5, "a1~"),
    a_cursor("RECALL_AT", NO, "a1~"),
    a_cursor("RECALL_AT", None, 1),
    a_cursor("CAMPAIGN_ID", 1, "a1~"),
    a_cursor("RECEIVED_AT", 1, "x"),
    a_cursor("NOTHING", None, "x"),
    a_cursor(["RECALL_AT"], None, "x"),
    base64.urlsafe_b64encode(b"[" * 10_000).decode(),
    base64.urlsafe_b64encode(b'{"a":1,"b":2,"c":3}').decode(),
    base64.urlsafe_b64encode(b'["RECALL_AT",1e999,"x"]').decode(),
    base64.urlsafe_b64encode(b"\xff\xfe\xfd").decode(),
]


@pytest.mark.parametrize("field", ["callbacks", "events", "campaigns", "quarantine"])
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_rubbish_is_no_cursor(lists: Graph, field: str, argument: str) -> None:
    query = f"query ($c: String) {{ {field}({argument}: $c) {{ totalCount }} }}"

    codes = [await lists.code(query, c=rubbish) for rubbish in RUBBISH]

    assert codes == ["BAD_CURSOR"] * len(RUBBISH)


@pytest.mark.parametrize(
    "field",
    [
        'campaign(campaignId: "c1") { applications(after: $c) { totalCount } }',
        """campaign(campaignId: "c1") { applications(after: $c, orderBy: {field: NEXT_CALL}) {
            totalCount
        } }""",
        'campaign(campaignId: "c1") { calls(after: $c) { totalCount } }',
        'campaign(campaignId: "c1") { events(after: $c) { totalCount } }',
        'campaign(campaignId: "c1") { revisions(after: $c) { totalCount } }',
        'application(applicationId: "1") { calls(after: $c) { totalCount } }',
        'application(applicationId: "1") { callbacks(after: $c) { totalCount } }',
    ],
)
async def test_a_cursor_of_another_order_is_refused(lists: Graph, field: str) -> None:
    campaigns = await lists.get("{ campaigns { pageInfo { endCursor } } }")

    code = await lists.code(
        f"query ($c: String) {{ {field} }}", c=campaigns["pageInfo"]["endCursor"]
    )

    assert code == "BAD_CURSOR"


async def test_the_cursor_of_a_change_is_none_of_a_list(lists: Graph) -> None:
    events = await lists.get("{ events(first: 1) { nodes { cursor } } }")

    code = await lists.code(
        "query ($c: String) { events(after: $c) { totalCount } }", c=events["nodes"][0]["cursor"]
    )

    assert code == "BAD_CURSOR"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: -1", "BAD_PAGE"),
        ("last: -1", "BAD_PAGE"),
        ("first: 1, last: 1", "BAD_PAGE"),
        ("first: 501", "PAGE_TOO_LARGE"),
        ("last: 501", "PAGE_TOO_LARGE"),
        ("first: 2147483647", "PAGE_TOO_LARGE"),
    ],
)
@pytest.mark.parametrize(
    "field",
    [
        "campaigns(%s) { totalCount }",
        "callbacks(%s) { totalCount }",
        "events(%s) { totalCount }",
        "quarantine(%s) { totalCount }",
        'campaign(campaignId: "c1") { calls(%s) { totalCount } }',
        'campaign(campaignId: "c1") { events(%s) { totalCount } }',
        'application(applicationId: "1") { calls(%s) { totalCount } }',
    ],
)
async def test_a_page_size_out_of_bounds_is_refused(
    lists: Graph, field: str, arguments: str, code: str
) -> None:
    assert await lists.code(f"{{ {field % arguments} }}") == code


@pytest.mark.parametrize("arguments", ["", "(first: null, last: null, after: null, before: null)"])
async def test_a_page_has_twenty_edges_by_default(lists: Graph, arguments: str) -> None:
    page = await lists.get(f"{{ events{arguments} {{ nodes {{ position }} }} }}")

    assert [each["position"] for each in page["nodes"]] == list(range(1, 21))


@pytest.mark.parametrize("backward", [False, True])
async def test_cursors_stay_valid_while_events_are_appended(graph: Graph, backward: bool) -> None:  # noqa: FBT001
    def dated(number: int, minute: int) -> bytes:
        return a_callback_event(id=number, applicationId=1, recallAt=at(minute))

    await graph.append(*(dated(number, number) for number in (10, 20, 30, 40, 50)))
    pages = Pages(graph, "callbacks", "callbackId", "")
    edges = (await pages.page("first: 500"))["edges"]
    middle = edges[2]["cursor"]
    arguments = f'last: 2, before: "{middle}"' if backward else f'first: 2, after: "{middle}"'

    await graph.append(dated(5, 5), dated(25, 25), dated(35, 35), dated(60, 60), dated(30, 70))

    page = await pages.page(arguments)
    assert pages.names(page) == (["20", "25"] if backward else ["35", "40"])


async def test_no_thing_is_lost_or_repeated_while_events_are_appended(graph: Graph) -> None:
    old = [a_callback_event(id=number, recallAt=at(number)) for number in range(10, 60, 10)]
    await graph.append(*old)
    pages = Pages(graph, "callbacks", "callbackId", "")
    seen: list[str] = []
    page = await pages.page("first: 1")

    for number in range(5):
        seen += pages.names(page)
        late = [a_callback_event(id=place + number, recallAt=at(place)) for place in (101, 201)]
        await graph.append(*late, a_callback_event(id=number, recallAt=at(-number)))
        page = await pages.page(f'first: 1, after: "{page["pageInfo"]["endCursor"]}"')

    assert seen == ["10", "20", "30", "40", "50"]


@pytest.mark.parametrize(
    "field",
    [
        "callbacks(first: 2) { nodes { id } %s }",
        "events(first: 2) { nodes { position } %s }",
        "quarantine(first: 2) { nodes { id } %s }",
        "campaigns { nodes { calls(first: 1) { nodes { id } %s } } }",
        "campaigns { nodes { callbacks(first: 1) { nodes { id } %s } } }",
        "campaigns { nodes { events(first: 1) { nodes { position } %s } } }",
    ],
)
async def test_the_total_is_counted_only_when_it_is_asked_for(lists: Graph, field: str) -> None:
    without = await lists.reads(f"{{ {field % ''} }}")
    skipped = await lists.reads(f"{{ {field % 'totalCount @skip(if: true)'} }}")
    with_total = await lists.reads(f"{{ {field % 'totalCount'} }}")

    assert without == skipped < with_total


async def test_no_board_is_filled_for_applications_that_nobody_counts(lists: Graph) -> None:
    asked = "{ campaigns { nodes { applications(first: 1) { nodes { id } %s } } } }"

    without = await lists.reads(asked % "totalCount @skip(if: true)")
    filling = await lists.reads(asked % "totalCount")
    filled = await lists.reads(asked % "totalCount")

    assert without == await lists.reads(asked % "")
    assert filled < filling


async def test_a_list_under_aliases_has_arguments_of_its_own(lists: Graph) -> None:
    campaign = await lists.get(
        """{ campaign(campaignId: "c1") {
            calls(first: 2, orderBy: {field: UPDATED_DATE, direction: ASC}) {
                nodes { statisticId }
            }
            others: calls(last: 2, orderBy: {field: UPDATED_DATE, direction: ASC}) {
                nodes { statisticId }
            }
            none: calls(filter: {operatorId: 1}) { totalCount nodes { statisticId } }
        } }"""
    )

    names = {
        key: [call["statisticId"] for call in calls["nodes"]] for key, calls in campaign.items()
    }
    assert names == {"calls": ["1", "2"], "others": ["3", "6"], "none": []}


CALLS = (
    '{ campaign(campaignId: "c1") { calls(first: 3) { nodes { statisticId callbacks { id } } } } }'
)


@pytest.mark.parametrize(
    "query",
    [
        """query ($n: Int = 3) { campaign(campaignId: "c1") { calls(first: $n) {
            nodes { statisticId callbacks { id } }
        } } }""",
        """{ ...Q }
        fragment Q on Query { campaign(campaignId: "c1") { ...C } }
        fragment C on Campaign { calls(first: 3) { ...P } }
        fragment P on CallConnection { nodes { ...N } }
        fragment N on Call { statisticId ...B }
        fragment B on Call { callbacks { id } }""",
        """{ campaign(campaignId: "c1") {
            ... { calls(first: 3) { nodes { statisticId } } }
            ... on Campaign { calls(first: 3) { nodes { callbacks { id } } } }
        } }""",
        """{ campaign(campaignId: "c1") { ... on Node { ... on Campaign {
            calls(first: 3) { nodes { ... on Node { ... on Call {
                statisticId callbacks { id }
            } } } }
        } } } }""",
        """{ campaign(campaignId: "c1") { calls(first: 3) {
            nodes { statisticId callbacks { id } status @skip(if: true) }
            edges @include(if: false) { node { application { id } } }
        } } }""",
        """query ($yes: Boolean = true, $no: Boolean = false) { campaign(campaignId: "c1") {
            calls(first: 3) { nodes {
                statisticId
                callbacks @include(if: $yes) { id }
                ... on Call @skip(if: $yes) { application { id } }
                ...A @include(if: $no)
            } }
        } }
        fragment A on Call { campaign { id } }""",
        """{ campaign(campaignId: "c1") {
            calls(first: 3) { nodes { statisticId } } ...C ...C
        } }
        fragment C on Campaign { calls(first: 3) { nodes { callbacks { id } } } }""",
    ],
)
async def test_a_query_may_be_written_in_many_ways(lists: Graph, query: str) -> None:
    assert await lists.get(query) == await lists.get(CALLS)


async def test_the_nodes_of_edges_are_the_nodes(lists: Graph) -> None:
    calls = (
        await lists.get(
            """
            fragment C on Call { statisticId application { applicationId calls { totalCount } } }
            { campaign(campaignId: "c1") { calls { nodes { ...C } edges { node { ...C } } } } }"""
        )
    )["calls"]

    assert [edge["node"] for edge in calls["edges"]] == calls["nodes"]
    assert len(calls["nodes"]) == THINGS


async def test_the_nodes_of_edges_may_be_asked_for_more(lists: Graph) -> None:
    calls = (
        await lists.get(
            """{ campaign(campaignId: "c1") { calls {
                nodes { statisticId callbacks { callbackId } }
                edges { node { statisticId callbacks { id application { applicationId } } } }
            } } }"""
        )
    )["calls"]

    assert [edge["node"]["statisticId"] for edge in calls["edges"]] == [
        node["statisticId"] for node in calls["nodes"]
    ]


@pytest.mark.parametrize("history_first", [True, False])
async def test_a_fragment_may_stand_in_a_thing_and_in_the_same_thing_below(
    lists: Graph,
    history_first: bool,  # noqa: FBT001 - a case of two
) -> None:
    parts = [
        "statusHistory { campaign { ...C } }",
        "...C calls(first: 2) { nodes { application { applicationId } } }",
    ]
    asked = " ".join(parts if history_first else reversed(parts))

    campaign = await lists.get(
        "fragment C on Campaign { calls(first: 2) { nodes { statisticId } } }"
        f'{{ campaign(campaignId: "c1") {{ {asked} }} }}'
    )

    calls = campaign["calls"]["nodes"]
    assert {call["application"]["applicationId"] for call in calls} == {"1"}
    assert campaign["statusHistory"][0]["campaign"]["calls"]["nodes"] == [
        {"statisticId": call["statisticId"]} for call in calls
    ]


async def test_a_fragment_on_the_interface_holds_for_every_type(lists: Graph) -> None:
    ids = [
        (await lists.get(f"{{ {root} {{ id }} }}"))["id"]
        for root in (ROOTS["campaign"], ROOTS["call"])
    ]

    found = await lists.get(
        """
        fragment E on Node { id revisions(first: 1) { nodes { position } } ...A ...B }
        fragment A on Call { events(first: 1) { totalCount } }
        fragment B on Campaign { events(first: 1) { nodes { position } } }
        query ($ids: [ID!]!) { nodes(ids: $ids) { __typename ...E } }""",
        ids=ids,
    )

    assert [each["__typename"] for each in found] == ["Campaign", "Call"]
    assert list(found[0]["events"]) == ["nodes"]
    assert list(found[1]["events"]) == ["totalCount"]
    assert all(len(each["revisions"]["nodes"]) == 1 for each in found)


async def test_fragments_that_spread_each_other_twice_cost_no_more_than_they_say(
    lists: Graph,
) -> None:
    doubled = [
        f"fragment F{level} on Campaign {{ ...F{level + 1} ...F{level + 1} }}"
        for level in range(24)
    ]
    last = "fragment F24 on Campaign { calls(first: 1) { nodes { id } } }"

    found = await lists.get(
        '{ campaign(campaignId: "c1") { ...F0 } }' + "\n".join([*doubled, last])
    )

    assert len(found["calls"]["nodes"]) == 1


async def test_variables_may_be_left_out(lists: Graph) -> None:
    found = await lists.get(
        """query ($after: String, $filter: CallFilter, $first: Int) { campaign(campaignId: "c1") {
            calls(first: $first, after: $after, filter: $filter) { totalCount nodes { id } }
        } }"""
    )

    assert len(found["calls"]["nodes"]) == found["calls"]["totalCount"] == THINGS


async def test_the_order_of_ties_is_that_of_ids(lists: Graph) -> None:
    calls = await Pages(lists, "campaign.calls", "statisticId", "").page("first: 500")

    names = [edge["node"]["statisticId"] for edge in calls["edges"]]

    assert names == ["6", "3", "7", "5", "4", "2", "1"]
    assert all(before != after for before, after in pairwise(names))
