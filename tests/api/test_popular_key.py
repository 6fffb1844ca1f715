"""A phone number that thousands share: its edges are exact, and their cost does not multiply."""

import json
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from graph import Graph, a_graph

APPLICATIONS = 50_000
CALLS = 500
PHONE = "+1 555 0100"
AT = "2026-01-05T09:00:00Z"

CALLS_PAGE = """query($first: Int) {
  campaign(campaignId: 1) {
    calls(first: $first) {
      nodes { application { applicationId } applicationMatch { matchedBy candidateCount } }
    }
  }
}"""


def events() -> Iterator[bytes]:
    for start in range(0, APPLICATIONS, 1_000):
        tac = [
            {"id": number, "telemarketCampaignId": 1, "nextPhoneNumber": PHONE}
            for number in range(start, start + 1_000)
        ]
        yield event("TACStatusUpdatedEvent", tac=tac)
    for number in range(CALLS):
        call = {"statisticId": number, "campaignId": 1, "phoneNumber": PHONE, "updatedDate": AT}
        yield event("TelemarketStatisticsUpdatedEvent", **call)


def event(name: str, **fields: object) -> bytes:
    envelope = {"eventName": name, "companyId": "acme", "eventCreationDate": AT}
    return json.dumps({**envelope, **fields}).encode()


@pytest.fixture(scope="module")
async def popular(mongo_uri: str) -> AsyncIterator[Graph]:
    async with a_graph(mongo_uri, *events()) as graph:
        yield graph


async def test_each_call_finds_the_smallest_id_and_counts_all_candidates(popular: Graph) -> None:
    campaign = await popular.get(CALLS_PAGE, first=3)

    match = {"matchedBy": "PHONE_NUMBER", "candidateCount": APPLICATIONS}
    expected = {"application": {"applicationId": "0"}, "applicationMatch": match}
    assert campaign["calls"]["nodes"] == [expected] * 3


async def test_the_application_with_the_smallest_id_has_all_calls(popular: Graph) -> None:
    asked = "calls(first: 1) { totalCount }"

    [first, second] = [
        await popular.get(f"{{ application(applicationId: {each}) {{ {asked} }} }}")
        for each in (0, 1)
    ]

    assert [first["calls"]["totalCount"], second["calls"]["totalCount"]] == [CALLS, 0]


async def test_a_page_of_calls_costs_about_as_much_as_one_call(popular: Graph) -> None:
    await popular.get(CALLS_PAGE, first=1)

    one = await seconds(popular, first=1)
    many = await seconds(popular, first=CALLS)

    assert many < 5 * one  # each call for itself would be 500 times


async def seconds(graph: Graph, *, first: int) -> float:
    started = time.perf_counter()
    await graph.get(CALLS_PAGE, first=first)
    return time.perf_counter() - started
