"""What hangs below campaigns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from api import nodes
from api.errors import ClientError
from api.filters import application_filter, belongs, call_filter, callback_filter
from api.loaders.application import foresee_applications
from api.loaders.boards import board_connections
from api.loaders.lists import SORT_FIELDS, by_view, connections, items_of, order_of
from api.lookahead import Ask, Selection, batch
from api.masking import of_view
from api.paging import read_slice
from api.types.campaign import Campaign, CampaignStatusChange, StatusCount
from api.types.connection import Connection
from api.types.enums import Direction
from store import walk
from store.board import Board
from store.boards import read_boards
from store.fold import empty_state
from store.listing import Listing
from store.sweep import sweep
from store.view import View


@batch("Campaign", "statusHistory")
async def status_history(
    campaigns: Sequence[Campaign],
    ask: Ask,  # noqa: ARG001 - no arguments
) -> list[list[CampaignStatusChange]]:
    """Return each campaign's status changes; they came with its state."""
    return [nodes.campaign_changes(campaign) for campaign in campaigns]


@batch("Campaign", "applications")
async def applications(campaigns: Sequence[Campaign], ask: Ask) -> list[Connection[Any]]:
    """Return a page of each campaign's applications."""
    order, descending = order_of(ask, "APPLICATION_ID")

    def listing(campaign: Campaign) -> Listing:
        return applications_of(campaign, ask, SORT_FIELDS[order], descending=descending)

    if _is_walked(ask):
        return await connections(campaigns, ask, order, listing)
    return await board_connections(campaigns, ask, order, listing)


def _is_walked(ask: Ask) -> bool:
    """Say whether the list is read along the index of the ids; boards answer for the others."""
    wants_total = ask.below.wants(ask.type_name, "totalCount")
    order, _ = order_of(ask, "APPLICATION_ID")
    return order == "APPLICATION_ID" and not wants_total and not ask.arguments.get("filter")


def applications_of(
    campaign: Campaign, ask: Ask, order: str | None, *, descending: bool
) -> Listing:
    """Return the list of a campaign's applications."""
    key = campaign.state.id_key
    wanted = application_filter(campaign.view, key, ask.arguments.get("filter"))
    below = partial(foresee_applications, campaign.view, list(items_of(ask)))
    return Listing("application", {"campaign": key}, order, descending, *wanted, below)


async def foresee(view: View, selection: Selection, id_key: str) -> None:
    """Read, beside the state of a campaign, what is asked for below it and needs no state."""
    campaign = nodes.campaign(view, empty_state("campaign", view.company, id_key))
    for ask in selection.of("Campaign"):
        if ask.field == "applications" and _is_walked(ask):
            _, descending = order_of(ask, "APPLICATION_ID")
            listing = applications_of(campaign, ask, None, descending=descending)
            with suppress(ClientError):  # the field itself meets it again
                await walk.foresee(view, listing, read_slice(ask.arguments, "APPLICATION_ID"))


@batch("Campaign", "calls")
async def calls(campaigns: Sequence[Campaign], ask: Ask) -> list[Connection[Any]]:
    """Return a page of each campaign's calls."""
    order, descending = order_of(ask, "UPDATED_DATE", Direction.DESC)

    def listing(campaign: Campaign) -> Listing:
        key = campaign.state.id_key
        wanted = call_filter(
            campaign.view, ask.arguments.get("filter"), lambda state: belongs(state, key)
        )
        return Listing("call", {"campaign": key}, SORT_FIELDS[order], descending, *wanted)

    return await connections(campaigns, ask, order, listing)


@batch("Campaign", "callbacks")
async def callbacks(campaigns: Sequence[Campaign], ask: Ask) -> list[Connection[Any]]:
    """Return a page of the callbacks of each campaign's applications."""
    order, descending = order_of(ask, "RECALL_AT")
    siblings = {campaign.state.id_key for campaign in campaigns}

    def listing(campaign: Campaign) -> Listing:
        wanted = callback_filter(
            campaign.view, ask.arguments.get("filter"), campaign.state.id_key, siblings
        )
        return Listing("callback", {}, SORT_FIELDS[order], descending, *wanted)

    return await connections(campaigns, ask, order, listing)


@batch("Campaign", "applicationStatusCounts")
async def application_status_counts(
    campaigns: Sequence[Campaign], ask: Ask
) -> list[list[StatusCount]]:
    """Return how many of each campaign's applications have which status."""
    found: list[list[StatusCount]] = [[] for _ in campaigns]
    for view, places in by_view(campaigns).items():
        counts = await _counts(view, [campaigns[place] for place in places], ask)
        for place in places:
            found[place] = _status_counts(view, counts[campaigns[place].state.id_key])
    return found


async def _counts(
    view: View, campaigns: Sequence[Campaign], ask: Ask
) -> Mapping[str, Mapping[str | None, int]]:
    # One that several things lead to is here several times, and to be counted once.
    once = {campaign.state.id_key: campaign for campaign in campaigns}
    keys = list(once)
    known = await read_boards(view, keys, _board_counts)
    if known is not None:
        return known
    listings = [applications_of(each, ask, None, descending=False) for each in once.values()]
    found: dict[str, Counter[str | None]] = {key: Counter() for key in keys}
    async for place, states in sweep(view, listings):
        found[keys[place]].update(state.data.get("status") for state in states)
    return found


async def _board_counts(board: Board) -> dict[str | None, int]:
    return board.status_counts()


def _status_counts(view: View, counts: Mapping[str | None, int]) -> list[StatusCount]:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))
    return [
        StatusCount(status=of_view(view, "status", status), count=count)
        for status, count in ordered
    ]
