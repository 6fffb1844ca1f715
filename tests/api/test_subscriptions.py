"""The five subscriptions, as clients get them from a real server."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import a_call_event, a_callback_event, a_campaign_event, a_tac_event, an_application
from following import a_follower, formed, simulated, until
from serving import RunningServer, a_server
from streams import Payload, first, following, over_events, over_socket

from api.operation import Caller
from api.schema import schema
from store.errors import LogUnavailableError
from store.topics import TOPICS, Topic

FIELDS = {
    "campaignStatusChanged": "cursor position previousStatus status statusRaw occurredAt"
    " campaign { campaignId status statusHistory { status cursor }"
    " applications(first: 2) { totalCount nodes { applicationId } } }",
    "applicationStatusChanged": "cursor position previousStatus status occurredAt"
    " application { applicationId status campaign { campaignId } callbacks { totalCount } }",
    "callUpdated": "cursor position created"
    " call { statisticId application { applicationId } applicationMatch { matchedBy } }",
    "callbackChanged": "cursor position state"
    " callback { callbackId application { applicationId } createdDuring { statisticId } }",
    "eventAppended": "cursor position eventName rawBody body",
}


def subscription(field: str, arguments: str = "") -> str:
    return (
        "subscription ($company: ID!, $after: Position, $cursor: String) {"
        f" {field}(companyId: $company, after: $after, afterCursor: $cursor {arguments})"
        f" {{ {FIELDS[field]} }} }}"
    )


def told(payload: Payload) -> dict[str, Any]:
    [change] = payload["data"].values()
    fields: dict[str, Any] = change
    return fields


every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


@every_topic
async def test_a_dropped_subscription_resumes_after_any_change_over_both_doors(
    server: RunningServer, company: str, topic: Topic[Any]
) -> None:
    await server.log.append(simulated(company))
    count = len(await formed(server.log, topic, company))
    query = subscription(topic.name)
    whole = await first(over_socket(server, query, company=company, after=0), count)

    for place, payload in enumerate(whole[:-1]):
        cursor, missing = told(payload)["cursor"], count - place - 1
        resumed = over_socket(server, query, company=company, cursor=cursor)
        assert await first(resumed, missing) == whole[place + 1 :]
        resumed = over_events(server, query, company=company, after=0, resume=cursor)
        assert await first(resumed, missing) == whole[place + 1 :]


@every_topic
async def test_what_is_told_live_is_what_is_replayed(
    server: RunningServer, company: str, topic: Topic[Any]
) -> None:
    query = subscription(topic.name)
    async with aclosing(over_socket(server, query, company=company, after=0)) as live:
        waiting = asyncio.create_task(following(live, 1))
        await until(lambda: server.services.follower.listening)
        for body in simulated(company):
            await server.post(body)
        count = len(await formed(server.log, topic, company))
        heard = await waiting + await following(live, count - 1)

    replayed = await first(over_events(server, query, company=company, after=0), count)

    assert heard == replayed


async def test_each_change_tells_its_position_and_cursor_beside_the_data(
    server: RunningServer, company: str
) -> None:
    await server.log.append([a_campaign_event(companyId=company, status="NEW")])
    query = subscription("campaignStatusChanged")

    [payload] = await first(over_socket(server, query, company=company, after=0), 1)

    change = told(payload)
    assert payload["extensions"] == {"position": change["position"], "cursor": change["cursor"]}


async def test_what_hangs_below_a_change_is_as_of_its_position(
    server: RunningServer, company: str
) -> None:
    application = an_application(telemarketCampaignId="c1")
    await server.log.append([a_campaign_event(companyId=company, status="NEW")])
    await server.log.append([a_tac_event(application, companyId=company)])
    await server.log.append([a_campaign_event(companyId=company, status="inProcess")])
    query = subscription("campaignStatusChanged")

    payloads = await first(over_socket(server, query, company=company, after=0), 2)

    changes = [told(payload) for payload in payloads]
    assert [change["campaign"]["applications"]["totalCount"] for change in changes] == [0, 1]
    assert [change["campaign"]["status"] for change in changes] == ["NEW", "IN_PROCESS"]
    assert [len(change["campaign"]["statusHistory"]) for change in changes] == [1, 2]


async def test_a_query_and_a_subscription_after_its_position_leave_no_hole(
    server: RunningServer, company: str
) -> None:
    await server.log.append([a_call_event(companyId=company, statisticId=1)])
    answer = await server.graphql("{ log { position } }")
    await server.log.append([a_call_event(companyId=company, statisticId=2)])

    after = answer["extensions"]["position"]
    query = subscription("callUpdated")
    [payload] = await first(over_socket(server, query, company=company, after=after), 1)

    assert told(payload)["call"]["statisticId"] == "2"


@pytest.mark.parametrize(
    ("field", "arguments", "heard"),
    [
        ("campaignStatusChanged", 'campaignIds: ["c2"]', ["c2"]),
        ("applicationStatusChanged", "campaignId: 1", ["a1"]),
        ("applicationStatusChanged", 'applicationIds: ["a2", "a9"]', ["a2"]),
        ("callUpdated", "campaignId: 1", ["s1", "s3"]),
        ("callUpdated", "operatorId: 7", ["s1", "s2"]),
        ("callUpdated", "operatorId: 7, campaignId: 1", ["s1"]),
        ("callbackChanged", "campaignId: 1", ["b1"]),
        ("callbackChanged", "operatorId: 8", ["b2"]),
        ("eventAppended", 'eventNames: ["TACStatusUpdatedEvent", "x"]', ["TACStatusUpdatedEvent"]),
    ],
)
async def test_a_subscription_hears_what_it_asks_for(
    server: RunningServer, company: str, field: str, arguments: str, heard: list[str]
) -> None:
    await server.log.append(a_bit_of_everything(company))
    query = subscription(field, arguments)

    payloads = await first(over_socket(server, query, company=company, after=0), len(heard) + 1)

    assert [subject(told(payload)) for payload in payloads[:-1]] == heard
    assert subject(told(payloads[-1])) in {"c2", "last", "a2", "TACStatusUpdatedEvent"}


def a_bit_of_everything(company: str) -> list[bytes]:
    """Things of two campaigns and operators; what every filter lets through comes last."""
    whose = {"companyId": company}
    applications = [
        an_application(id=f"a{number}", telemarketCampaignId=number, status="NEW")
        for number in (1, 2)
    ]
    return [
        a_campaign_event(campaignId="c1", status="NEW", **whose),
        a_campaign_event(campaignId="c2", status="NEW", **whose),
        a_tac_event(*applications, **whose),
        a_call_event(statisticId="s1", campaignId=1, operatorId=7, **whose),
        a_call_event(statisticId="s2", campaignId=2, operatorId=7, **whose),
        a_call_event(statisticId="s3", campaignId=1, operatorId=8, **whose),
        a_callback_event(id="b1", applicationId="a1", operatorId=7, **whose),
        a_callback_event(id="b2", applicationId="a2", operatorId=8, **whose),
        a_campaign_event(campaignId="c2", status="PAUSED", **whose),
        a_tac_event(
            an_application(id="a2", telemarketCampaignId=1, status="DONE"),
            **whose,
        ),
        a_call_event(statisticId="last", campaignId=1, operatorId=7, **whose),
        a_callback_event(id="last", applicationId="a1", operatorId=8, **whose),
    ]


def subject(change: dict[str, Any]) -> str:
    ids = ("campaignId", "applicationId", "statisticId", "callbackId")
    things = [each for each in change.values() if isinstance(each, dict)]
    found = [thing[name] for thing in things for name in ids if name in thing]
    name: str = change["eventName"] if "eventName" in change else found[0]
    return name


@pytest.mark.parametrize("arguments", ["campaignIds: []", 'campaignIds: ["other"]'])
async def test_a_subscription_to_nothing_hears_nothing(
    server: RunningServer, company: str, arguments: str
) -> None:
    await server.log.append([a_campaign_event(companyId=company, status="NEW")])
    query = subscription("campaignStatusChanged", arguments)

    with pytest.raises(TimeoutError):
        async with (
            asyncio.timeout(0.5),
            aclosing(over_socket(server, query, company=company, after=0)) as payloads,
        ):
            await anext(payloads)


@pytest.mark.parametrize("cursor", ["", "rubbish", "MTIz", "💥"])
async def test_rubbish_for_a_cursor_is_refused(
    server: RunningServer, company: str, cursor: str
) -> None:
    query = subscription("callUpdated")

    [payload] = await first(over_socket(server, query, company=company, cursor=cursor), 1)

    [error] = payload["errors"]
    assert error["extensions"]["code"] == "BAD_CURSOR"


async def test_where_there_are_several_companies_one_must_be_named(
    server: RunningServer, company: str
) -> None:
    await server.log.append([a_call_event(companyId=f"{company}-{each}") for each in "ab"])

    [payload] = await first(over_socket(server, "subscription { callUpdated { cursor } }"), 1)

    assert payload["errors"][0]["extensions"]["code"] == "COMPANY_REQUIRED"


async def test_a_subscription_to_an_empty_log_follows_the_company_that_comes(
    mongo_uri: str,
) -> None:
    async with a_server(mongo_uri) as server:
        told_first = over_socket(server, "subscription { callUpdated { call { statisticId } } }")
        hearing = asyncio.create_task(first(told_first, 1))
        await asyncio.sleep(0.3)

        await server.post(a_call_event())

        assert told((await hearing)[0])["call"] == {"statisticId": "s1"}


async def test_where_an_empty_log_gets_several_companies_one_must_be_named(mongo_uri: str) -> None:
    async with a_server(mongo_uri) as server:
        told_first = over_socket(server, "subscription { callUpdated { cursor } }")
        hearing = asyncio.create_task(first(told_first, 1))
        await asyncio.sleep(0.3)

        await server.log.append([a_call_event(companyId=each) for each in "ab"])

        [payload] = await hearing
        assert payload["errors"][0]["extensions"]["code"] == "COMPANY_REQUIRED"


async def test_a_caller_of_no_company_hears_nothing(server: RunningServer, company: str) -> None:
    caller = Caller(server.log, server.services.follower, companies=())
    query = "subscription { callUpdated(after: 0) { cursor } }"
    results = await schema.subscribe(query, context_value=caller)
    hearing = asyncio.create_task(anext(results))

    await server.log.append([a_call_event(companyId=company)])
    await asyncio.sleep(0.3)

    assert not hearing.done()
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)


async def test_a_slow_client_is_told_where_to_resume(server: RunningServer, company: str) -> None:
    async with a_follower(server.log, buffer_changes=2, patience_seconds=0) as follower:
        query = (
            "subscription ($company: ID!)"
            " { callUpdated(companyId: $company) { call { statisticId } } }"
        )
        results = await schema.subscribe(
            query, {"company": company}, context_value=Caller(server.log, follower)
        )
        hearing = asyncio.create_task(anext(results))
        await until(lambda: follower.listening)
        await server.log.append([a_call_event(companyId=company)])
        await hearing
        events = [a_call_event(companyId=company, statisticId=number) for number in range(3)]
        await server.log.append(events)
        await until(lambda: not follower.listening)

        failed = await anext(results)

    assert failed.errors is not None
    [error] = failed.errors
    assert error.extensions is not None
    assert error.extensions["code"] == "SLOW_SUBSCRIBER"
    rest = over_socket(
        server, subscription("callUpdated"), company=company, cursor=error.extensions["cursor"]
    )
    heard = [told(payload)["call"]["statisticId"] for payload in await first(rest, 3)]
    assert heard == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("failure", "code"), [(LogUnavailableError, "UNAVAILABLE"), (ZeroDivisionError, "INTERNAL")]
)
async def test_of_a_fault_a_subscriber_hears_no_more_than_its_code(
    server: RunningServer,
    company: str,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
    code: str,
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise failure("a secret")

    await server.log.append([a_call_event(companyId=company)])
    monkeypatch.setattr("api.changes.prefetch", failing)

    query = subscription("callUpdated")
    [payload] = await first(over_socket(server, query, company=company, after=0), 1)

    assert payload["errors"][0]["extensions"] == {"code": code}
    assert "secret" not in str(payload)


async def test_a_callback_falls_due_while_listened_to(server: RunningServer, company: str) -> None:
    recall_at = datetime.now(UTC) + timedelta(seconds=1)
    event = a_callback_event(companyId=company, applicationId="a1", recallAt=recall_at.isoformat())
    await server.log.append([event])
    query = subscription("callbackChanged")

    created, due = await first(over_socket(server, query, company=company, after=0), 2)

    assert (told(created)["state"], told(due)["state"]) == ("SCHEDULED", "DUE")
    assert told(due)["callback"]["application"] == {"applicationId": "a1"}


async def test_a_large_event_is_told_whole(server: RunningServer, company: str) -> None:
    body = a_call_event(companyId=company, errorMessage="x" * 100_000)
    await server.log.append([body])

    query = subscription("eventAppended")
    [payload] = await first(over_events(server, query, company=company, after=0), 1)

    assert told(payload)["rawBody"].encode() == body


async def test_subscriptions_of_one_socket_do_not_meet(server: RunningServer, company: str) -> None:
    query = (
        "subscription ($company: ID!) { callUpdated(companyId: $company) { call { statisticId } } }"
    )
    both = [over_socket(server, query, company=each) for each in (company, f"other-{company}")]
    waiting = [asyncio.create_task(first(each, 1)) for each in both]
    await until(lambda: server.services.follower.listening == len(both))

    for each in (company, f"other-{company}"):
        await server.log.append([a_call_event(companyId=each, statisticId=each)])

    heard = [told(payload)["call"]["statisticId"] for [payload] in await asyncio.gather(*waiting)]
    assert heard == [company, f"other-{company}"]
