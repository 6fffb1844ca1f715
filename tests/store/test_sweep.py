"""Whole lists are folded in parts: nothing is missed, and a long one is not kept in memory."""

import pytest
from factories import a_tac_event, an_application
from views import a_view, everything

import store.sweep as sweep_module
from store.fold import State
from store.ids import id_key
from store.listing import Listing, Slice
from store.log import EventLog
from store.sweep import counts, sorted_pages

_APPLICATIONS = 23


async def all_of_them(states: list[State]) -> list[State]:
    return list(states)


async def nothing(states: list[State]) -> None:
    del states


def a_listing(campaign: str, *, descending: bool = False) -> Listing:
    scope = {"campaign": id_key(campaign)}
    return Listing("application", scope, "nextCall", descending, all_of_them, nothing)  # type: ignore[arg-type]


@pytest.fixture
async def filled(log: EventLog, company: str, monkeypatch: pytest.MonkeyPatch) -> EventLog:
    monkeypatch.setattr(sweep_module, "_THINGS_AT_ONCE", 5)
    monkeypatch.setattr(sweep_module, "_SHORT", 8)
    await log.append(
        [
            a_tac_event(
                an_application(
                    id=place,
                    telemarketCampaignId="long" if place < 20 else "short",
                    nextCall=f"2026-01-05T10:{7 * place % 60:02}:00Z",
                ),
                companyId=company,
            )
            for place in range(_APPLICATIONS)
        ]
    )
    return log


async def test_lists_are_counted_in_parts(filled: EventLog, company: str) -> None:
    view = await a_view(filled, company)

    assert await counts(view, [a_listing("long"), a_listing("short")]) == [20, 3]


async def test_a_page_is_cut_from_all_parts(filled: EventLog, company: str) -> None:
    view = await a_view(filled, company)
    [whole] = await everything(view, [a_listing("long")])

    [(first, count)] = await sorted_pages(view, [a_listing("long")], Slice(3))
    [(last, _)] = await sorted_pages(view, [a_listing("long")], Slice(3, backward=True))
    [(down, _)] = await sorted_pages(view, [a_listing("long", descending=True)], Slice(3))

    assert (first.states, last.states, down.states) == (whole[:3], whole[-3:], whole[:-4:-1])
    assert (count, first.has_next, last.has_previous) == (20, True, True)


async def test_what_is_long_is_not_kept_in_the_views_memory(filled: EventLog, company: str) -> None:
    view = await a_view(filled, company)
    await counts(view, [a_listing("long")])
    before = filled.database.reads

    await view.states("application", [id_key("1")])

    assert filled.database.reads == before + 1


async def test_what_is_short_is_read_once(filled: EventLog, company: str) -> None:
    view = await a_view(filled, company)
    await counts(view, [a_listing("short")])
    before = filled.database.reads

    await view.states("application", [id_key("21")])

    assert filled.database.reads == before
