"""The lists of applications that a board answers: filtered, sorted by a moment, or counted."""

from collections.abc import Callable, Sequence
from typing import Any

from api.loaders.lists import by_view, connections, made
from api.lookahead import Ask
from api.paging import read_slice
from api.types.campaign import Campaign
from api.types.connection import Connection
from api.types.inputs import ApplicationFilter
from store.board import Board
from store.boards import read_boards
from store.listing import Listing, Page
from store.view import View

Answer = tuple[Page, int | None]  # a page, and how many the whole list has


async def board_connections(
    campaigns: Sequence[Campaign], ask: Ask, order: str, listing: Callable[[Campaign], Listing]
) -> list[Connection[Any]]:
    """Return a page of each campaign's applications from boards; folded where none knows."""
    found: list[Connection[Any] | None] = [None] * len(campaigns)
    for view, places in by_view(campaigns).items():
        mine = [campaigns[place] for place in places]
        answers = await _answers(view, mine, ask, order, listing)
        if answers is None:
            folded = await connections(mine, ask, order, listing)
            found = _placed(found, places, folded)
        else:
            found = _placed(found, places, await _made(view, answers, order))
    return [each for each in found if each is not None]


def _placed(
    found: list[Connection[Any] | None], places: Sequence[int], made: Sequence[Connection[Any]]
) -> list[Connection[Any] | None]:
    for place, each in zip(places, made, strict=True):
        found[place] = each
    return found


async def _answers(
    view: View,
    campaigns: Sequence[Campaign],
    ask: Ask,
    order: str,
    listing: Callable[[Campaign], Listing],
) -> list[Answer] | None:
    wanted = read_slice(ask.arguments, order)
    chosen: ApplicationFilter | None = ask.arguments.get("filter")
    wants_total = ask.below.wants(ask.type_name, "totalCount")
    listings = {campaign.state.id_key: listing(campaign) for campaign in campaigns}
    statuses = None if chosen is None else chosen.status

    async def answer(board: Board) -> Answer:
        mine = listings[board.campaign]
        page = await board.page(mine, wanted, statuses)
        accept = mine.accept if _looks_beyond_status(chosen) else None
        return page, await board.count(statuses, accept) if wants_total else None

    found = await read_boards(view, listings, answer)
    return None if found is None else [found[campaign.state.id_key] for campaign in campaigns]


def _looks_beyond_status(chosen: ApplicationFilter | None) -> bool:
    return chosen is not None and any(
        wanted is not None for name, wanted in vars(chosen).items() if name != "status"
    )


async def _made(view: View, answers: Sequence[Answer], order: str) -> list[Connection[Any]]:
    """Load the whole states of what the pages hold: boards keep only what lists look at."""
    keys = [state.id_key for page, _ in answers for state in page.states]
    whole = await view.states("application", keys)
    return [
        made(view, page, [whole[state.id_key] for state in page.states], order, count)
        for page, count in answers
    ]
