"""The reads stay on their indexes: no plan of a page looks at documents that it does not show."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from plans import Plan, Recorded, recording
from views import a_view

from store.event_pages import counts_of_things, positions_of_things, thing_condition
from store.facts import Kind
from store.fold import State
from store.ids import id_key
from store.links import calls_of
from store.listing import Listing, Slice
from store.log import EventLog
from store.view import View
from store.walk import pages

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)
_CAMPAIGNS = 4
_EACH = 60


def at(minute: int) -> str:
    return (_START + timedelta(minutes=minute)).isoformat()


def bodies() -> list[bytes]:
    """A few campaigns with many applications, calls and callbacks, several events each."""
    made: list[bytes] = []
    for place in range(_CAMPAIGNS * _EACH):
        campaign, pair = f"c{place % _CAMPAIGNS}", {"crm": str(place)}
        application = an_application(
            id=place, telemarketCampaignId=campaign, clientSyncIdsToValues=pair
        )
        for version in range(3):
            told = {"eventCreationDate": at(version)}
            made += [
                a_tac_event(application | {"status": f"s{version}"}, **told),
                a_call_event(
                    statisticId=place, campaignId=campaign, updatedDate=at(place), **told,
                    clientSyncIdsToValues=pair, calledCount=version, redirectionId=place // 2,
                ),
                a_callback_event(
                    id=place, applicationId=place, recallAt=at(place), createdAt=at(place),
                    name=str(version), **told,
                ),
            ]  # fmt: skip
        made.append(a_campaign_event(campaignId=campaign, place=place))
    return made + [a_campaign_event(campaignId="rare", place=place) for place in range(3)]


@pytest.fixture(scope="module")
async def full_log(log: EventLog) -> EventLog:
    receipt = await log.append(bodies())
    assert not receipt.rejected
    return log


@pytest.fixture
def recorded(full_log: EventLog, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    return recording(full_log.database, monkeypatch)


async def everything_belongs(states: Sequence[State]) -> list[State]:
    return list(states)


async def nothing(states: Sequence[State]) -> None:
    del states


def a_listing(kind: Kind, order: str | None, *, descending: bool = False) -> Listing:
    scope = {} if kind == "callback" else {"campaign": id_key("c1")}
    return Listing(kind, scope, order, descending, everything_belongs, nothing)


async def a_view_of(log: EventLog, *, as_of: bool) -> View:
    return await a_view(log, "acme", as_of=_START + timedelta(hours=1) if as_of else None)


def assert_covered(plan: Plan) -> None:
    assert not plan.stages & {"COLLSCAN", "CLUSTERED_IXSCAN", "FETCH", "SORT"}, plan.stages
    assert plan.stages & {"IXSCAN", "DISTINCT_SCAN"}
    assert plan.documents == 0


def the_candidates(plans: list[Plan]) -> list[Plan]:
    """Leave out the reads for null, which an index cannot tell from what is not there."""
    return [plan for plan in plans if "FETCH" not in plan.stages]


@pytest.mark.parametrize("as_of", [False, True], ids=["now", "as of"])
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("start", [False, True], ids=["on", "from the start"])
@pytest.mark.parametrize(
    ("kind", "order"),
    [
        ("application", None),
        ("call", "updatedDate"),
        ("callback", "recallAt"),
        ("callback", "createdAt"),
    ],
)
async def test_the_candidates_of_a_page_come_from_an_index_alone(  # noqa: PLR0913 - the cases
    full_log: EventLog,
    recorded: Recorded,
    kind: Kind,
    order: str | None,
    *,
    descending: bool,
    start: bool,
    as_of: bool,
) -> None:
    view = await a_view_of(full_log, as_of=as_of)
    after = None if start else (order and _START + timedelta(minutes=101), id_key("101"))
    recorded.commands.clear()

    listing = a_listing(kind, order, descending=descending)
    [page] = await pages(view, [listing], Slice(5, after=after))

    plans = await recorded.plans()
    segments = [plan for plan, it in zip(plans, recorded.commands, strict=True) if is_walk(it)]
    covered = the_candidates(segments)
    assert len(page.states) == 5
    assert covered
    assert len(segments) - len(covered) <= 1
    for plan in covered:
        assert_covered(plan)
    assert max(plan.entries for plan in covered) <= 12 * 6 + 1


def is_walk(command: dict[str, object]) -> bool:
    """Say whether a read walks along an index, as those of a page's candidates do."""
    pipeline = command.get("pipeline")
    return isinstance(pipeline, list) and any("$limit" in stage for stage in pipeline)


@pytest.mark.parametrize("backward", [False, True])
async def test_only_one_index_has_the_applications_of_a_campaign_in_the_order_of_a_page(
    full_log: EventLog, recorded: Recorded, *, backward: bool
) -> None:
    view = await a_view_of(full_log, as_of=False)
    recorded.commands.clear()
    cursor = (None, id_key("100"))
    wanted = Slice(5, before=cursor, backward=True) if backward else Slice(5, after=cursor)

    await pages(view, [a_listing("application", None)], wanted)

    plans = await recorded.plans()
    [walk] = [plan for plan, it in zip(plans, recorded.commands, strict=True) if is_walk(it)]
    assert "SORT" not in walk.stages
    assert all("SORT" in stages for stages in walk.rejected), walk.rejected


async def test_a_page_folds_no_more_facts_than_its_candidates_have(
    full_log: EventLog, recorded: Recorded
) -> None:
    view = await a_view_of(full_log, as_of=False)
    recorded.commands.clear()

    await pages(view, [a_listing("call", "updatedDate")], Slice(5))

    fold = (await recorded.plans())[-1]
    assert "FETCH" in fold.stages
    assert fold.documents <= 12 * 6


@pytest.mark.parametrize("as_of", [False, True], ids=["now", "as of"])
async def test_the_campaigns_of_applications_come_from_an_index_alone(
    full_log: EventLog, recorded: Recorded, *, as_of: bool
) -> None:
    view = await a_view_of(full_log, as_of=as_of)
    recorded.commands.clear()

    found = await view.campaigns_of([id_key(str(place)) for place in range(50)])

    [plan] = await recorded.plans()
    assert len(found) == 50
    assert plan.documents == 0
    assert not plan.stages & {"COLLSCAN", "FETCH"}


@pytest.mark.parametrize("as_of", [False, True], ids=["now", "as of"])
async def test_the_holders_of_link_keys_come_from_an_index_alone(
    full_log: EventLog, recorded: Recorded, *, as_of: bool
) -> None:
    view = await a_view_of(full_log, as_of=as_of)
    recorded.commands.clear()

    found = await view.holders(["s3:crm1", "s3:crm2"], "call")

    [plan] = await recorded.plans()
    assert [len(held) for held in found.values()] == [1, 1]
    assert_covered(plan)


async def test_the_things_of_a_campaign_come_from_an_index_alone(
    full_log: EventLog, recorded: Recorded
) -> None:
    view = await a_view_of(full_log, as_of=False)
    recorded.commands.clear()

    found = await view.things_in("application", {"campaign": id_key("c1")})

    [plan] = await recorded.plans()
    assert len(found) == _EACH
    assert_covered(plan)


async def test_the_campaigns_come_from_an_index_alone(
    full_log: EventLog, recorded: Recorded
) -> None:
    view = await a_view_of(full_log, as_of=False)
    recorded.commands.clear()

    found = await view.campaign_keys()

    assert len(found) == _CAMPAIGNS + 1
    for plan in await recorded.plans():
        assert plan.documents == 0


@pytest.mark.parametrize(
    "condition",
    [
        thing_condition("campaign", id_key("rare")),
        thing_condition("application", id_key("7")),
        thing_condition("call", id_key("7")),
        thing_condition("callback", id_key("7")),
    ],
    ids=["campaign", "application", "call", "callback"],
)
async def test_the_events_of_a_thing_come_from_an_index_alone(
    full_log: EventLog, recorded: Recorded, condition: dict[str, object]
) -> None:
    view = await a_view_of(full_log, as_of=False)
    recorded.commands.clear()

    [page] = await positions_of_things(view, [condition], Slice(2))
    [count] = await counts_of_things(view, [condition])

    assert len(page.places) == 2
    assert count >= 3
    for plan in await recorded.plans():
        assert plan.documents == 0
        assert not plan.stages & {"COLLSCAN", "CLUSTERED_IXSCAN", "FETCH"}


async def test_no_read_of_the_edges_scans_a_collection(
    full_log: EventLog, recorded: Recorded
) -> None:
    view = await a_view_of(full_log, as_of=False)
    keys = [id_key(str(place)) for place in range(5)]
    applications = await view.states("application", keys)

    linked = await calls_of(view, list(applications.values()))

    assert all(len(calls) == 1 for calls in linked.values())
    for plan in await recorded.plans():
        assert not plan.stages & {"COLLSCAN", "CLUSTERED_IXSCAN"}
        assert plan.documents <= 30
