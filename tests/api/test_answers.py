"""Whole answers that are known: what would be found now, and nobody else's."""

import asyncio
import gc
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from graph import Graph
from model.feed import Feed
from model.spelling import IDS

from api.execution.answers import _comparable
from api.types.connection import spell_cursor
from store import horizon
from store.answers import Answers
from store.cache import Cache, Stretch
from store.collections import COUNTERS, facts_of
from store.erasure import forget
from store.head import LOG_COUNTER
from store.keys import phone_key
from store.reindex import reindex
from store.trace import Trace

# By hand: DIALGRAPH_MODEL_SEEDS=50.
SEEDS = int(os.environ.get("DIALGRAPH_MODEL_SEEDS", "2"))

APPLICATION = """applicationId status statusChangedAt clientSyncIds { field value }
  calls { nodes { statisticId status phoneNumber applicationMatch { matchedBy candidateCount }
    callbacks { callbackId } completedCallback { callbackId } } }
  callbacks { nodes { callbackId recallAt phoneNumber state createdDuring { statisticId } } }"""
PAGE = f"""query ($id: ID!) {{ campaign(companyId: "acme", campaignId: $id) {{ status
  applications(first: 2) {{ pageInfo {{ hasNextPage }} nodes {{ {APPLICATION} }} }} }} }}"""
ONE = f"""query ($id: ID!) {{
  application(companyId: "acme", applicationId: $id) {{ {APPLICATION} campaign {{ status }} }}
  call(companyId: "acme", statisticId: $id) {{ status application {{ {APPLICATION} }} }}
  callback(companyId: "acme", callbackId: $id) {{ state application {{ {APPLICATION} }} }} }}"""


@pytest.fixture
def told_again() -> Iterator[list[bytes]]:
    """Give the answers that were known."""
    known, find = [], Answers.find

    async def observed(*of: Any) -> bytes | None:  # noqa: ANN401 - `find`'s own
        found = await find(*of)
        if found is not None:
            known.append(found)
        return found

    with patch.object(Answers, "find", observed):
        yield known


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
@pytest.mark.parametrize("query", [PAGE, ONE])
async def test_a_known_answer_is_what_is_found_now(
    graph: Graph, seed: int, query: str, told_again: list[bytes]
) -> None:
    differing = []
    for body in Feed(seed).take(40):
        await graph.log.append([body])
        for thing in IDS[:3]:
            asked = [await graph.ask(query, id=thing) for _ in range(2)]
            found = await graph.afresh().ask(query, id=thing)
            differing += [body for each in asked if each["data"] != found["data"]]

    assert differing == []
    assert told_again


PAGE_AT = PAGE.replace("$id: ID!", "$id: ID!, $at: Position").replace(
    "campaignId: $id", "campaignId: $id, atPosition: $at"
)


@pytest.mark.parametrize("touched", [2, 20_000])
@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
async def test_an_answer_that_many_ask_for_during_appends_is_the_one_of_its_position(
    graph: Graph,
    seed: int,
    touched: int,
    told_again: list[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(horizon, "_MAX_TOUCHED", touched)
    answers: list[tuple[str, int, object]] = []

    async def ask(dice: random.Random) -> None:
        for _ in range(60):
            thing, latest = dice.choice(IDS[:3]), len(answers) // 2
            at = dice.choice([None, None, None, max(0, latest - dice.randrange(9))])
            answer = await graph.ask(PAGE_AT, id=thing, at=at)
            position = answer["extensions"]["position"]
            answers.append((thing, position if at is None else min(at, position), answer["data"]))

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(ask(random.Random(f"{seed} {number}")))
        for body in Feed(seed).take(120):
            await graph.log.append([body])

    once = {repr(each): each for each in answers}.values()
    found = [await graph.afresh().get(PAGE_AT, id=thing, at=at) for thing, at, _ in once]
    assert [data["campaign"] for _, _, data in once if isinstance(data, dict)] == found
    assert told_again


@pytest.fixture
async def told(graph: Graph) -> Graph:
    pairs = {"clientSyncIdsToValues": {"crm": "1"}}
    await graph.append(
        a_campaign_event(campaignId="c1", status="NEW"),
        a_tac_event(an_application(telemarketCampaignId="c1", status="NEW", **pairs)),
        a_call_event(campaignId="c1", phoneNumber="+380501234567", **pairs),
        a_callback_event(applicationId="a1"),
    )
    for _ in range(3):
        await graph.get(PAGE, id="c1")
    return graph


@pytest.mark.parametrize(
    "event",
    [
        a_campaign_event(campaignId="c2", status="NEW"),
        a_tac_event(an_application(id="a2", telemarketCampaignId="c2", status="NEW")),
        a_call_event(statisticId="s2", clientSyncIdsToValues={"crm": "2"}),
        a_callback_event(id="b2", applicationId="a2"),
    ],
)
async def test_an_event_about_something_else_leaves_an_answer_known(
    told: Graph, event: bytes, told_again: list[bytes]
) -> None:
    await told.append(event)

    await told.get(PAGE, id="c1")

    assert len(told_again) == 1


@pytest.mark.parametrize(
    "event",
    [
        a_campaign_event(campaignId="c1", status="PAUSED"),
        a_tac_event(an_application(status="DONE")),
        a_tac_event(an_application(id="a2", telemarketCampaignId="c1", status="NEW")),
        a_call_event(phoneNumber="+380507654321"),
        a_call_event(statisticId="s2", campaignId="c1", clientSyncIdsToValues={"crm": "1"}),
        a_callback_event(id="b2", applicationId="a1"),
    ],
)
async def test_an_event_about_a_part_of_it_makes_an_answer_unknown(
    told: Graph, event: bytes, told_again: list[bytes]
) -> None:
    before = await told.get(PAGE, id="c1")
    told_again.clear()
    await told.append(event)

    now = await told.get(PAGE, id="c1")

    assert told_again == []
    assert now == await told.afresh().get(PAGE, id="c1") != before


async def test_an_answer_outlives_what_it_was_made_from(
    told: Graph, told_again: list[bytes]
) -> None:
    for number in range(3):
        evict_all_but_answers(told.log.cache)
        await told.append(a_campaign_event(campaignId=f"c{number + 5}"))
        assert await told.get(PAGE, id="c1")
    await told.append(a_call_event(phoneNumber="+380507654321"))

    assert "+380507654321" in str(await told.get(PAGE, id="c1"))
    assert len(told_again) == 3


def evict_all_but_answers(cache: Cache) -> None:
    """Let go of what was read, as a full cache does by itself."""
    cache._entries.clear()  # noqa: SLF001 - the answers have a bound of their own
    assert (len(cache), len(cache.answers)) == (0, 1)


@pytest.mark.parametrize("is_there", [True, False])
async def test_where_what_was_touched_is_forgotten_an_answer_needs_what_it_was_made_from(
    told: Graph, told_again: list[bytes], monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    monkeypatch.setattr(horizon, "_MAX_TOUCHED", 0)
    await told.append(a_campaign_event(campaignId="c2"))
    if not is_there:
        evict_all_but_answers(told.log.cache)

    await told.get(PAGE, id="c1")

    assert len(told_again) == is_there


async def test_a_callback_is_due_when_its_moment_has_come(
    graph: Graph, told_again: list[bytes]
) -> None:
    query = '{ callback(callbackId: "b1") { state } }'
    soon = datetime.now(UTC) + timedelta(seconds=2)
    await graph.append(a_callback_event(recallAt=soon.isoformat()))

    early = [await graph.get(query) for _ in range(4)]
    known = len(told_again)
    await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.01)

    assert (early, known) == ([{"state": "SCHEDULED"}] * 4, 2)
    assert await graph.get(query) == {"state": "DUE"}


async def test_an_answer_is_for_those_who_may_see_the_same(
    told: Graph, told_again: list[bytes]
) -> None:
    masked = replace(told, caller=replace(told.caller, scopes=frozenset({"read"})))

    theirs = await told.seen_by("theirs").get(PAGE, id="c1")
    hidden = await masked.get(PAGE, id="c1")

    assert told_again == []
    assert theirs is None
    assert "+380501234567" not in str(hidden)


async def test_d22_an_answer_without_a_company_is_known_while_there_is_one(
    told: Graph, told_again: list[bytes]
) -> None:
    query = 'query NobodyAskedBefore { campaign(campaignId: "c1") { status } }'
    assert [await told.get(query) for _ in range(3)] == [{"status": "NEW"}] * 3

    await told.append(a_campaign_event(companyId="theirs"))

    assert (await told.code(query), len(told_again)) == ("COMPANY_REQUIRED", 1)


async def test_an_erased_person_is_in_no_known_answer(told: Graph, told_again: list[bytes]) -> None:
    await forget(told.log, "acme", str(phone_key("+380501234567")), by="the officer")

    assert "+380501234567" not in str(await told.get(PAGE, id="c1"))
    assert told_again == []


@pytest.mark.parametrize(
    "query",
    [
        "{ log { eventCount } }",
        "{ events(first: 1) { nodes { position } } }",
        '{ campaign(campaignId: "c1") { applicationStatusCounts { count } } }',
        '{ campaign(campaignId: "c1") { revisions { totalCount } } }',
        '{ campaign(campaignId: "c1", asOf: "2027-01-01T00:00:00Z") { status } }',
    ],
)
async def test_what_does_not_come_through_the_cache_is_read_anew(
    told: Graph, query: str, told_again: list[bytes]
) -> None:
    for _ in range(4):
        await told.get(query)

    assert told_again == []


async def test_an_answer_with_errors_is_not_kept(graph: Graph, told_again: list[bytes]) -> None:
    query = '{ campaigns(companyId: "acme", first: -1) { totalCount } }'

    assert [await graph.code(query) for _ in range(4)] == ["BAD_PAGE"] * 4
    assert told_again == []


async def test_a_known_answer_is_of_the_facts_that_are_read_now(
    graph: Graph, told_again: list[bytes]
) -> None:
    query = '{ campaign(companyId: "acme", campaignId: "c1") { status } }'
    await graph.append(a_campaign_event(campaignId="c1", status="NEW"))
    misread = {"$set": {"data.status": "PAUSED"}}
    await graph.log.database.update(facts_of(1), {"kind": "campaign"}, misread)
    before = [await graph.get(query) for _ in range(3)]
    known = len(told_again)

    async for _ in reindex(graph.log.database, zone=UTC, grace_seconds=0):
        pass

    assert (before, known) == ([{"status": "PAUSED"}] * 3, 1)
    assert [await graph.get(query) for _ in range(2)] == [{"status": "NEW"}] * 2


FROM_BEHIND = """query ($after: String) { campaign(companyId: "acme", campaignId: "c1") {
  applications(first: 2, after: $after, orderBy: {field: APPLICATION_ID, direction: DESC}) {
    nodes { applicationId } } } }"""


async def test_a_cursor_that_somebody_made_up_is_no_beginning_of_a_list(graph: Graph) -> None:
    await graph.append(a_tac_event(an_application(id="a1", telemarketCampaignId="c1")))

    assert await graph.get(FROM_BEHIND, after=spell_cursor((None, "None"), "APPLICATION_ID")) == {
        "applications": {"nodes": []}
    }
    assert await graph.get(FROM_BEHIND) == {"applications": {"nodes": [{"applicationId": "a1"}]}}


async def test_what_needs_no_log_is_answered_while_there_is_none(graph: Graph) -> None:
    await graph.log.database.delete(COUNTERS, LOG_COUNTER)

    assert [await graph.get("{ __typename }") for _ in range(4)] == ["Query"] * 4


def test_what_is_too_long_to_be_remembered_is_not() -> None:
    cache = Cache()

    Answers(cache).keep(("long" * 2_000_000,), Trace(), b"null", datetime.now(UTC))

    assert len(cache.answers) == 0


async def test_an_answer_holds_nothing_of_the_list_that_it_is_a_page_of(graph: Graph) -> None:
    query = 'query ($first: Int) { campaigns(companyId: "acme", first: $first) { totalCount } }'
    gc.collect()
    before = sum(type(each) is Stretch for each in gc.get_objects())

    for number in range(8):
        await graph.append(a_campaign_event(campaignId=f"c{number}"))
        await graph.get(query, first=number)

    gc.collect()
    assert sum(type(each) is Stretch for each in gc.get_objects()) - before <= 1
    assert len(graph.log.cache.answers) > 1


def test_values_that_python_takes_for_equal_are_different_questions() -> None:
    values: list[object] = [1, 1.0, True, "1", None, [1], [1.0], [[1]], {"a": 1}, {"a": True}, {}]

    assert len({_comparable(value) for value in values}) == len(values)
