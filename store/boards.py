"""Which boards are kept, and how they are filled, brought up to a position and read."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from store.board import FIELDS, Board
from store.cache import Cache
from store.collections import Document, Pipeline
from store.deadline import set_deadline
from store.driver import Database
from store.fold import State
from store.moment import Moment, numbers_between
from store.parts import in_parts
from store.trace import note_other
from store.view import View

Result = TypeVar("Result")

_MAX_POSITIONS_BEHIND = 200_000


class Boards:
    """The boards of one process, the least recently read dropped first.

    Args:
        max_applications: How many applications all boards may hold together; about 1 KiB each.
    """

    def __init__(self, *, max_applications: int = 500_000) -> None:
        self._max_applications = max_applications
        self._kept: OrderedDict[tuple[str, int, int, str], Board] = OrderedDict()
        self._redactions = 0
        self._reading: set[asyncio.Future[Any]] = set()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def read(
        self, view: View, campaigns: Iterable[str], work: Callable[[Board], Awaitable[Result]]
    ) -> dict[str, Result] | None:
        """Return what `work` finds on the board of each campaign, at the view's position.

        It costs at most four reads, for any number of campaigns.

        Args:
            view: Whose position, company and facts.
            campaigns: Their id keys.
            work: Must not wait for anything but the board: nobody else reads it meanwhile.

        Returns:
            The results; `None` where the view speaks of the past, which boards do not know: fold
            then.
        """
        if view.moment.as_of is not None:
            return None
        reading = asyncio.ensure_future(self._read(view, list(campaigns), work))
        self._reading.add(reading)
        reading.add_done_callback(self._ended)
        return await asyncio.shield(reading)

    async def _read(
        self, view: View, campaigns: Sequence[str], work: Callable[[Board], Awaitable[Result]]
    ) -> dict[str, Result] | None:
        """Read as `read` does, to the end, though who asked may have given up.

        A large board takes longer to fill than an answer may: the next one who asks finds it.
        """
        set_deadline(None)
        async with self._locks.setdefault(view.company, asyncio.Lock()):
            boards = self._boards(view, campaigns)
            if any(board.position > view.moment.position for board in boards):
                return None
            try:
                await _bring_up(view, boards)
            except BaseException:
                self._forget(boards)  # they met some of what is behind their position
                raise
            found = {board.campaign: await work(board) for board in boards}
        self._drop_oldest()
        return found

    def _ended(self, reading: asyncio.Future[Any]) -> None:
        self._reading.discard(reading)
        if not reading.cancelled():
            reading.exception()  # told to who asked, if somebody still waits

    def _boards(self, view: View, campaigns: Iterable[str]) -> list[Board]:
        boards: list[Board] = []
        moment = view.moment
        if moment.redactions > self._redactions:
            self._kept.clear()  # a person may be on them who is forgotten
            self._redactions = moment.redactions
        for campaign in dict.fromkeys(campaigns):
            key = (view.company, moment.generation, moment.redactions, campaign)
            board = self._kept.pop(key, None)
            if board is None or view.moment.position - board.position > _MAX_POSITIONS_BEHIND:
                board = Board(campaign)
            self._kept[key] = board
            boards.append(board)
        return boards

    def _forget(self, boards: Sequence[Board]) -> None:
        for key in [key for key, board in self._kept.items() if board in boards]:
            del self._kept[key]

    def _drop_oldest(self) -> None:
        held = sum(_weight(board) for board in self._kept.values())
        while held > self._max_applications and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            held -= _weight(dropped)


def _weight(board: Board) -> int:
    """Return what a board counts towards the limit; an empty one counts too."""
    return max(1, len(board))


class BoardedView(View):
    """A view that boards and the cache of this process answer for, where they can."""

    def __init__(  # noqa: PLR0913, PLR0917 - a view's own, and what answers for it
        self,
        database: Database,
        company: str,
        moment: Moment,
        now: datetime,
        boards: Boards,
        cache: Cache,
    ) -> None:
        super().__init__(database, company, moment, now, cache)
        self.boards = boards


async def read_boards(
    view: View, campaigns: Iterable[str], work: Callable[[Board], Awaitable[Result]]
) -> dict[str, Result] | None:
    """Return what `work` finds on the campaigns' boards; `None` where the view has none."""
    note_other()
    return await view.boards.read(view, campaigns, work) if isinstance(view, BoardedView) else None


async def _bring_up(view: View, boards: Sequence[Board]) -> None:
    """Bring all boards to the view's position: fill the empty ones, let the others catch up."""
    filled = [board for board in boards if board.position > 0]
    rows = await _rows_since(view, min((board.position for board in filled), default=None))
    unread = {board.campaign: board.take_in(rows) for board in filled}
    empty = [board.campaign for board in boards if board.position == 0]
    unread |= await _members(view, empty)
    states = await _slim_states(view, frozenset().union(*unread.values()))
    for board in boards:
        for key in unread[board.campaign]:
            board.put(*states[key])
        board.position = view.moment.position


async def _rows_since(view: View, position: int | None) -> list[Document]:
    if position is None or position == view.moment.position:
        return []
    numbers = numbers_between(position, view.moment.position)
    return await view.database.find(
        view.facts,
        {"_id": numbers, "company": view.company, "kind": "application"},
        fields={"idKey": 1, "campaign": 1, "at": 1} | {f"data.{field}": 1 for field in FIELDS},
        sort=[("_id", 1)],
        hint=[("_id", 1)],
    )


async def _members(view: View, campaigns: Sequence[str]) -> dict[str, set[str]]:
    """Return the applications that any fact puts into each campaign; one covered read."""
    found: dict[str, set[str]] = {campaign: set() for campaign in campaigns}
    if campaigns:
        pipeline: Pipeline = [
            {"$match": view.match("application", {"campaign": {"$in": list(campaigns)}})},
            {"$group": {"_id": {"campaign": "$campaign", "idKey": "$idKey"}}},
        ]
        for row in await view.database.aggregate(view.facts, pipeline):
            found[row["_id"]["campaign"]].add(row["_id"]["idKey"])
    return found


async def _slim_states(view: View, keys: Iterable[str]) -> Mapping[str, tuple[State, datetime]]:
    """Fold only what a board keeps, with the date of the newest fact; one read per 20,000."""
    found: dict[str, tuple[State, datetime]] = {}
    for part in in_parts(sorted(keys)):
        pipeline = _slim_fold(view, part)
        for row in await view.database.aggregate(view.facts, pipeline):
            state = State("application", view.company, row["_id"], row["data"])
            found[state.id_key] = (state, row["newest"])
    return found


def _slim_fold(view: View, keys: Sequence[str]) -> Pipeline:
    """Write the fold; a path that leads nowhere leaves its field out, as D10 wants it."""
    slim = {field: f"$data.{field}" for field in FIELDS}
    return [
        {"$match": view.match("application", {"idKey": {"$in": list(keys)}})},
        {"$project": {"idKey": 1, "at": 1, "data": slim}},
        {"$sort": {"idKey": 1, "at": 1, "_id": 1}},
        {
            "$group": {
                "_id": "$idKey",
                "data": {"$mergeObjects": "$data"},
                "newest": {"$max": "$at"},
            }
        },
    ]
