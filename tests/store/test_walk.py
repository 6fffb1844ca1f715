"""Pages along an index: whatever each event said alone, a thing stands at its folded place."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from factories import a_call_event
from views import a_view

from store.fold import State
from store.ids import id_key
from store.listing import Listing, Slice
from store.log import EventLog
from store.walk import pages

CAMPAIGN = id_key("c1")


async def nothing(states: object) -> None:
    """Prepare for a list whose filter looks at the states alone."""


async def of_the_campaign(states: Sequence[State]) -> list[State]:
    return [state for state in states if state.data.get("campaignId") == "c1"]


def the_calls(*, descending: bool) -> Listing:
    scope = {"campaign": CAMPAIGN}
    return Listing("call", scope, "updatedDate", descending, of_the_campaign, nothing)


async def walked(log: EventLog, *, descending: bool, backward: bool, size: int) -> list[str]:
    """Walk all the pages of the campaign's calls; return their ids in the list's order."""
    view, listing = await a_view(log, "acme"), the_calls(descending=descending)
    found: list[str] = []
    place = None
    for _ in count():
        ends: dict[str, Any] = {"before": place} if backward else {"after": place}
        [page] = await pages(view, [listing], Slice(size, backward=backward, **ends))
        ids = [state.id for state in page.states]
        found = ids + found if backward else found + ids
        if not (page.has_previous if backward else page.has_next):
            break
        place = page.places[0 if backward else -1]
    return found


async def calls_said_in_parts(log: EventLog) -> None:
    """Append eight calls of the campaign, by their dates and then one without: in parts and whole.

    Ids from 1 to 8 are in the order of the dates.
    """
    dates = {f"{number}": f"2026-01-31T1{number}:00:00Z" for number in range(1, 8)}
    campaign, elsewhere = {"campaignId": "c1"}, {"campaignId": "c2"}
    said = [
        ("1", {**campaign, "updatedDate": dates["1"]}),
        ("2", campaign),
        ("2", {"updatedDate": dates["2"]}),
        ("3", {**campaign, "updatedDate": dates["3"]}),
        ("4", {"updatedDate": dates["4"]}),
        ("4", campaign),
        ("5", {**campaign, "updatedDate": dates["1"]}),
        ("5", {"updatedDate": dates["5"]}),
        ("6", {**elsewhere, "updatedDate": dates["6"]}),
        ("6", campaign),
        ("7", {**campaign, "updatedDate": dates["7"]}),
        ("8", campaign),
        ("gone", {**campaign, "updatedDate": dates["3"]}),
        ("gone", elsewhere),
        ("nowhere", {"updatedDate": dates["3"]}),
    ]
    await log.append(
        [
            a_call_event(
                statisticId=call, eventCreationDate=f"2026-01-31T10:{minute:02}:00Z", **fields
            )
            for minute, (call, fields) in enumerate(said)
        ]
    )


@pytest.mark.parametrize("size", [1, 2, 3, 20])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("descending", [False, True])
async def test_a_call_whose_campaign_and_date_came_apart_is_listed_in_its_place_d10(
    new_log: EventLog, *, descending: bool, backward: bool, size: int
) -> None:
    await calls_said_in_parts(new_log)

    found = await walked(new_log, descending=descending, backward=backward, size=size)

    in_order = ["1", "2", "3", "4", "5", "6", "7", "8"]
    assert found == (in_order[::-1] if descending else in_order)
