"""Pages of events by position: of a company, and those that speak of a thing."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from views import a_view

from store.collections import Document
from store.event_pages import (
    count_of_company,
    counts_of_things,
    load_events,
    positions_of_company,
    positions_of_things,
    thing_condition,
)
from store.facts import Kind
from store.ids import id_key
from store.listing import Page, Slice
from store.log import EventLog
from store.view import View

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


def positions(page: Page) -> list[int]:
    return [place[0] for place in page.places]


def about(kind: Kind, name: str) -> Document:
    return thing_condition(kind, id_key(name))


async def appended(log: EventLog, *bodies: bytes) -> list[int]:
    receipt = await log.append(bodies)
    return [placed.position for placed in receipt.placed if placed]


async def of_thing(view: View, kind: Kind, name: str) -> list[int]:
    [page] = await positions_of_things(view, [about(kind, name)], Slice(100))
    [count] = await counts_of_things(view, [about(kind, name)])
    assert len(page.places) == count
    return positions(page)


async def test_the_events_of_a_campaign_are_those_that_name_it(log: EventLog, company: str) -> None:
    shared = {"companyId": company}
    own, tac, call, other, moved, _ = await appended(
        log,
        a_campaign_event(campaignId="c1", **shared),
        a_tac_event(
            an_application(id=1, telemarketCampaignId="c1"),
            an_application(id=2, telemarketCampaignId="c1"),
            **shared,
        ),
        a_call_event(campaignId="c1", **shared),
        a_campaign_event(campaignId="c2", **shared),
        a_call_event(campaignId="c2", **shared),
        a_callback_event(applicationId=1, **shared),
    )

    view = await a_view(log, company)
    assert await of_thing(view, "campaign", "c1") == [own, tac, call]
    assert await of_thing(view, "campaign", "c2") == [other, moved]


async def test_a_campaign_that_an_event_names_and_overrides_is_named_by_it(
    log: EventLog, company: str
) -> None:
    [position] = await appended(
        log,
        a_tac_event(
            an_application(telemarketCampaignId="old"),
            an_application(telemarketCampaignId="new"),
            companyId=company,
        ),
    )

    view = await a_view(log, company)
    assert await of_thing(view, "campaign", "old") == [position]
    assert await of_thing(view, "campaign", "new") == [position]


async def test_the_events_of_an_application_are_its_elements_and_its_callbacks(
    log: EventLog, company: str
) -> None:
    shared = {"companyId": company}
    tac, callback, _, _ = await appended(
        log,
        a_tac_event(an_application(id=1), an_application(id=2), an_application(id=1), **shared),
        a_callback_event(applicationId=1, **shared),
        a_callback_event(id="b2", applicationId=3, **shared),
        a_call_event(statisticId=1, **shared),
    )

    assert await of_thing(await a_view(log, company), "application", "1") == [tac, callback]


async def test_the_events_of_a_call_and_of_a_callback_are_their_own(
    log: EventLog, company: str
) -> None:
    shared = {"companyId": company}
    call, callback, again = await appended(
        log,
        a_call_event(statisticId=1, **shared),
        a_callback_event(id=1, **shared),
        a_call_event(statisticId=1, status="successful", **shared),
    )

    view = await a_view(log, company)
    assert await of_thing(view, "call", "1") == [call, again]
    assert await of_thing(view, "callback", "1") == [callback]


async def random_log(log: EventLog, company: str, seed: int) -> dict[str, list[int]]:
    """Append events of few applications; return the positions by the application."""
    dice = Random(seed)
    named = [[dice.choice("123") for _ in range(dice.randint(1, 3))] for _ in range(120)]
    bodies = [
        a_tac_event(
            *(an_application(id=name) for name in names),
            companyId=company,
            place=place,
            eventCreationDate=(_START + timedelta(minutes=dice.randrange(60))).isoformat(),
        )
        for place, names in enumerate(named)
    ]
    placed = list(zip(await appended(log, *bodies), named, strict=True))
    return {name: [position for position, names in placed if name in names] for name in "123"}


@pytest.mark.parametrize("limit", [1, 7, 200])
async def test_pages_of_several_things_in_either_direction_are_all_of_their_events(
    log: EventLog, company: str, limit: int
) -> None:
    expected = await random_log(log, company, seed=limit)
    view = await a_view(log, company)

    for name, mine in expected.items():
        there = await forward(view, name, limit)
        back = await backward(view, name, limit)
        assert [each for page in there for each in positions(page)] == mine
        assert [each for page in back for each in positions(page)] == mine


async def forward(view: View, name: str, limit: int) -> list[Page]:
    condition = about("application", name)
    found = await positions_of_things(view, [condition], Slice(limit))
    while found[-1].has_next:
        after = found[-1].places[-1]
        found += await positions_of_things(view, [condition], Slice(limit, after=after))
    return found


async def backward(view: View, name: str, limit: int) -> list[Page]:
    condition = about("application", name)
    found = await positions_of_things(view, [condition], Slice(limit, backward=True))
    while found[0].has_previous:
        wanted = Slice(limit, before=found[0].places[0], backward=True)
        found = [*await positions_of_things(view, [condition], wanted), *found]
    return found


async def test_a_slice_between_two_positions_is_cut_from_either_end(
    log: EventLog, company: str
) -> None:
    mine = (await random_log(log, company, seed=9))["1"]
    view = await a_view(log, company)
    after, before = (mine[2], ""), (mine[-3], "")

    [first] = await positions_of_things(
        view, [about("application", "1")], Slice(3, after=after, before=before)
    )
    [last] = await positions_of_things(
        view, [about("application", "1")], Slice(3, after=after, before=before, backward=True)
    )

    [between] = await positions_of_things(
        view, [about("application", "1")], Slice(100, after=after, before=before)
    )

    assert positions(first) == mine[3:6]
    assert positions(last) == mine[-6:-3]
    assert positions(between) == mine[3:-3]


async def test_the_same_slice_of_many_things_costs_as_many_reads_as_of_one(
    log: EventLog, company: str
) -> None:
    elements = [an_application(id=place) for place in range(50)]
    for place in range(5):
        await appended(log, a_tac_event(*elements, companyId=company, place=place))
    view = await a_view(log, company)
    conditions = [about("application", str(place)) for place in range(50)]
    reads = set()

    for count in (1, 50):
        before = log.database.reads
        found = await positions_of_things(view, conditions[:count], Slice(3))
        counts = await counts_of_things(view, conditions[:count])
        reads.add(log.database.reads - before)
        assert [len(page.places) for page in found] == [3] * count
        assert counts == [5] * count

    assert reads == {2}


async def test_a_company_has_its_own_events_by_position(log: EventLog, company: str) -> None:
    mine = await appended(
        log,
        a_campaign_event(companyId=company),
        json.dumps({"eventName": "Other", "companyId": company}).encode(),
    )
    await appended(log, a_campaign_event(companyId=f"{company}-2"))
    view = await a_view(log, company)

    whole = await positions_of_company(view, {}, Slice(10))
    named = await positions_of_company(view, {"eventName": {"$in": ["Other"]}}, Slice(10))

    assert (positions(whole), positions(named)) == (mine, mine[1:])
    assert await count_of_company(view, {}) == 2
    assert await count_of_company(view, {"eventName": "Other"}) == 1


async def test_pages_of_a_company_go_in_either_direction(log: EventLog, company: str) -> None:
    mine = await appended(
        log, *(a_campaign_event(companyId=company, place=place) for place in range(5))
    )
    view = await a_view(log, company)

    first = await positions_of_company(view, {}, Slice(2))
    then = await positions_of_company(view, {}, Slice(2, after=first.places[-1]))
    last = await positions_of_company(view, {}, Slice(2, backward=True))
    before = await positions_of_company(view, {}, Slice(9, before=last.places[0], backward=True))

    assert [positions(page) for page in (first, then, last, before)] == [
        mine[:2],
        mine[2:4],
        mine[3:],
        mine[:3],
    ]
    assert [(page.has_previous, page.has_next) for page in (first, then, last, before)] == [
        (False, True),
        (True, True),
        (True, False),
        (False, True),
    ]


async def test_at_a_position_later_events_are_not_there(log: EventLog, company: str) -> None:
    shared = {"companyId": company}
    [first] = await appended(log, a_call_event(**shared))
    await appended(log, a_call_event(status="successful", **shared))

    view = await a_view(log, company, at_position=first)
    assert await of_thing(view, "call", "s1") == [first]
    assert positions(await positions_of_company(view, {}, Slice(10))) == [first]
    assert await count_of_company(view, {}) == 1


async def test_as_of_a_moment_later_events_of_a_thing_are_not_there(
    log: EventLog, company: str
) -> None:
    _, early = await appended(
        log,
        a_call_event(companyId=company, eventCreationDate="2026-01-31T12:00:00Z"),
        a_call_event(companyId=company, eventCreationDate="2026-01-31T10:00:00Z"),
    )

    view = await a_view(log, company, as_of=_START)
    assert await of_thing(view, "call", "s1") == [early]


async def test_events_are_loaded_by_position_for_their_company_only(
    log: EventLog, company: str
) -> None:
    body = a_campaign_event(companyId=company)
    [mine] = await appended(log, body)
    [theirs] = await appended(log, a_campaign_event(companyId=f"{company}-2"))
    view = await a_view(log, company)

    found = await load_events(view, [mine, theirs, mine, 10**9])

    assert {position: bytes(event["raw"]) for position, event in found.items()} == {mine: body}
    assert await load_events(view, []) == {}
