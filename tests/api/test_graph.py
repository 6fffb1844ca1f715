"""The graph's types, field by field, and its edges in both directions."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
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

TEN = "2026-01-31T10:00:00.000Z"
ELEVEN = "2026-01-31T11:00:00.000Z"


def a_linked_pair(**call: object) -> tuple[bytes, bytes]:
    """An application and a call that share a client sync pair."""
    pairs = {"crm": "x"}
    application = an_application(telemarketCampaignId="c1", clientSyncIdsToValues=pairs)
    return (
        a_tac_event(application),
        a_call_event(**{"campaignId": "c1", "clientSyncIdsToValues": pairs, **call}),
    )


@pytest.fixture(scope="module")
async def four(mongo_uri: str) -> AsyncIterator[Graph]:
    """One thing of each kind."""
    events = (a_campaign_event(), *a_linked_pair(), a_callback_event(applicationId="a1"))
    async with a_graph(mongo_uri, *events) as graph:
        yield graph


@pytest.fixture(scope="module")
async def two_companies(mongo_uri: str) -> AsyncIterator[Graph]:
    """The same campaign id in two companies, in each with another status."""
    other = a_campaign_event(companyId="beta", status="PAUSED")
    async with a_graph(mongo_uri, a_campaign_event(status="NEW"), other) as graph:
        yield graph


@pytest.fixture(scope="module")
async def shared(mongo_uri: str) -> AsyncIterator[Graph]:
    """A log that tests share; each looks at what it appended last."""
    async with a_graph(mongo_uri) as graph:
        yield graph


async def test_a_campaign_shows_each_of_its_fields(graph: Graph) -> None:
    await graph.append(a_campaign_event(campaignId=7, status="inProcess"))

    shown = await graph.get(
        "{ campaign(campaignId: 7) { campaignId companyId status statusRaw statusChangedAt } }"
    )

    assert shown == {
        "campaignId": "7",
        "companyId": "acme",
        "status": "IN_PROCESS",
        "statusRaw": "inProcess",
        "statusChangedAt": TEN,
    }


async def test_a_campaign_tells_its_history(graph: Graph) -> None:
    later = "2026-01-31T11:00:00Z"
    await graph.append(
        a_campaign_event(status="NEW"), a_campaign_event(status="dozing", eventCreationDate=later)
    )

    history = await graph.get(
        """{ campaign(campaignId: "c1") { statusHistory {
            position occurredAt previousStatus status statusRaw campaign { campaignId status }
        } } }"""
    )

    told = {"campaignId": "c1", "status": None}
    assert history["statusHistory"] == [
        {
            "position": 1,
            "occurredAt": TEN,
            "previousStatus": None,
            "status": "NEW",
            "statusRaw": "NEW",
            "campaign": told,
        },
        {
            "position": 2,
            "occurredAt": ELEVEN,
            "previousStatus": "NEW",
            "status": None,
            "statusRaw": "dozing",
            "campaign": told,
        },
    ]


async def test_an_application_shows_each_of_its_fields(graph: Graph) -> None:
    fields: dict[str, object] = {
        "status": "IN_WORK",
        "maxCallCount": 5,
        "calledCount": "2",
        "nextPhoneNumber": "+380 44 1",
        "smsStatus": "SENT",
        "smsMessage": "We called you",
        "errorMessage": "busy",
        "ccprojectCallStatus": "Interested",
        "hasRecall": True,
        "processable": 0,
        "telemarketClientParentId": "12",
    }
    given = {
        **fields,
        "telemarketCampaignId": 7,
        "lastCall": "2026-01-31 10:00",
        "nextCall": 1769857200,
        "telemarketClientParentId": 12,
        "clientSyncIdsToValues": {"crm": ["x", 7]},
    }
    await graph.append(a_tac_event(an_application(id=3, **given)))

    shown = await graph.get(
        """{ application(applicationId: "3") {
            status maxCallCount calledCount nextPhoneNumber smsStatus smsMessage errorMessage
            ccprojectCallStatus hasRecall processable telemarketClientParentId
            applicationId companyId campaignId statusChangedAt lastCall nextCall
            clientSyncIds { field value }
        } }"""
    )

    assert shown == {
        **fields,
        "calledCount": 2,
        "processable": False,
        "applicationId": "3",
        "companyId": "acme",
        "campaignId": "7",
        "statusChangedAt": TEN,
        "lastCall": TEN,
        "nextCall": ELEVEN,
        "clientSyncIds": [{"field": "crm", "value": "x"}, {"field": "crm", "value": "7"}],
    }


async def test_the_deprecated_fields_of_an_application_show_their_json(graph: Graph) -> None:
    application = b"""{"id": "a1", "orderIndex": 1.50, "callPriorityIndex": [1, null],
        "ccprojectStatusCalledCount": {"b": 1e3, "b": "x"}, "agiProcessing": null}"""
    await graph.append(a_tac_event("HERE").replace(b'"HERE"', application))

    spelled = await graph.spelled(
        """{ application(applicationId: "a1") {
            orderIndex callPriorityIndex ccprojectStatusCalledCount agiProcessing
        } }"""
    )

    assert (
        b'{"orderIndex":1.50,"callPriorityIndex":[1, null],'
        b'"ccprojectStatusCalledCount":{"b": 1e3, "b": "x"},"agiProcessing":null}'
    ) in spelled


async def test_an_application_tells_its_history(graph: Graph) -> None:
    await graph.append(
        a_tac_event(an_application(status="NEW")),
        a_tac_event(an_application(status=None), eventCreationDate="2026-01-31T11:00:00Z"),
    )

    history = await graph.get(
        """{ application(applicationId: "a1") { statusHistory {
            position occurredAt previousStatus status application { applicationId }
        } } }"""
    )

    assert [
        (each["position"], each["occurredAt"], each["previousStatus"], each["status"])
        for each in history["statusHistory"]
    ] == [(1, TEN, None, "NEW"), (2, ELEVEN, "NEW", None)]
    assert history["statusHistory"][0]["application"] == {"applicationId": "a1"}


async def test_the_cursor_of_a_history_entry_resumes_a_subscription(graph: Graph) -> None:
    await graph.append(a_campaign_event(status="NEW"))

    history = await graph.get('{ campaign(campaignId: "c1") { statusHistory { cursor } } }')

    assert base64.urlsafe_b64decode(history["statusHistory"][0]["cursor"] + "==")


async def test_a_call_shows_each_of_its_fields(graph: Graph) -> None:
    texts: dict[str, object] = {
        "phoneNumber": "+380 44 1",
        "clientCallStatus": "ANSWERED",
        "operatorCallStatus": "OK",
        "closeFormStatus": "Saved",
        "hungupSide": "CLIENT",
        "externalId": "line 7",
        "errorMessage": "none",
    }
    given = {
        "campaignId": 7,
        "updatedDate": TEN,
        "operatorId": 8,
        "operatorCallDuration": "01:30",
        "generalCallDuration": 91.5,
        "status": "not successful",
        "callType": "Callback",
        "recallDescription": 2,
        "recallType": "personal",
        "redirectionId": 9,
        "calledCount": 3,
        "clientSyncIdsToValues": [{"id": "crm", "value": "x"}],
    }
    await graph.append(a_call_event(statisticId=1, **texts, **given))

    shown = await graph.get(
        """{ call(statisticId: "1") {
            phoneNumber clientCallStatus operatorCallStatus closeFormStatus hungupSide externalId
            errorMessage statisticId companyId campaignId updatedDate operatorId
            operatorCallDuration generalCallDuration status statusRaw callType callTypeRaw
            recallDescription recallDescriptionRaw recallType recallTypeRaw redirectionId
            calledCount clientSyncIds { field value }
        } }"""
    )

    assert shown == {
        **texts,
        "statisticId": "1",
        "companyId": "acme",
        "campaignId": "7",
        "updatedDate": TEN,
        "operatorId": "8",
        "operatorCallDuration": 90.0,
        "generalCallDuration": 91.5,
        "status": "NOT_SUCCESSFUL",
        "statusRaw": "not successful",
        "callType": "CALLBACK",
        "callTypeRaw": "Callback",
        "recallDescription": "COMPLETED",
        "recallDescriptionRaw": "2",
        "recallType": "PERSONAL",
        "recallTypeRaw": "personal",
        "redirectionId": "9",
        "calledCount": 3,
        "clientSyncIds": [{"field": "crm", "value": "x"}],
    }


async def test_a_callback_shows_each_of_its_fields(graph: Graph) -> None:
    texts: dict[str, object] = {
        "description": "Ask for Ann",
        "name": "Second try",
        "phoneNumber": "+380 44 1",
    }
    given = {
        "applicationId": 3,
        "createdAt": TEN,
        "autorecall": "true",
        "recallAt": ELEVEN,
        "recallStatus": "PersonalCreated",
        "operatorId": 8,
        "clientSyncIdsToValues": {"crm": "x"},
    }
    await graph.append(a_callback_event(id=1, **texts, **given))

    shown = await graph.get(
        """{ callback(callbackId: "1") {
            description name phoneNumber callbackId companyId applicationId createdAt autorecall
            recallAt recallStatus recallStatusRaw operatorId clientSyncIds { field value }
            before: state(at: "2026-01-31T10:59:59.999Z") then: state(at: "2026-01-31T11:00:00Z")
        } }"""
    )

    assert shown == {
        **texts,
        "callbackId": "1",
        "companyId": "acme",
        "applicationId": "3",
        "createdAt": TEN,
        "autorecall": True,
        "recallAt": ELEVEN,
        "recallStatus": "PERSONAL_CREATED",
        "recallStatusRaw": "PersonalCreated",
        "operatorId": "8",
        "clientSyncIds": [{"field": "crm", "value": "x"}],
        "before": "SCHEDULED",
        "then": "DUE",
    }


@pytest.mark.parametrize(
    ("kind", "event", "asked"),
    [
        ("call", a_call_event(), 'call(statisticId: "s1")'),
        ("callback", a_callback_event(), 'callback(callbackId: "b1")'),
        ("application", a_tac_event(an_application()), 'application(applicationId: "a1")'),
        ("campaign", a_campaign_event(), 'campaign(campaignId: "c1")'),
    ],
)
async def test_what_was_not_said_is_null(graph: Graph, kind: str, event: bytes, asked: str) -> None:
    type_name, own = kind.title(), {f"{kind}Id", "statisticId", "companyId", "id", "state"}
    await graph.append(event)
    listed = await graph.get(
        """query ($name: String!) { __type(name: $name) { fields(includeDeprecated: true) {
            name type { kind ofType { kind } }
        } } }""",
        name=type_name,
    )
    plain = {"SCALAR", "ENUM"}
    names = [each["name"] for each in listed["fields"] if each["type"]["kind"] in plain]

    shown = await graph.get(f"{{ {asked} {{ {' '.join(names)} }} }}")

    assert {name: shown[name] for name in names if name not in own} == dict.fromkeys(names)
    assert names


async def test_the_edges_between_the_four_things_lead_both_ways(graph: Graph) -> None:
    await graph.append(
        a_campaign_event(),
        *a_linked_pair(updatedDate=TEN, recallDescription="PersonalCreated"),
        a_callback_event(applicationId="a1", createdAt=TEN, recallAt=ELEVEN),
    )

    shown = await graph.get(
        """{ campaign(campaignId: "c1") {
            applications { nodes {
                applicationId campaign { campaignId }
                calls { nodes {
                    statisticId campaign { campaignId } application { applicationId }
                    callbacks {
                        callbackId campaign { campaignId } application { applicationId }
                        createdDuring { statisticId }
                    }
                } }
                callbacks { nodes { callbackId } }
            } }
            calls { nodes { statisticId } }
            callbacks { nodes { callbackId } }
        } }"""
    )

    campaign, application = {"campaignId": "c1"}, {"applicationId": "a1"}
    call, callback = {"statisticId": "s1"}, {"callbackId": "b1"}
    up = {"campaign": campaign, "application": application}
    assert shown["calls"]["nodes"] == [call]
    assert shown["callbacks"]["nodes"] == [callback]
    assert shown["applications"]["nodes"] == [
        {
            **application,
            "campaign": campaign,
            "calls": {
                "nodes": [{**call, **up, "callbacks": [{**callback, **up, "createdDuring": call}]}]
            },
            "callbacks": {"nodes": [callback]},
        }
    ]


async def test_a_completion_leads_both_ways(graph: Graph) -> None:
    await graph.append(
        *a_linked_pair(updatedDate=ELEVEN, recallDescription="Completed"),
        a_callback_event(applicationId="a1", createdAt=TEN),
    )

    callback = await graph.get(
        '{ callback(callbackId: "b1") { state completedBy { completedCallback { callbackId } } } }'
    )

    assert callback == {
        "state": "COMPLETED",
        "completedBy": {"completedCallback": {"callbackId": "b1"}},
    }


async def test_a_call_tells_how_its_application_was_found(graph: Graph) -> None:
    other = an_application(id="a2", telemarketCampaignId="c1", nextPhoneNumber="0441")
    await graph.append(
        *a_linked_pair(),
        a_tac_event(other, an_application(id="a3", telemarketCampaignId="c1", nextPhoneNumber=441)),
        a_call_event(statisticId="s2", campaignId="c1", phoneNumber="(0) 441"),
        a_call_event(statisticId="s3", campaignId="c1", phoneNumber="999"),
    )

    shown = [
        await graph.get(
            """query ($id: ID!) { call(statisticId: $id) {
                application { applicationId } applicationMatch { matchedBy candidateCount }
            } }""",
            id=statistic,
        )
        for statistic in ("s1", "s2", "s3")
    ]

    assert shown == [
        {
            "application": {"applicationId": "a1"},
            "applicationMatch": {"matchedBy": "CLIENT_SYNC_ID", "candidateCount": 1},
        },
        {
            "application": {"applicationId": "a2"},
            "applicationMatch": {"matchedBy": "PHONE_NUMBER", "candidateCount": 1},
        },
        {"application": None, "applicationMatch": None},
    ]


async def test_the_legs_of_one_client_call_know_each_other(graph: Graph) -> None:
    await graph.append(
        a_call_event(statisticId="s1", redirectionId=5, updatedDate=ELEVEN),
        a_call_event(statisticId="s2", redirectionId="5", updatedDate=TEN),
        a_call_event(statisticId="s3", redirectionId=5),
        a_call_event(statisticId="s4", redirectionId=0),
        a_call_event(statisticId="s5", redirectionId=0),
    )

    shown = {
        statistic: await graph.get(
            "query ($id: ID!) { call(statisticId: $id) { redirections { statisticId } } }",
            id=statistic,
        )
        for statistic in ("s1", "s2", "s3", "s4")
    }

    legs = {
        key: [leg["statisticId"] for leg in call["redirections"]] for key, call in shown.items()
    }
    assert legs == {"s1": ["s2", "s3"], "s2": ["s1", "s3"], "s3": ["s2", "s1"], "s4": []}


async def test_an_edge_leads_to_what_is_only_named(graph: Graph) -> None:
    await graph.append(a_call_event(campaignId="c9"), a_callback_event(applicationId="a9"))

    shown = await graph.ask(
        """{
            call(statisticId: "s1") { campaign { campaignId status } }
            callback(callbackId: "b1") { application { applicationId status } campaign { id } }
            campaign(campaignId: "c9") { campaignId }
            application(applicationId: "a9") { applicationId campaign { id } }
        }"""
    )

    assert shown["data"] == {
        "call": {"campaign": {"campaignId": "c9", "status": None}},
        "callback": {"application": {"applicationId": "a9", "status": None}, "campaign": None},
        "campaign": {"campaignId": "c9"},
        "application": {"applicationId": "a9", "campaign": None},
    }


async def test_an_edge_without_an_id_is_null(graph: Graph) -> None:
    await graph.append(a_call_event(), a_callback_event())

    shown = await graph.ask(
        """{
            call(statisticId: "s1") { campaign { id } application { id } completedCallback { id } }
            callback(callbackId: "b1") {
                campaign { id } application { id } createdDuring { id } completedBy { id }
            }
        }"""
    )

    assert set(shown["data"]["call"].values()) == {None}
    assert set(shown["data"]["callback"].values()) == {None}


async def test_a_campaign_counts_its_applications_by_status(graph: Graph) -> None:
    statuses = ["DONE", "NEW", "DONE", None, "LOST", "DONE", "NEW"]
    await graph.append(
        a_tac_event(
            *(
                an_application(id=number, status=status, telemarketCampaignId="c1")
                for number, status in enumerate(statuses)
            )
        )
    )

    shown = await graph.get(
        '{ campaign(campaignId: "c1") { applicationStatusCounts { status count } } }'
    )

    assert [(each["status"], each["count"]) for each in shown["applicationStatusCounts"]] == [
        ("DONE", 3),
        ("NEW", 2),
        ("LOST", 1),
        (None, 1),
    ]


async def test_a_campaign_that_several_things_lead_to_is_counted_once(graph: Graph) -> None:
    position = await graph.append(
        a_tac_event(an_application(id="a1", telemarketCampaignId="c1", status="x")),
        a_callback_event(id="b1", applicationId="a1"),
        a_callback_event(id="b2", applicationId="a1"),
    )
    await graph.append(a_campaign_event())
    query = """query ($position: Position) {
      callbacks(atPosition: $position) {
        nodes { application { campaign { applicationStatusCounts { count } } } }
      }
    }"""

    now, then = await graph.get(query), await graph.get(query, position=position)

    assert now == then
    assert [
        each["application"]["campaign"]["applicationStatusCounts"] for each in then["nodes"]
    ] == [[{"count": 1}], [{"count": 1}]]


async def test_a_thing_knows_its_events(graph: Graph) -> None:
    await graph.append(
        a_campaign_event(),
        a_tac_event(an_application(telemarketCampaignId="c1"), an_application(id="a2")),
        a_call_event(campaignId="c1"),
        a_callback_event(applicationId="a1"),
        a_campaign_event(campaignId="c2"),
    )

    shown = await graph.ask(
        """
        fragment E on EventConnection { totalCount nodes { position } }
        {
            campaign(campaignId: "c1") { events { ...E } }
            application(applicationId: "a1") { events { ...E } }
            call(statisticId: "s1") { events { ...E } }
            callback(callbackId: "b1") { events { ...E } }
        }"""
    )

    found = {
        kind: (each["events"]["totalCount"], [node["position"] for node in each["events"]["nodes"]])
        for kind, each in shown["data"].items()
    }
    assert found == {
        "campaign": (3, [1, 2, 3]),
        "application": (2, [2, 4]),
        "call": (1, [3]),
        "callback": (1, [4]),
    }


async def test_a_thing_knows_how_it_came_to_be(graph: Graph) -> None:
    await graph.append(
        a_campaign_event(status="NEW"),
        a_campaign_event(status="PAUSED", eventCreationDate="2026-01-31T11:00:00Z"),
        a_campaign_event(status="STOPPED", eventCreationDate="2026-01-31T10:30:00Z"),
    )

    shown = await graph.get(
        """{ campaign(campaignId: "c1") {
            revisions { totalCount nodes {
                position occurredAt receivedAt changes { field before after } event { position }
            } }
            provenance(fields: ["status"]) {
                field position occurredAt receivedAt event { position }
            }
        } }"""
    )

    first, second = shown["revisions"]["nodes"]
    [origin] = shown["provenance"]
    assert (first["position"], first["occurredAt"], first["event"]) == (1, TEN, {"position": 1})
    assert (second["position"], second["occurredAt"]) == (2, ELEVEN)
    assert {"field": "status", "before": "NEW", "after": "PAUSED"} in second["changes"]
    assert (origin["field"], origin["position"]) == ("status", 2)
    assert origin["receivedAt"] == second["receivedAt"]


async def test_the_provenance_of_an_unknown_field_is_refused(four: Graph) -> None:
    query = '{ campaign(campaignId: "c1") { provenance(fields: ["nonsense"]) { field } } }'

    assert await four.code(query) == "UNKNOWN_FIELD"


async def test_an_event_shows_each_of_its_fields(graph: Graph) -> None:
    raw = a_campaign_event(status="NEW")
    await graph.append(raw)

    [event] = (
        await graph.get(
            """{ events { nodes {
                position cursor eventName companyId occurredAt occurredAtSource receivedAt digest
                body rawBody
            } } }"""
        )
    )["nodes"]

    assert event.pop("cursor")
    assert len(bytes.fromhex(event.pop("digest"))) == 16
    assert event.pop("receivedAt").endswith("Z")
    assert event == {
        "position": 1,
        "eventName": "TelemarketCampaignStatusChangedEvent",
        "companyId": "acme",
        "occurredAt": TEN,
        "occurredAtSource": "EVENT",
        "body": json.loads(raw),
        "rawBody": raw.decode(),
    }


async def test_an_event_without_a_date_occurred_when_it_was_received(graph: Graph) -> None:
    await graph.append(a_campaign_event(eventCreationDate="soon"))

    [event] = (await graph.get("{ events { nodes { occurredAt occurredAtSource receivedAt } } }"))[
        "nodes"
    ]

    assert event["occurredAtSource"] == "RECEIVED"
    assert event["occurredAt"] == event["receivedAt"]


@pytest.mark.parametrize(
    "value",
    [
        "1.50",
        "-0.0",
        "1E+2",
        "1e-400",
        "123456789012345678901234567890",
        '{"b":1,"a":2,"b":3}',
        '{"a" : [1 ,2] }',
        '"\\u0041 \\ud83d\\ude00 \\/ 漢字 é"',
        '"\\ud800"',
        '"\\u0000"',
    ],
)
async def test_a_body_is_shown_as_it_was_spelled(shared: Graph, value: str) -> None:
    raw = a_campaign_event(extra="HERE").replace(b'"HERE"', value.encode())
    await shared.append(raw)

    spelled = await shared.spelled("{ events(last: 1) { nodes { body } } }")

    assert b'"nodes":[{"body":' + raw + b"}]" in spelled


async def test_the_lines_of_a_body_are_joined(shared: Graph) -> None:
    raw = a_campaign_event(status="NEW").replace(b", ", b",\r\n\t")
    await shared.append(raw)

    spelled = await shared.spelled("{ events(last: 1) { nodes { body } } }")

    assert b'"nodes":[{"body":' + raw.replace(b"\r\n", b"  ") + b"}]" in spelled


@pytest.mark.parametrize("value", ["1.50", "9" * 40, '"漢\\ud800"', "[\r\n1]"])
async def test_the_raw_body_is_the_text_as_received(shared: Graph, value: str) -> None:
    raw = a_campaign_event(campaignId="raw", extra="HERE").replace(b'"HERE"', value.encode())
    await shared.append(raw)

    [event] = (await shared.get("{ events(last: 1) { nodes { rawBody } } }"))["nodes"]

    assert event["rawBody"].encode() == raw


async def node_ids(graph: Graph) -> dict[str, str]:
    shown = await graph.ask(
        """{
            campaign(campaignId: "c1") { id }
            application(applicationId: "a1") { id }
            call(statisticId: "s1") { id }
            callback(callbackId: "b1") { id }
        }"""
    )
    return {kind: each["id"] for kind, each in shown["data"].items()}


async def test_each_thing_is_found_by_its_global_id(four: Graph) -> None:
    ids = await node_ids(four)

    found = [
        await four.get("query ($id: ID!) { node(id: $id) { __typename id } }", id=each)
        for each in ids.values()
    ]

    assert found == [{"__typename": kind.title(), "id": each} for kind, each in ids.items()]


async def test_many_things_are_found_in_the_order_asked_for(four: Graph) -> None:
    ids = await node_ids(four)
    asked = [ids["call"], "rubbish", ids["campaign"], ids["call"]]

    found = await four.get(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Call { statisticId application { applicationId } }
            ... on Campaign { campaignId }
        } }""",
        ids=asked,
    )

    call = {"statisticId": "s1", "application": {"applicationId": "a1"}}
    assert found == [call, None, {"campaignId": "c1"}, call]


def an_id(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "x",
        "é",
        "\ud800",
        "AAAA",
        "A" * 100_000,
        an_id(),
        an_id("call"),
        an_id("call", "acme", "unknown"),
        an_id("call", "unknown", "s1"),
        an_id("call", "acme", ""),
        an_id("call", "acme", 1),
        an_id("call", None, "s1"),
        an_id("event", "acme", "s1"),
        an_id(["call"], "acme", "s1"),
        an_id("call", "acme", "s1", 4),
        base64.urlsafe_b64encode(b"[" * 10_000).decode(),
        base64.urlsafe_b64encode(b'{"a":1,"b":2,"c":3}').decode(),
    ],
)
async def test_a_global_id_that_is_none_leads_to_null(four: Graph, rubbish: str) -> None:
    answer = await four.ask(
        "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }", id=rubbish
    )

    assert "errors" not in answer
    assert answer["data"] == {"node": None, "nodes": [None]}


async def test_at_most_500_ids_are_looked_up_at_once(four: Graph) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"

    assert await four.get(query, ids=["x"] * 500) == [None] * 500
    assert await four.code(query, ids=["x"] * 501) == "PAGE_TOO_LARGE"


async def test_ids_with_odd_characters_are_found_again(graph: Graph) -> None:
    odd = '"\\ \u0000漢😀\u2028'
    await graph.append(a_campaign_event(campaignId=odd))

    found = await graph.get("query ($id: ID!) { campaign(campaignId: $id) { id } }", id=odd)
    again = await graph.get(
        "query ($id: ID!) { node(id: $id) { ... on Campaign { campaignId } } }", id=found["id"]
    )

    assert again == {"campaignId": odd}


ROOT_FIELDS = [
    'campaign(campaignId: "c1") { id }',
    "campaigns { totalCount }",
    'application(applicationId: "a1") { id }',
    'call(statisticId: "s1") { id }',
    'callback(callbackId: "b1") { id }',
    "callbacks { totalCount }",
    "events { totalCount }",
]


@pytest.mark.parametrize("field", ROOT_FIELDS)
async def test_with_two_companies_one_must_be_said(two_companies: Graph, field: str) -> None:
    assert await two_companies.code(f"{{ {field} }}") == "COMPANY_REQUIRED"


@pytest.mark.parametrize(("company", "status"), [("acme", "NEW"), ("beta", "PAUSED")])
async def test_a_company_has_things_of_its_own(
    two_companies: Graph, company: str, status: str
) -> None:
    shown = await two_companies.ask(
        """query ($company: ID!) {
            campaign(campaignId: "c1", companyId: $company) { companyId status }
            campaigns(companyId: $company) { nodes { companyId status } }
            events(companyId: $company) { totalCount nodes { companyId } }
        }""",
        company=company,
    )

    campaign = {"companyId": company, "status": status}
    assert shown["data"] == {
        "campaign": campaign,
        "campaigns": {"nodes": [campaign]},
        "events": {"totalCount": 1, "nodes": [{"companyId": company}]},
    }


async def test_a_company_that_is_unknown_has_nothing(two_companies: Graph) -> None:
    shown = await two_companies.ask(
        """{
            campaign(campaignId: "c1", companyId: "nobody") { id }
            campaigns(companyId: "nobody") { totalCount nodes { id } }
            callbacks(companyId: "nobody") { totalCount nodes { id } }
            events(companyId: "nobody") { totalCount nodes { position } }
            quarantine(companyId: "nobody") { totalCount nodes { id } }
            log(companyId: "nobody") { position eventCount lastReceivedAt duplicates quarantined }
        }"""
    )

    nothing = {"totalCount": 0, "nodes": []}
    assert shown["data"] == {
        "campaign": None,
        "campaigns": nothing,
        "callbacks": nothing,
        "events": nothing,
        "quarantine": nothing,
        "log": {
            "position": 0,
            "eventCount": 0.0,
            "lastReceivedAt": None,
            "duplicates": 0.0,
            "quarantined": 0.0,
        },
    }


async def test_a_caller_of_one_company_need_not_say_it(two_companies: Graph) -> None:
    shown = await two_companies.seen_by("beta").get('{ campaign(campaignId: "c1") { status } }')

    assert shown == {"status": "PAUSED"}


async def test_a_caller_sees_no_company_of_others(two_companies: Graph) -> None:
    shown = await two_companies.get('{ campaign(campaignId: "c1", companyId: "acme") { id } }')

    hidden = await two_companies.seen_by("beta").ask(
        """query ($id: ID!) {
            node(id: $id) { id }
            campaign(campaignId: "c1", companyId: "acme") { id }
            events(companyId: "acme") { totalCount }
            log(companyId: "acme") { eventCount }
        }""",
        id=shown["id"],
    )

    assert hidden["data"] == {
        "node": None,
        "campaign": None,
        "events": {"totalCount": 0},
        "log": {"eventCount": 0.0},
    }


async def test_an_empty_log_has_nothing(graph: Graph) -> None:
    shown = await graph.ask(
        """{
            campaign(campaignId: "c1") { id }
            campaigns { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } }
            events { nodes { position } }
            log { position eventCount lastReceivedAt deliveries { outOfOrder lateSeconds { p50 } } }
        }"""
    )

    assert shown == {
        "data": {
            "campaign": None,
            "campaigns": {
                "totalCount": 0,
                "nodes": [],
                "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
            },
            "events": {"nodes": []},
            "log": {
                "position": 0,
                "eventCount": 0.0,
                "lastReceivedAt": None,
                "deliveries": {"outOfOrder": 0.0, "lateSeconds": {"p50": None}},
            },
        },
        "extensions": shown["extensions"] | {"position": 0},
    }


async def test_the_log_tells_its_figures(graph: Graph) -> None:
    again = a_campaign_event()
    await graph.append(again, again, a_campaign_event(status="odd", extra=1, eventCreationDate=TEN))
    await graph.append(a_call_event(eventName="Novelty", eventCreationDate="2026-01-31T09:00:00Z"))
    await graph.log.append([b"no json", b"no json"])

    figures = await graph.get(
        """
        fragment D on Drift { eventName field value count firstPosition lastPosition }
        { log { position eventCount lastReceivedAt duplicates quarantined deliveries {
            unknownEventNames { ...D } unknownFields { ...D } unknownValues { ...D }
            outOfOrder lateSeconds { p50 p90 p99 max }
        } } }"""
    )

    deliveries = figures.pop("deliveries")
    assert figures.pop("lastReceivedAt")
    assert figures == {"position": 3, "eventCount": 3.0, "duplicates": 1.0, "quarantined": 2.0}
    at_2 = {"count": 1.0, "firstPosition": 2, "lastPosition": 2}
    status_event = {"eventName": "TelemarketCampaignStatusChangedEvent", **at_2}
    assert deliveries["unknownFields"] == [{**status_event, "field": "extra", "value": None}]
    assert deliveries["unknownValues"] == [{**status_event, "field": "status", "value": "odd"}]
    assert [each["eventName"] for each in deliveries["unknownEventNames"]] == ["Novelty"]
    assert deliveries["outOfOrder"] == 0
    assert set(deliveries["lateSeconds"]) == {"p50", "p90", "p99", "max"}
    assert deliveries["lateSeconds"]["max"] >= deliveries["lateSeconds"]["p50"] > 0


async def test_rejected_bodies_are_listed_with_their_reason(graph: Graph) -> None:
    await graph.log.append([b"\xff no json", b"\xff no json", a_campaign_event(campaignId=None)])

    listed = await graph.get(
        """{ quarantine { totalCount nodes {
                id receivedAt code message companyId count raw
            } } }"""
    )

    shown = [
        (each["code"], each["companyId"], each["count"], each["raw"]) for each in listed["nodes"]
    ]
    assert listed["totalCount"] == 2
    assert sorted(shown) == [
        ("INVALID_JSON", None, 2, "\ufffd no json"),
        ("MISSING_ID", "acme", 1, a_campaign_event(campaignId=None).decode()),
    ]
    assert all(each["id"] and each["receivedAt"] and each["message"] for each in listed["nodes"])


@pytest.mark.parametrize(
    "query",
    [
        "{ log { position } }",
        "{ __typename }",
        '{ campaign(campaignId: "nobody") { id } }',
        "{ campaigns(first: -1) { totalCount } }",
        "{ nonsense }",
        "{",
    ],
)
async def test_every_result_tells_the_position_it_was_answered_at(
    two_companies: Graph, query: str
) -> None:
    answer = await two_companies.ask(query)

    assert answer["extensions"]["position"] == 2


async def test_all_root_fields_are_answered_at_one_position(graph: Graph) -> None:
    aliases = " ".join(f"f{place}: events {{ totalCount }}" for place in range(20))
    appends = [graph.append(a_campaign_event(campaignId=number)) for number in range(50)]

    answer, *_ = await asyncio.gather(graph.ask(f"{{ {aliases} log {{ position }} }}"), *appends)

    position = answer["data"].pop("log")["position"]
    assert {field["totalCount"] for field in answer["data"].values()} == {position}
    assert answer["extensions"]["position"] == position


async def test_an_operation_reads_the_end_of_the_log_once(day: Graph) -> None:
    alone = await day.reads("{ log { position } }")

    before = day.log.database.reads
    await day.ask("{ a: log { position } b: log { position } c: log { position } }")
    together = day.log.database.reads - before

    assert together - alone == 2 * (alone - 1)


@pytest.mark.parametrize(
    ("spelled", "total"),
    [
        ("2026-01-31T10:00:00Z", 4),
        ("2026-01-31T10:00:00.001Z", 0),
        ("2026-01-31T12:00:00+02:00", 4),
        ("2026-01-31T10:00:00", 4),
        ("2026-01-31", 4),
    ],
)
async def test_moments_are_read_in_each_spelling(four: Graph, spelled: str, total: int) -> None:
    found = await four.get(
        """query ($from: DateTime!) {
            events(filter: {occurredAt: {from: $from}}) { totalCount }
        }""",
        **{"from": spelled},
    )

    assert found == {"totalCount": total}


@pytest.mark.parametrize(
    "rubbish", ['"soon"', '""', "1769857200", "true", '"2026-02-30T00:00:00Z"']
)
async def test_what_is_no_moment_is_refused(four: Graph, rubbish: str) -> None:
    answer = await four.ask(f"{{ campaigns(asOf: {rubbish}) {{ totalCount }} }}")

    assert answer["data"] is None
    assert "DateTime" in answer["errors"][0]["message"]


@pytest.mark.parametrize("position", ["0", "1", "1.0", "9007199254740991"])
async def test_a_position_is_a_whole_number_up_to_2_to_the_53(four: Graph, position: str) -> None:
    answer = await four.ask(f"{{ campaigns(atPosition: {position}) {{ totalCount }} }}")

    assert "errors" not in answer


@pytest.mark.parametrize("rubbish", ["-1", "1.5", "9007199254740992", '"1"', "true", "1e400"])
async def test_what_is_no_position_is_refused(four: Graph, rubbish: str) -> None:
    answer = await four.ask(f"{{ campaigns(atPosition: {rubbish}) {{ totalCount }} }}")

    assert answer["data"] is None
    assert "Position" in answer["errors"][0]["message"]


async def test_the_past_is_answered_as_it_was_known(graph: Graph) -> None:
    await graph.append(
        a_campaign_event(status="NEW"),
        a_campaign_event(status="PAUSED", eventCreationDate="2026-01-31T12:00:00Z"),
        a_campaign_event(status="STOPPED", eventCreationDate="2026-01-31T11:00:00Z"),
    )

    shown = await graph.ask(
        """{
            now: campaign(campaignId: "c1") { status }
            asOf: campaign(campaignId: "c1", asOf: "2026-01-31T11:30:00Z") { status }
            atPosition: campaign(campaignId: "c1", atPosition: 1) { status }
            both: campaign(campaignId: "c1", asOf: "2026-01-31T11:30:00Z", atPosition: 2) { status }
            before: campaign(campaignId: "c1", atPosition: 0) { status }
            beyond: campaign(campaignId: "c1", atPosition: 99) { status }
        }"""
    )

    assert {name: each and each["status"] for name, each in shown["data"].items()} == {
        "now": "PAUSED",
        "asOf": "STOPPED",
        "atPosition": "NEW",
        "both": "NEW",
        "before": None,
        "beyond": "PAUSED",
    }


async def whole(day: Graph, field: str) -> list[dict[str, Any]]:
    return (await day.get(f"{{ {field} }}"))["nodes"]  # type: ignore[no-any-return]


async def test_a_simulated_day_is_whole_from_every_side(day: Graph) -> None:
    campaigns = await whole(
        day,
        """campaigns(first: 10) { nodes {
            campaignId
            applications(first: 15) { nodes {
                applicationId campaignId
                calls(first: 40) { nodes { statisticId application { applicationId } } }
                callbacks(first: 40) { nodes { callbackId application { applicationId } } }
            } }
            calls(first: 500, filter: {linked: true}) { nodes { statisticId } }
            callbacks(first: 500) { nodes { callbackId } }
        } }""",
    )

    for campaign in campaigns:
        applications = campaign["applications"]["nodes"]
        calls = [each for one in applications for each in one["calls"]["nodes"]]
        callbacks = [each for one in applications for each in one["callbacks"]["nodes"]]
        assert {each["campaignId"] for each in applications} == {campaign["campaignId"]}
        assert sorted(each["statisticId"] for each in calls) == sorted(
            each["statisticId"] for each in campaign["calls"]["nodes"]
        )
        assert sorted(each["callbackId"] for each in callbacks) == sorted(
            each["callbackId"] for each in campaign["callbacks"]["nodes"]
        )
        assert all(
            each["application"] == {"applicationId": one["applicationId"]}
            for one in applications
            for each in (*one["calls"]["nodes"], *one["callbacks"]["nodes"])
        )
    assert len(campaigns) == 4
