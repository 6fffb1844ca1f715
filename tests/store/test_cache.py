"""The cache answers as the log does, at every position, and stays within its bounds."""

import asyncio
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest
from factories import a_call_event, a_callback_event, a_campaign_event, a_tac_event, an_application

from store import cache as cache_module
from store import horizon as horizon_module
from store.cache import Cache, Stretch
from store.fold import State
from store.ids import id_key
from store.links import callbacks_of, calls_of
from store.log import EventLog
from store.moment import Moment
from store.view import View

CRM = {"clientSyncIdsToValues": {"crm": "1"}}


@pytest.fixture
def cache() -> Cache:
    return Cache()


async def a_view(log: EventLog, cache: Cache | None, position: int | None = None) -> View:
    head = await log.head()
    at = head.position if position is None else position
    return View(log.database, "acme", Moment(at, None, head.generation), cache=cache)


async def a_status(log: EventLog, cache: Cache, position: int | None = None) -> Any:  # noqa: ANN401 - JSON
    view = await a_view(log, cache, position)
    found = await view.states("campaign", [id_key("c1")])
    return found[id_key("c1")].data["status"] if found else None


async def read_by(log: EventLog, view: View) -> int:
    before = log.database.reads
    await view.states("campaign", [id_key("c1"), id_key("c2")])
    return log.database.reads - before


async def test_what_one_view_read_the_next_one_knows(new_log: EventLog, cache: Cache) -> None:
    await new_log.append([a_campaign_event(campaignId="c1")])

    reads = [await read_by(new_log, await a_view(new_log, cache)) for _ in range(2)]

    assert reads == [1, 0]


async def test_what_was_appended_since_is_seen(new_log: EventLog, cache: Cache) -> None:
    seen = [await a_status(new_log, cache)]
    for status in ("NEW", "PAUSED"):
        await new_log.append([a_campaign_event(campaignId="c1", status=status)])
        seen.append(await a_status(new_log, cache))

    assert seen == [None, "NEW", "PAUSED"]


async def test_what_was_appended_of_others_costs_one_short_read(
    new_log: EventLog, cache: Cache
) -> None:
    await new_log.append([a_campaign_event(campaignId="c1")])
    await read_by(new_log, await a_view(new_log, cache))
    await new_log.append([a_campaign_event(campaignId="c3")])

    assert await read_by(new_log, await a_view(new_log, cache)) == 1
    assert await read_by(new_log, await a_view(new_log, cache)) == 0


async def test_an_earlier_position_does_not_see_what_later_ones_read(
    new_log: EventLog, cache: Cache
) -> None:
    await new_log.append([a_campaign_event(campaignId="c1", status="NEW")])
    await new_log.append([a_campaign_event(campaignId="c1", status="PAUSED")])

    assert await a_status(new_log, cache) == "PAUSED"
    assert await a_status(new_log, cache, position=1) == "NEW"
    assert await a_status(new_log, cache) == "PAUSED"


async def test_a_view_that_was_overtaken_does_not_keep_what_is_old(
    new_log: EventLog, cache: Cache
) -> None:
    await new_log.append([a_campaign_event(campaignId="c1", status="NEW")])
    slow = await a_view(new_log, cache)
    await slow.states("campaign", [id_key("c2")])
    await new_log.append([a_campaign_event(campaignId="c1", status="PAUSED")])
    await (await a_view(new_log, cache)).states("campaign", [id_key("c2")])

    found = await slow.states("campaign", [id_key("c1")])

    assert found[id_key("c1")].data["status"] == "NEW"
    assert await a_status(new_log, cache) == "PAUSED"


def spelled(found: Mapping[str, Sequence[State]]) -> dict[str, list[str]]:
    return {key: [state.id for state in states] for key, states in found.items()}


async def edges(view: View) -> list[dict[str, list[str]]]:
    keys = [id_key("a1"), id_key("a2")]
    applications = list((await view.known("application", keys)).values())
    return [spelled(await calls_of(view, applications)), spelled(await callbacks_of(view, keys))]


async def test_edges_follow_every_kind_of_fact(new_log: EventLog, cache: Cache) -> None:
    events = [
        a_tac_event(an_application(id="a1", telemarketCampaignId="c1", **CRM)),
        a_call_event(statisticId="s1", campaignId="c1", **CRM),
        a_tac_event(an_application(id="a2", telemarketCampaignId="c1")),
        a_callback_event(id="b1", applicationId="a1", phoneNumber="+380501"),
        a_call_event(statisticId="s2", campaignId="c1", phoneNumber="380501"),
        a_callback_event(id="b1", applicationId="a2", phoneNumber="+380501"),
        a_tac_event(an_application(id="a1", telemarketCampaignId="c2")),
        a_call_event(statisticId="s1", campaignId="c2"),
        a_tac_event(an_application(id="a2", telemarketCampaignId="c1", **CRM)),
    ]
    differing = []
    for event in events:
        await new_log.append([event])
        cached = await edges(await a_view(new_log, cache))
        differing += [event] if cached != await edges(await a_view(new_log, None)) else []

    assert differing == []


async def test_a_stretch_holds_until_a_new_member_comes(new_log: EventLog, cache: Cache) -> None:
    async def load() -> Stretch:
        view = await a_view(new_log, None)
        return Stretch(
            dict.fromkeys(await view.things_in("application", {"campaign": id_key("c1")}))
        )

    async def members() -> int:
        view = await a_view(new_log, cache)
        return len((await view.stretch("applications in", id_key("c1"), "all", load)).members)

    found = []
    for application in ("a1", "a1", "a2", "a1", "a3"):
        await new_log.append(
            [a_tac_event(an_application(id=application, telemarketCampaignId="c1"))]
        )
        found.append(await members())

    assert found == [1, 1, 2, 2, 3]


async def test_no_more_is_kept_than_the_bound(new_log: EventLog) -> None:
    cache = Cache(max_weight=100)

    for first in range(0, 1_000, 10):
        view = await a_view(new_log, cache)
        await view.states("call", [id_key(str(first + each)) for each in range(10)])

    assert 50 <= len(cache) <= 100


async def test_what_is_asked_for_often_stays(new_log: EventLog) -> None:
    cache = Cache(max_weight=100)

    for first in range(0, 1_000, 10):
        await read_by(new_log, await a_view(new_log, cache))
        view = await a_view(new_log, cache)
        await view.states("call", [id_key(str(first + each)) for each in range(10)])

    assert await read_by(new_log, await a_view(new_log, cache)) == 0


@pytest.mark.parametrize(
    ("bound", "reads"),
    [((cache_module, "_MAX_BEHIND"), 1), ((horizon_module, "_MAX_ROWS"), 2)],
)
async def test_what_is_far_behind_is_forgotten_without_reading_up(
    new_log: EventLog,
    cache: Cache,
    monkeypatch: pytest.MonkeyPatch,
    bound: tuple[ModuleType, str],
    reads: int,
) -> None:
    monkeypatch.setattr(*bound, 3)
    await new_log.append([a_campaign_event(campaignId="c1", status="NEW")])
    await a_status(new_log, cache)
    await new_log.append([a_campaign_event(campaignId="c1", status="PAUSED")])
    await new_log.append([a_campaign_event(campaignId=f"c{each}") for each in range(2, 7)])

    assert await read_by(new_log, await a_view(new_log, cache)) == reads
    assert await a_status(new_log, cache) == "PAUSED"


async def test_a_horizon_that_forgets_what_was_touched_keeps_nothing_older(
    new_log: EventLog, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(horizon_module, "_MAX_TOUCHED", 1)
    await new_log.append([a_campaign_event(campaignId="c1", status="NEW")])
    slow = await a_view(new_log, cache)
    await slow.states("campaign", [id_key("c2")])
    await new_log.append([a_campaign_event(campaignId="c1", status="PAUSED")])
    await (await a_view(new_log, cache)).states("campaign", [id_key("c2")])

    await slow.states("campaign", [id_key("c1")])

    assert await a_status(new_log, cache) == "PAUSED"


async def test_what_has_a_long_name_weighs_more(new_log: EventLog) -> None:
    cache = Cache(max_weight=100)

    for number in range(10):
        view = await a_view(new_log, cache)
        await view.states("call", [id_key(f"{number} {'long' * 10_000}")])

    assert len(cache) <= 2


async def test_a_horizon_that_another_took_the_place_of_remembers_nothing(
    new_log: EventLog, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_MAX_BEHIND", 1)
    await a_status(new_log, cache)
    [horizon] = cache._horizons.values()  # noqa: SLF001 - answers may hold it for long
    await new_log.append([a_campaign_event(campaignId="c1", status="NEW")])
    await a_status(new_log, cache)
    touched = len(horizon.touched)

    await new_log.append([a_campaign_event(campaignId=f"c{each}") for each in range(3)])
    await a_status(new_log, cache)

    assert (touched > 0, len(horizon.touched)) == (True, 0)


async def test_what_is_remembered_of_many_companies_is_no_more_than_of_one(
    new_log: EventLog, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "_MAX_TOUCHED", 30)
    companies = [f"company {number}" for number in range(10)]
    for place in range(6):
        moment = Moment((await new_log.head()).position)
        for company in companies:
            await cache.reach(new_log.database, company, moment)
        await new_log.append(
            [a_campaign_event(companyId=each, campaignId=f"c{place}") for each in companies]
        )

    horizons = cache._horizons.values()  # noqa: SLF001 - how much it remembers is not shown
    assert 10 <= sum(len(each.touched) for each in horizons) <= 30


async def test_what_has_a_long_history_weighs_more(new_log: EventLog) -> None:
    cache = Cache(max_weight=100)
    said = "a word " * 10_000
    await new_log.append([a_callback_event(id=each, description=said) for each in range(4)])

    for number in range(4):
        view = await a_view(new_log, cache)
        await view.states("callback", [id_key(str(number))])

    assert len(cache) <= 2


async def test_a_company_with_an_endless_name_is_not_remembered(
    new_log: EventLog, cache: Cache
) -> None:
    name = "long" * 1_000
    await new_log.append([a_campaign_event(companyId=name, campaignId="c1", status="NEW")])
    view = View(new_log.database, name, Moment(1), cache=cache)

    found = await view.states("campaign", [id_key("c1")])

    assert found[id_key("c1")].data["status"] == "NEW"
    assert len(cache._horizons) == len(cache) == 0  # noqa: SLF001 - nothing shows it


async def test_a_list_that_is_asked_for_from_a_long_place_weighs_more(
    new_log: EventLog,
) -> None:
    cache = Cache(max_weight=100)

    async def load() -> Stretch:
        return Stretch({})

    for number in range(10):
        view = await a_view(new_log, cache)
        await view.stretch("applications in", id_key(str(number)), "long" * 10_000, load)

    assert len(cache) <= 2


async def test_those_who_ask_together_find_out_once_that_too_much_has_come(
    new_log: EventLog, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(horizon_module, "_MAX_ROWS", 3)
    await a_status(new_log, cache)
    await new_log.append([a_campaign_event(campaignId=f"c{each}") for each in range(5)])
    moment = Moment((await new_log.head()).position)
    before = new_log.database.reads

    await asyncio.gather(*(cache.reach(new_log.database, "acme", moment) for _ in range(9)))

    assert new_log.database.reads - before == 1
