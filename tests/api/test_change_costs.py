"""What a subscription tells is paid for: change by change, by the one for whom it is made."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from factories import a_tac_event, an_application
from following import until
from serving import RunningServer, a_server
from streams import first, over_events, over_socket

from api.limits import OperationLimits
from api.web_settings import WebSettings

COST = 3 + 400
QUERY = """
subscription ($company: ID!, $after: Position) {
  applicationStatusChanged(companyId: $company, after: $after) {
    status application { campaign { applications(first: 400) { nodes { id } } } }
  }
}
"""


@asynccontextmanager
async def a_strict_server(
    mongo_uri: str, cost_bucket: int, cost_per_second: int
) -> AsyncIterator[RunningServer]:
    limits = OperationLimits(cost_bucket=cost_bucket, cost_per_second=cost_per_second)
    async with a_server(mongo_uri, web=WebSettings(limits=limits)) as server:
        yield server


def a_change(company: str, status: str) -> bytes:
    return a_tac_event(an_application(telemarketCampaignId=1, status=status), companyId=company)


async def test_changes_are_told_as_fast_as_they_are_paid_for_and_none_is_lost(
    mongo_uri: str, company: str
) -> None:
    told = [f"S{number}" for number in range(5)]
    async with a_strict_server(mongo_uri, COST, COST * 4) as server:
        for status in told:
            await server.log.append([a_change(company, status)])
        began = time.monotonic()

        payloads = await first(over_events(server, QUERY, company=company, after=0), len(told))
        took_seconds = time.monotonic() - began

    changes = [each["data"]["applicationStatusChanged"]["status"] for each in payloads]
    assert changes == told
    assert took_seconds > 0.8  # the first one is paid for at the beginning, each other takes 1/4 s


async def test_who_shares_what_is_told_does_not_pay_for_it(mongo_uri: str, company: str) -> None:
    count, bucket = 10, 100 * COST
    async with a_strict_server(mongo_uri, bucket, 1) as server:
        hearing = [
            asyncio.create_task(first(over_socket(server, QUERY, company=company), 1))
            for _ in range(count)
        ]
        await until(lambda: server.services.follower.listening == count)
        await server.post(a_change(company, "NEW"))
        await asyncio.gather(*hearing)
        answer = await server.client.post("/graphql", json={"query": "{ __typename }"})

    available = answer.json()["extensions"]["cost"]["available"]
    spent = bucket - available
    assert count * COST < spent <= (count + 1) * COST + 1
