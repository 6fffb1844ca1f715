"""Orders: each in both directions, nulls, ties."""

from collections.abc import AsyncIterator

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from graph import Graph, a_graph

EARLY, LATE = "2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z"
PAIRS = {"crm": "x"}
# Numbers by value, then text: the order of these ids is that of their places.
IDS = ["-5", "2", "10", "10a", "b"]
# An early and a late pair of equal dates, and none.
DATES = dict(zip(IDS, [LATE, EARLY, LATE, EARLY, None], strict=True))

ASCENDING = "2 10a -5 10 b"
DESCENDING = "b 10 -5 10a 2"


def the_events() -> list[bytes]:
    events = [
        a_tac_event(an_application(id="owner", clientSyncIdsToValues=PAIRS)),
        a_tac_event(an_application(id="owner", telemarketCampaignId="c")),
    ]
    for key, date in reversed(DATES.items()):
        application = an_application(
            id=key, telemarketCampaignId="c2", nextCall=date, lastCall=date
        )
        call = {"campaignId": "c", "updatedDate": date, "clientSyncIdsToValues": PAIRS}
        callback = {"applicationId": "owner", "recallAt": date, "createdAt": date}
        events += [
            a_tac_event(application),
            a_call_event(statisticId=key, **call),
            a_callback_event(id=key, **callback),
            a_call_event(statisticId="carrier", campaignId=key),
        ]
        events += [a_campaign_event(campaignId=key, status="NEW", eventCreationDate=date)] * bool(
            date
        )
    return events


@pytest.fixture(scope="module")
async def things(mongo_uri: str) -> AsyncIterator[Graph]:
    async with a_graph(mongo_uri, *the_events()) as graph:
        yield graph


LISTS = {
    "campaigns": ("{ campaigns(%s) { nodes { campaignId } } }", "campaignId"),
    "applications": (
        '{ campaign(campaignId: "c2") { applications(%s) { nodes { applicationId } } } }',
        "applicationId",
    ),
    "calls": (
        '{ campaign(campaignId: "c") { calls(%s) { nodes { statisticId } } } }',
        "statisticId",
    ),
    "callbacks": ("{ callbacks(%s) { nodes { callbackId } } }", "callbackId"),
    "callbacks of the campaign": (
        '{ campaign(campaignId: "c") { callbacks(%s) { nodes { callbackId } } } }',
        "callbackId",
    ),
    "calls of the application": (
        '{ application(applicationId: "owner") { calls(%s) { nodes { statisticId } } } }',
        "statisticId",
    ),
    "callbacks of the application": (
        '{ application(applicationId: "owner") { callbacks(%s) { nodes { callbackId } } } }',
        "callbackId",
    ),
}


async def listed(graph: Graph, name: str, arguments: str) -> list[str]:
    query, key = LISTS[name]
    found = await graph.get(query % arguments)
    nodes = found["nodes"] if "nodes" in found else next(iter(found.values()))["nodes"]
    return [node[key] for node in nodes if node[key] in IDS]


BY_ID = " ".join(IDS)
BACKWARDS = " ".join(reversed(IDS))


@pytest.mark.parametrize(
    ("name", "order", "expected"),
    [
        ("campaigns", "field: CAMPAIGN_ID", BY_ID),
        ("campaigns", "field: CAMPAIGN_ID, direction: ASC", BY_ID),
        ("campaigns", "field: CAMPAIGN_ID, direction: DESC", BACKWARDS),
        ("campaigns", "field: STATUS_CHANGED_AT", ASCENDING),
        ("campaigns", "field: STATUS_CHANGED_AT, direction: ASC", ASCENDING),
        ("campaigns", "field: STATUS_CHANGED_AT, direction: DESC", DESCENDING),
        ("applications", "field: APPLICATION_ID", BY_ID),
        ("applications", "field: APPLICATION_ID, direction: DESC", BACKWARDS),
        ("applications", "field: NEXT_CALL", ASCENDING),
        ("applications", "field: NEXT_CALL, direction: DESC", DESCENDING),
        ("applications", "field: LAST_CALL", ASCENDING),
        ("applications", "field: LAST_CALL, direction: DESC", DESCENDING),
        ("calls", "field: UPDATED_DATE", DESCENDING),
        ("calls", "field: UPDATED_DATE, direction: ASC", ASCENDING),
        ("calls of the application", "field: UPDATED_DATE", DESCENDING),
        ("calls of the application", "field: UPDATED_DATE, direction: ASC", ASCENDING),
        ("callbacks", "field: RECALL_AT", ASCENDING),
        ("callbacks", "field: RECALL_AT, direction: DESC", DESCENDING),
        ("callbacks", "field: CREATED_AT", ASCENDING),
        ("callbacks", "field: CREATED_AT, direction: DESC", DESCENDING),
        ("callbacks of the campaign", "field: RECALL_AT", ASCENDING),
        ("callbacks of the campaign", "field: CREATED_AT, direction: DESC", DESCENDING),
        ("callbacks of the application", "field: RECALL_AT", ASCENDING),
        ("callbacks of the application", "field: CREATED_AT, direction: DESC", DESCENDING),
    ],
)
async def test_a_list_is_sorted_as_asked_for(
    things: Graph, name: str, order: str, expected: str
) -> None:
    assert await listed(things, name, f"orderBy: {{{order}}}") == expected.split()


@pytest.mark.parametrize("order", ["first: 500", "orderBy: null"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("campaigns", BY_ID),
        ("applications", BY_ID),
        ("calls", DESCENDING),
        ("calls of the application", DESCENDING),
        ("callbacks", ASCENDING),
        ("callbacks of the campaign", ASCENDING),
        ("callbacks of the application", ASCENDING),
    ],
)
async def test_a_list_has_an_order_by_default(
    things: Graph, name: str, order: str, expected: str
) -> None:
    assert await listed(things, name, order) == expected.split()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", BY_ID),
        ("orderBy: {field: NEXT_CALL}", ASCENDING),
        ("orderBy: {field: LAST_CALL, direction: DESC}", DESCENDING),
    ],
)
async def test_a_moment_of_the_past_is_sorted_alike(
    things: Graph, order: str, expected: str
) -> None:
    query = """{ campaign(campaignId: "c2", asOf: "2026-02-01") {
        applications(first: 9 %s) { totalCount nodes { applicationId } }
    } }"""

    page = (await things.get(query % order))["applications"]

    assert [each["applicationId"] for each in page["nodes"]] == expected.split()
    assert page["totalCount"] == len(IDS)


async def test_the_legs_of_a_call_are_sorted_by_date_then_by_id(graph: Graph) -> None:
    legs = (
        a_call_event(statisticId=key, updatedDate=date, redirectionId=1)
        for key, date in DATES.items()
    )
    await graph.append(*legs, a_call_event(redirectionId=1))

    found = await graph.get('{ call(statisticId: "s1") { redirections { statisticId } } }')

    assert [leg["statisticId"] for leg in found["redirections"]] == [*ASCENDING.split(), "s1"][:-1]


async def test_the_callbacks_of_a_call_are_sorted_like_all_callbacks_by_when_they_are_due(
    graph: Graph,
) -> None:
    pair = {"clientSyncIdsToValues": PAIRS}
    made = (
        a_callback_event(id=key, applicationId="a1", createdAt=EARLY, recallAt=date)
        for key, date in reversed(DATES.items())
    )
    await graph.append(
        a_tac_event(an_application(telemarketCampaignId="c", **pair)),
        a_call_event(campaignId="c", updatedDate=EARLY, **pair),
        *made,
    )

    found = await graph.get('{ call(statisticId: "s1") { callbacks { callbackId } } }')

    assert [each["callbackId"] for each in found["callbacks"]] == ASCENDING.split()


async def test_a_list_is_sorted_by_what_is_known_now(graph: Graph) -> None:
    await graph.append(
        a_callback_event(id=1, recallAt=EARLY),
        a_callback_event(id=2, recallAt=LATE),
        a_callback_event(id=1, recallAt=None, eventCreationDate=LATE),
        a_callback_event(id=2, recallAt=EARLY, eventCreationDate="2026-01-31T09:00:00Z"),
    )

    found = await graph.get("{ callbacks { nodes { callbackId recallAt } } }")

    assert found["nodes"] == [
        {"callbackId": "2", "recallAt": "2026-01-31T11:00:00.000Z"},
        {"callbackId": "1", "recallAt": None},
    ]
