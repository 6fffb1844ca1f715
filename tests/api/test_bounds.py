"""Back pressure: what may wait or run is bounded, told at the bound, and shown in the metrics."""

import asyncio

import httpx
import pytest
from factories import a_call_event, a_campaign_event
from following import until
from serving import RunningServer, a_server
from streams import first, over_events, over_socket

from api import limits

QUERY = "subscription ($company: ID!) { callUpdated(companyId: $company) { cursor } }"


async def figures(server: RunningServer) -> dict[str, float]:
    text = (await server.client.get("/metrics")).text
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("dialgraph_"): float(value) for name, _, value in lines}


@pytest.mark.parametrize(
    ("of", "default"),
    [
        ("append_queue_events", 20_000),
        ("changes_waiting_for_one_subscriber", 1_000),
        ("subscriptions", 10_000),
        ("operations_running", 64),
        ("operation_seconds", 15),
    ],
)
async def test_every_bound_is_shown(server: RunningServer, of: str, default: int) -> None:
    assert (await figures(server))[f'limit{{of="{of}"}}'] == default


async def test_requests_refused_because_the_queue_is_full_are_counted(mongo_uri: str) -> None:
    async with a_server(mongo_uri, queue_events=1) as server:
        answers = await asyncio.gather(
            *(server.post(a_campaign_event(place=place)) for place in range(20))
        )
        refused = [each for each in answers if each.status_code != httpx.codes.OK]
        counted = await figures(server)

    assert {each.status_code for each in refused} == {httpx.codes.SERVICE_UNAVAILABLE}
    assert counted["append_refused_total"] == len(refused) > 0


@pytest.mark.parametrize("door", [over_socket, over_events])
async def test_one_subscription_too_many_is_refused_with_a_code(
    server: RunningServer, company: str, monkeypatch: pytest.MonkeyPatch, door: type
) -> None:
    monkeypatch.setattr(limits, "MAX_SUBSCRIPTIONS", 1)
    staying = asyncio.create_task(first(over_socket(server, QUERY, company=company), 1))
    await until(lambda: server.services.follower.listening)

    [refused] = await first(door(server, QUERY, company=company), 1)
    await server.post(a_call_event(companyId=company))

    assert refused["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_LIMIT"
    assert (await staying)[0]["data"]["callUpdated"]["cursor"]


async def test_of_many_subscriptions_at_once_no_more_are_opened_than_may_be(
    server: RunningServer, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_SUBSCRIPTIONS", 2)
    opened = [asyncio.create_task(first(over_socket(server, QUERY, company=company), 1))]
    opened += [
        asyncio.create_task(first(over_events(server, QUERY, company=company), 1)) for _ in range(9)
    ]
    await until(lambda: sum(each.done() for each in opened) == 8)
    await until(lambda: server.services.follower.listening == 2)

    await server.post(a_call_event(companyId=company))

    told = [payload for [payload] in await asyncio.gather(*opened)]
    assert sum("errors" in payload for payload in told) == 8


async def test_what_waits_for_subscribers_is_shown_and_buffers_too_full_are_counted(
    mongo_uri: str, company: str
) -> None:
    async with a_server(mongo_uri) as server:
        follower = server.services.follower
        follower.buffer_changes = 2
        hearing = asyncio.create_task(first(over_socket(server, QUERY, company=company), 10))
        await until(lambda: follower.listening)

        events = [a_call_event(companyId=company, statisticId=number) for number in range(10)]
        await server.log.append(events)
        await hearing
        counted = await figures(server)

    assert counted["subscription_overflows_total"] > 0
    assert counted["subscription_waiting_changes"] == 0


async def test_how_long_queries_ran_is_shown(server: RunningServer) -> None:
    before = (await figures(server))["operation_seconds_count"]

    await server.graphql("{ log { position } }")

    assert (await figures(server))["operation_seconds_count"] == before + 1
