"""An election between two reads of one answer: what two primaries show is not put together."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import pytest
from factories import a_call_event, a_campaign_event
from graph import Graph, a_graph

from store.erasure import forget, resume
from store.errors import LogUnavailableError
from store.head import Head
from store.keys import phone_key
from unbreakable.node_set import NodeSet
from unbreakable.waiting import until

CAMPAIGN = '{ campaign(campaignId: "c1") { status } }'


@pytest.fixture
async def graph(nodes: NodeSet) -> AsyncIterator[Graph]:
    await nodes.healthy()
    async with a_graph(nodes.uri, a_campaign_event(campaignId="c1", status="NEW")) as graph:
        yield graph


@contextmanager
def an_election_after_the_head(
    nodes: NodeSet, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    head = graph.log.head

    async def then_an_election(companies: Sequence[str] | None = None) -> Head:
        found = await head(companies)
        await (await nodes.healthy()).step_down()
        await nodes.primary()
        await until(lambda: graph.log.database.term != found.term)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(graph.log, "head", then_an_election)
        yield


@pytest.mark.parametrize("companies", [None, ("acme",)], ids=["of all", "of one company"])
@pytest.mark.parametrize("times_before", [0, 1], ids=["new", "known"])
async def test_what_was_begun_before_an_election_is_not_answered_after_it(
    nodes: NodeSet,
    graph: Graph,
    monkeypatch: pytest.MonkeyPatch,
    companies: Sequence[str] | None,
    times_before: int,
) -> None:
    asked = graph if companies is None else graph.seen_by(*companies)
    for _ in range(times_before):
        await asked.get(CAMPAIGN)

    with an_election_after_the_head(nodes, graph, monkeypatch):
        await graph.append(a_campaign_event(campaignId="c1", status="IN_PROCESS"))
        answer = await asked.ask(CAMPAIGN)

    [error] = answer["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert await asked.get(CAMPAIGN) == {"status": "IN_PROCESS"}


async def test_an_erasure_does_not_look_through_what_two_primaries_show(
    nodes: NodeSet, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = "+491701234567"
    await graph.append(a_call_event(phoneNumber=phone))
    key = phone_key(phone)
    assert key is not None

    with (
        an_election_after_the_head(nodes, graph, monkeypatch),
        pytest.raises(LogUnavailableError),
    ):
        await forget(graph.log, "acme", key, by="me")

    assert (await resume(graph.log)).events == 1
