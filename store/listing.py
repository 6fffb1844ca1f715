"""Pages of lists, in any order, at any size: candidates from an index, held to their folded state.

A fact in an index says what one event said; the thing may say otherwise by now. So a page walks the
index in the order asked for, folds the things that it meets and keeps those whose folded value is
the one that the index promised: exact, and its cost does not grow with the log.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.collections import Document, Pipeline
from store.facts import Kind
from store.fold import State
from store.view import View

Place = tuple[Any, str]  # the sort value, and the id key that breaks ties
Accept = Callable[[Sequence[State]], Awaitable[list[State]]]
Prepare = Callable[[Sequence[State]], Awaitable[None]]

_ROWS_PER_THING = 12  # about how many facts a thing has: how far a first read looks


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: `limit` things after `after` and before `before`, from either end."""

    limit: int
    after: Place | None = None
    before: Place | None = None
    backward: bool = False

    def has_next(self, *, more: bool) -> bool:
        """Say whether there are things after the slice, where the limit cut `more` off or not.

        What a cursor names stands there, so a slice that a cursor bounds has a neighbour.
        """
        return self.before is not None or (more and not self.backward)

    def has_previous(self, *, more: bool) -> bool:
        """Say whether there are things before the slice; see `has_next`."""
        return self.after is not None or (more and self.backward)


@dataclass(frozen=True, slots=True)
class Page:
    """Some things of a list in its order, and whether there are more on either side."""

    states: list[State]
    places: list[Place]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of things; `pages` and `everything` read several of one view and kind at once.

    Attributes:
        kind: Of which kind.
        scope: The equality that an index leads with, such as `{"campaign": …}`.
        order: The field of `data` that sorts, or `None` for the id alone.
        descending: The direction; null is greater than every value.
        accept: Keeps those of the folded things that belong to the list.
        prepare: Reads what `accept` will look at, for the things of several lists at once.
    """

    kind: Kind
    scope: Document
    order: str | None
    descending: bool
    accept: Accept
    prepare: Prepare

    def place(self, state: State) -> Place:
        """Return where a thing stands in the list."""
        return (None if self.order is None else state.data.get(self.order)), state.id_key


@dataclass(slots=True)
class _Walk:
    """One listing's walk along its index."""

    listing: Listing
    wanted: Slice
    from_place: Place | None
    until: Place | None
    descending: bool
    rows: int
    found: list[State] = field(default_factory=list)
    is_done: bool = False

    def pipelines(self, view: View, tag: int) -> list[Pipeline]:
        """Write one covered read for each segment of the index that is still ahead."""
        column = f"data.{self.listing.order}"
        direction = -1 if self.descending else 1
        by_id = {"idKey": direction}
        sort = by_id if self.listing.order is None else {column: direction} | by_id
        value = {"v": f"${column}"} if self.listing.order is not None else {}
        return [
            [
                {"$match": view.match(self.listing.kind, self.listing.scope | segment)},
                {"$sort": sort},
                {"$limit": self.rows},
                {"$project": {"_id": 0, "n": {"$literal": (tag, part)}, "k": "$idKey", **value}},
            ]
            for part, segment in enumerate(self._segments(column))
        ]

    def _segments(self, column: str) -> list[Document]:
        beyond = "$lt" if self.descending else "$gt"
        if self.listing.order is None:
            return [{"idKey": {beyond: self.from_place[1]}} if self.from_place else {}]
        nulls: Document = {column: None}
        values: Document = {column: {"$ne": None}}
        if self.from_place is None:
            return [nulls, values] if self.descending else [values, nulls]
        value, key = self.from_place
        ties: Document = {column: value, "idKey": {beyond: key}}
        if value is None:
            return [ties, values] if self.descending else [ties]
        further: Document = {column: {beyond: value}}
        return [ties, further] if self.descending else [ties, further, nulls]

    def candidates(self, rows: Sequence[Document]) -> list[Place]:
        """Take this round's rows in order, up to the first segment that was cut off."""
        taken: dict[Place, None] = {}
        for part in sorted({row["n"][1] for row in rows}):
            segment = [row for row in rows if row["n"][1] == part]
            taken.update(dict.fromkeys((row.get("v"), row["k"]) for row in segment))
            if len(segment) == self.rows:
                break
        else:
            self.is_done = True
        places = list(taken)
        if places:
            self.from_place = places[-1]
        return places

    async def keep(self, places: Sequence[Place], states: dict[str, State]) -> None:
        """Keep those of the candidates that stand where the index said, and belong here."""
        standing = [
            states[key]
            for value, key in places
            if key in states and self.listing.place(states[key]) == (value, key)
        ]
        inside = [state for state in standing if not self._is_past(state)]
        self.is_done = self.is_done or len(inside) < len(standing)
        self.found += await self.listing.accept(inside)
        self.is_done = self.is_done or len(self.found) > self.wanted.limit
        self.rows = min(2 * self.rows, 20_000)

    def _is_past(self, state: State) -> bool:
        if self.until is None:
            return False
        ahead, behind = sort_key(self.until), sort_key(self.listing.place(state))
        return behind <= ahead if self.descending else behind >= ahead

    def page(self) -> Page:
        """Return the page that the walk has found."""
        more = len(self.found) > self.wanted.limit
        states = self.found[: self.wanted.limit]
        if self.wanted.backward:
            states.reverse()
        return Page(
            states,
            [self.listing.place(state) for state in states],
            has_next=self.wanted.has_next(more=more),
            has_previous=self.wanted.has_previous(more=more),
        )


def sort_key(place: Place) -> tuple[bool, Any, str]:
    """Return what places are compared by: null is greater than every value."""
    value, key = place
    return (value is None, value, key) if value is not None else (True, 0, key)


async def pages(view: View, listings: Sequence[Listing], wanted: Slice) -> list[Page]:
    """Return the same slice of several lists, in two reads a round for all of them together."""
    walks = [_walk(listing, wanted) for listing in listings]
    while ahead := [walk for walk in walks if not walk.is_done]:
        pipelines = [each for tag, walk in enumerate(ahead) for each in walk.pipelines(view, tag)]
        rows: list[list[Document]] = [[] for _ in ahead]
        for row in await view.union(pipelines):
            rows[row["n"][0]].append(row)
        places = [walk.candidates(mine) for walk, mine in zip(ahead, rows, strict=True)]
        keys = {key for mine in places for _, key in mine}
        states = await view.states(ahead[0].listing.kind, keys)
        await ahead[0].listing.prepare(list(states.values()))
        for walk, mine in zip(ahead, places, strict=True):
            await walk.keep(mine, states)
    return [walk.page() for walk in walks]


def _walk(listing: Listing, wanted: Slice) -> _Walk:
    start, until = wanted.after, wanted.before
    if wanted.backward:
        start, until = until, start
    descending = listing.descending != wanted.backward
    rows = _ROWS_PER_THING * (wanted.limit + 1)
    return _Walk(listing, wanted, start, until, descending, rows)


async def everything(view: View, listings: Sequence[Listing]) -> list[list[State]]:
    """Return several lists, each whole and in its order: for counts, and orders without an index.

    Two reads for all of them, which are at least one, and those of `prepare`.
    """
    scopes = {repr(listing.scope): listing for listing in listings}
    pipelines = [_things(view, each, tag) for tag, each in enumerate(scopes.values())]
    keys: dict[str, list[str]] = {scope: [] for scope in scopes}
    by_tag = list(keys.values())
    for row in await view.union(pipelines):
        by_tag[row["n"]].append(row["_id"])
    states = await view.states(listings[0].kind, {key for mine in by_tag for key in mine})
    await listings[0].prepare(list(states.values()))
    return [
        await _sorted(listing, [states[key] for key in keys[repr(listing.scope)]])
        for listing in listings
    ]


def _things(view: View, listing: Listing, tag: int) -> Pipeline:
    return [
        {"$match": view.match(listing.kind, listing.scope)},
        {"$group": {"_id": "$idKey"}},
        {"$set": {"n": tag}},
    ]


async def _sorted(listing: Listing, states: Sequence[State]) -> list[State]:
    return sorted(
        await listing.accept(states),
        key=lambda state: sort_key(listing.place(state)),
        reverse=listing.descending,
    )


def page_of(states: Sequence[State], listing: Listing, wanted: Slice) -> Page:
    """Cut the slice out of a whole list that lies in its order."""
    inside = [state for state in states if _is_inside(listing, state, wanted)]
    more = len(inside) > wanted.limit
    cut = inside[-wanted.limit :] if wanted.backward and wanted.limit else inside[: wanted.limit]
    return Page(
        cut,
        [listing.place(state) for state in cut],
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    )


def _is_inside(listing: Listing, state: State, wanted: Slice) -> bool:
    here = sort_key(listing.place(state))
    first, last = wanted.after, wanted.before
    if listing.descending:
        first, last = last, first
    return (first is None or here > sort_key(first)) and (last is None or here < sort_key(last))
