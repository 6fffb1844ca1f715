"""Filters: what each of them lets through."""

from collections.abc import AsyncIterator
from unittest.mock import Mock

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from graph import Graph, a_graph

from api import filters
from store.fold import State

TEN, ELEVEN, TWELVE = (f"2026-01-31T{hour}:00:00.000Z" for hour in (10, 11, 12))
NINE = "2026-01-31T09:00:00Z"
PAIRS = {"crm": "x"}

EVENTS = [
    a_campaign_event(campaignId=1, status="NEW"),
    a_campaign_event(campaignId=2, status="PAUSED"),
    a_campaign_event(campaignId=2, status="NEW", eventCreationDate=NINE),  # late: changes nothing
    a_campaign_event(campaignId="x", status="dozing"),
    a_tac_event(
        an_application(id=1, status="NEW", processable=True, hasRecall=False, nextCall=TEN),
        an_application(id=2, status="", nextPhoneNumber="+380 (44) 1", nextCall=ELEVEN),
        an_application(id=3, status="DONE", clientSyncIdsToValues=PAIRS, hasRecall=True),
        an_application(id=4, processable=False, clientSyncIdsToValues={"crm": "y", "erp": "x"}),
    ),
    # What was said before does not count.
    a_tac_event(
        an_application(id=1, status="DONE", nextPhoneNumber="380441", clientSyncIdsToValues=PAIRS),
        an_application(id=4, processable=True, hasRecall=True, nextCall=TEN),
        eventCreationDate=NINE,
    ),
    *(a_tac_event(an_application(id=number, telemarketCampaignId=1)) for number in (1, 2, 3, 4)),
    a_call_event(statisticId=1, status="successful", updatedDate=TEN, operatorId=7),
    a_call_event(statisticId=2, status="no", updatedDate=ELEVEN, callType="Callback"),
    a_call_event(statisticId=3, status=False, phoneNumber="380-44-1", callType="Normal"),
    a_call_event(statisticId=4, operatorId="7.0", clientSyncIdsToValues=PAIRS),
    *(a_call_event(statisticId=number, campaignId=1) for number in (1, 2, 3, 4)),
    a_callback_event(id=1, applicationId=3, recallAt=TEN, operatorId=7, autorecall=True),
    a_callback_event(id=2, applicationId=3, recallAt=TWELVE, autorecall=0),
    a_callback_event(id=3, applicationId=4, recallAt=ELEVEN, recallStatus="Completed"),
    a_callback_event(id=4, applicationId=9, createdAt=TEN),
    a_callback_event(id=5, operatorId=7),
]


@pytest.fixture(scope="module")
async def things(mongo_uri: str) -> AsyncIterator[Graph]:
    async with a_graph(mongo_uri, *EVENTS) as graph:
        yield graph


LISTS = {
    "campaigns": ("{ campaigns(%s) { totalCount nodes { campaignId } } }", "campaignId"),
    "applications": (
        '{ campaign(campaignId: "1") { applications(%s) { totalCount nodes { applicationId } } } }',
        "applicationId",
    ),
    "calls": (
        """{ campaign(campaignId: "1") {
            calls(%s, orderBy: {field: UPDATED_DATE, direction: ASC}) {
                totalCount nodes { statisticId }
            }
        } }""",
        "statisticId",
    ),
    "callbacks": ("{ callbacks(%s) { totalCount nodes { callbackId } } }", "callbackId"),
    "callbacks of the campaign": (
        '{ campaign(campaignId: "1") { callbacks(%s) { totalCount nodes { callbackId } } } }',
        "callbackId",
    ),
    "calls of the application": (
        '{ application(applicationId: "1") { calls(%s) { totalCount nodes { statisticId } } } }',
        "statisticId",
    ),
    "callbacks of the application": (
        """{ application(applicationId: "3") {
            callbacks(%s) { totalCount nodes { callbackId } }
        } }""",
        "callbackId",
    ),
    "events": ("{ events(first: 500, %s) { totalCount nodes { position } } }", "position"),
}


async def listed(graph: Graph, name: str, arguments: str) -> list[str]:
    query, key = LISTS[name]
    found = await graph.get(query % arguments)
    page = found if "nodes" in found else next(iter(found.values()))
    assert page["totalCount"] == len(page["nodes"])
    return [str(node[key]) for node in page["nodes"]]


@pytest.mark.parametrize("filter_", ["filter: null", "filter: {}"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("campaigns", "1 2 x"),
        ("applications", "1 2 3 4"),
        ("calls", "1 2 3 4"),
        ("callbacks", "1 3 2 4 5"),
        ("callbacks of the campaign", "1 3 2"),
        ("calls of the application", "4 3"),
        ("callbacks of the application", "1 2"),
        ("events", " ".join(map(str, range(1, len(EVENTS) + 1)))),
    ],
)
async def test_no_condition_lets_everything_through(
    things: Graph, name: str, filter_: str, expected: str
) -> None:
    assert await listed(things, name, filter_) == expected.split()


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("campaigns", "status: null, campaignIds: null"),
        (
            "applications",
            """status: null, processable: null, hasRecall: null, nextCall: null, phoneNumber: null,
            clientSyncId: null""",
        ),
        ("applications", "status: null"),
        (
            "calls",
            """status: null, callType: null, operatorId: null, updatedDate: null,
            phoneNumber: null, linked: null""",
        ),
        (
            "callbacks",
            """state: null, at: null, operatorId: null, recallAt: null, autorecall: null,
            campaignId: null""",
        ),
        ("events", "eventNames: null, receivedAt: null, occurredAt: null"),
    ],
)
async def test_a_null_condition_lets_everything_through(
    things: Graph, name: str, condition: str
) -> None:
    assert await listed(things, name, f"filter: {{{condition}}}") == await listed(
        things, name, "filter: {}"
    )


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("campaigns", "status: []"),
        ("campaigns", "campaignIds: []"),
        ("applications", "status: []"),
        ("calls", "status: []"),
        ("callbacks", "state: []"),
        ("callbacks of the campaign", "state: []"),
        ("callbacks of the application", "state: []"),
        ("calls of the application", "status: []"),
        ("events", "eventNames: []"),
    ],
)
async def test_an_empty_list_lets_nothing_through(things: Graph, name: str, condition: str) -> None:
    assert await listed(things, name, f"filter: {{{condition}}}") == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("status: [NEW]", "1"),
        ("status: NEW", "1"),
        ("status: [PAUSED, NEW, FINISHED]", "1 2"),
        ("status: [STOPPED]", ""),
        ('campaignIds: ["x", 2, "unknown"]', "2 x"),
        ('campaignIds: ["2.0"]', ""),
        ('status: [NEW], campaignIds: ["2", "x"]', ""),
        ('status: [PAUSED], campaignIds: ["2", "x"]', "2"),
    ],
)
async def test_campaigns(things: Graph, condition: str, expected: str) -> None:
    assert await listed(things, "campaigns", f"filter: {{{condition}}}") == expected.split()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('status: ["NEW"]', "1"),
        ('status: ["NEW", "DONE"]', "1 3"),
        ('status: ["new"]', ""),
        ('status: [""]', "2"),
        ("processable: true", "1"),
        ("processable: false", "4"),
        ("hasRecall: true", "3 4"),
        ("hasRecall: false", "1"),
        (f'nextCall: {{from: "{TEN}"}}', "1 2 4"),
        (f'nextCall: {{to: "{ELEVEN}"}}', "1 4"),
        (f'nextCall: {{from: "{TEN}", to: "{TEN}"}}', ""),
        (f'nextCall: {{from: "{ELEVEN}", to: "{TWELVE}"}}', "2"),
        ("nextCall: {}", "1 2 4"),
        ("nextCall: {from: null, to: null}", "1 2 4"),
        ('phoneNumber: "380441"', "1 2"),
        ('phoneNumber: "+38 (044) 1"', "1 2"),
        ('phoneNumber: "441"', ""),
        ('clientSyncId: {field: "crm", value: "x"}', "1 3"),
        ('clientSyncId: {field: "erp", value: "x"}', "4"),
        ('clientSyncId: {field: "crm", value: "z"}', ""),
        (f'hasRecall: true, nextCall: {{to: "{ELEVEN}"}}', "4"),
        ('status: ["DONE"], clientSyncId: {field: "crm", value: "x"}, hasRecall: true', "3"),
    ],
)
async def test_applications(things: Graph, condition: str, expected: str) -> None:
    assert await listed(things, "applications", f"filter: {{{condition}}}") == expected.split()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("status: [SUCCESSFUL]", "1"),
        ("status: [NOT_SUCCESSFUL, SUCCESSFUL]", "1 3"),
        ("callType: NORMAL", "3"),
        ("callType: CALLBACK", "2"),
        ("operatorId: 7", "1"),
        ('operatorId: "7.0"', "4"),
        (f'updatedDate: {{from: "{TEN}", to: "{ELEVEN}"}}', "1"),
        ("updatedDate: {}", "1 2"),
        ('phoneNumber: "(380) 441"', "3"),
        ("linked: true", "3 4"),
        ("linked: false", "1 2"),
        ("linked: true, callType: NORMAL", "3"),
        ("linked: false, status: [NOT_SUCCESSFUL]", ""),
    ],
)
async def test_calls(things: Graph, condition: str, expected: str) -> None:
    assert await listed(things, "calls", f"filter: {{{condition}}}") == expected.split()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f'state: [SCHEDULED], at: "{TEN}"', "2 4 5"),
        (f'state: [DUE], at: "{TEN}"', "1"),
        (f'state: [COMPLETED], at: "{NINE}"', "3"),
        (f'state: [COMPLETED, DUE], at: "{TWELVE}"', "1 3 2"),
        ("state: [DUE]", "1 2"),
        (f'at: "{TEN}"', "1 3 2 4 5"),
        ("operatorId: 7", "1 5"),
        (f'recallAt: {{from: "{ELEVEN}"}}', "3 2"),
        (f'recallAt: {{to: "{ELEVEN}"}}', "1"),
        ("recallAt: {}", "1 3 2"),
        ("autorecall: true", "1"),
        ("autorecall: false", "2"),
        ("campaignId: 1", "1 3 2"),
        ('campaignId: "1.0"', ""),
        ("campaignId: 2", ""),
        ("campaignId: 1, state: [DUE], autorecall: true", "1"),
        ("campaignId: 1, state: [COMPLETED], operatorId: 7", ""),
    ],
)
async def test_callbacks(things: Graph, condition: str, expected: str) -> None:
    assert await listed(things, "callbacks", f"filter: {{{condition}}}") == expected.split()


@pytest.mark.parametrize(
    ("name", "condition", "expected"),
    [
        ("calls of the application", "linked: true", "4 3"),
        ("calls of the application", "linked: false", ""),
        ("calls of the application", 'operatorId: "7.0"', "4"),
        ("calls of the application", "operatorId: 7", ""),
        ("callbacks of the application", "autorecall: true", "1"),
        ("callbacks of the application", f'state: [DUE], at: "{TWELVE}"', "1 2"),
        ("callbacks of the application", "campaignId: 1", "1 2"),
        ("callbacks of the application", "campaignId: 2", ""),
        ("callbacks of the campaign", "autorecall: true", "1"),
        ("callbacks of the campaign", f'state: [DUE, COMPLETED], at: "{ELEVEN}"', "1 3"),
        ("callbacks of the campaign", "campaignId: 1", "1 3 2"),
        ("callbacks of the campaign", "campaignId: 2", ""),
    ],
)
async def test_lists_below(things: Graph, name: str, condition: str, expected: str) -> None:
    assert await listed(things, name, f"filter: {{{condition}}}") == expected.split()


CAMPAIGN_EVENT = "TelemarketCampaignStatusChangedEvent"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f'eventNames: ["{CAMPAIGN_EVENT}"]', "1 2 3 4"),
        (f'eventNames: ["{CAMPAIGN_EVENT.lower()}"]', ""),
        (f'eventNames: ["Unknown", "{CAMPAIGN_EVENT}"]', "1 2 3 4"),
        (f'occurredAt: {{to: "{TEN}"}}', "3 6"),
        (f'occurredAt: {{from: "{NINE}", to: "2026-01-31T09:00:00.001Z"}}', "3 6"),
        (f'occurredAt: {{from: "2026-01-31T09:00:00.0005Z", to: "{TEN}"}}', ""),
        (f'occurredAt: {{from: "{NINE}", to: "2026-01-31T09:00:00.0005Z"}}', "3 6"),
        (f'occurredAt: {{to: "{TEN}"}}, eventNames: ["{CAMPAIGN_EVENT}"]', "3"),
        ('receivedAt: {to: "2026-01-01T00:00:00Z"}', ""),
        ('receivedAt: {from: "9999-01-01T00:00:00Z"}', ""),
    ],
)
async def test_events(things: Graph, condition: str, expected: str) -> None:
    assert await listed(things, "events", f"filter: {{{condition}}}") == expected.split()


@pytest.mark.parametrize(
    "condition",
    ["{}", "{from: null, to: null}", '{from: "0001-01-01", to: "9999-12-31T23:59:59.999999Z"}'],
)
@pytest.mark.parametrize("field", ["occurredAt", "receivedAt"])
async def test_an_open_range_of_events_lets_everything_through(
    things: Graph, field: str, condition: str
) -> None:
    found = await listed(things, "events", f"filter: {{{field}: {condition}}}")

    assert len(found) == len(EVENTS)


async def test_a_filter_is_of_the_moment_asked_about(things: Graph) -> None:
    found = await things.get(
        f"""{{ campaigns(filter: {{status: [NEW]}}, asOf: "{NINE}") {{
            nodes {{ campaignId }}
        }} }}"""
    )

    assert found["nodes"] == [{"campaignId": "2"}]


async def test_the_state_of_callbacks_is_judged_at_the_moment_asked_about(graph: Graph) -> None:
    early = {"eventCreationDate": NINE}
    await graph.append(
        a_callback_event(id=1, recallAt=TEN, **early),
        a_callback_event(id=2, recallAt=TWELVE, **early),
    )

    found = await graph.get(
        f"""{{ callbacks(filter: {{state: [DUE]}}, asOf: "{ELEVEN}") {{
            nodes {{ callbackId state }}
        }} }}"""
    )

    assert found["nodes"] == [{"callbackId": "1", "state": "DUE"}]


async def test_filters_may_be_variables(things: Graph) -> None:
    found = await things.get(
        """query ($filter: CallbackFilter, $states: [CallbackState!]) {
            callbacks(filter: $filter) {
                nodes { application { callbacks(filter: {state: $states}) { totalCount } } }
            }
        }""",
        filter={"autorecall": True, "recallAt": {"from": TEN}},
        states=["COMPLETED"],
    )

    assert found["nodes"] == [{"application": {"callbacks": {"totalCount": 0}}}]


def test_what_is_wanted_is_read_once_not_once_for_each_thing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A number of a megabyte would else hold up everybody, and no time limit could end it."""
    long, read = "1" * 100_000, Mock(wraps=filters._digits)  # noqa: SLF001 - what is spied on
    monkeypatch.setattr(filters, "_digits", read)
    condition = filters.same_digits("phone", long)
    state = State("call", "acme", "1", {"phone": "2"})

    assert not any(condition(state) for _ in range(10))
    assert [call.args for call in read.call_args_list].count((long,)) == 1
