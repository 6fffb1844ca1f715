"""Pages of lists along an index: candidates in its order, held to their folded state.

A fact in an index says what one event said; the thing may say otherwise by now. So a page walks the
index in the order asked for, folds the things that it meets and keeps those whose folded value is
the one that the index promised: exact, and its cost does not grow with the log. A thing whose place
no single fact tells (one event gave its campaign, another its date) is found beside the index.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from store.cache import Stretch
from store.collections import Document, Pipeline
from store.fold import State
from store.horizon import APPLICATIONS_IN
from store.listing import Listing, Page, Place, Slice, page_found, sort_key
from store.view import View

_ROWS_PER_THING = 12  # about how many facts a thing has: how far a first read looks
_FEWEST_THINGS = 50  # folding so many costs less than another round


class Segment(NamedTuple):
    """Places in order along a part of the index, and whether the read ended before the part did."""

    places: list[Place]
    is_cut: bool


@dataclass(slots=True)
class _Walk:
    """One listing's walk along its index."""

    listing: Listing
    wanted: Slice
    start: Place | None
    until: Place | None
    descending: bool
    rows: int
    things: int
    from_place: Place | None
    beside: dict[str, State] = field(default_factory=dict)  # yet to be put in their places
    found: list[State] = field(default_factory=list)
    is_done: bool = False

    async def ahead(self, view: View) -> list[Segment]:
        """Read on along each segment of the index that is still ahead; one covered read."""
        if self.listing.order is None and "campaign" in self.listing.scope:
            return [await self._members_ahead(view)]
        return await self._read_ahead(view)

    async def _members_ahead(self, view: View) -> Segment:
        """Read on along the ids of a campaign, which other operations may have read."""

        async def load() -> Stretch:
            [segment] = await self._read_ahead(view)
            return Stretch(dict.fromkeys(key for _, key in segment.places), segment.is_cut)

        # Its own key comes last: a cursor may say anything.
        start = "" if self.from_place is None else f" {self.from_place[1]}"
        part = f"{self.descending} {self.rows}{start}"
        campaign = self.listing.scope["campaign"]
        found = await view.stretch(APPLICATIONS_IN, campaign, part, load)
        return Segment([(None, key) for key in found.members], found.is_cut)

    async def _read_ahead(self, view: View) -> list[Segment]:
        found = await asyncio.gather(*map(view.aggregate, self._pipelines(view)))
        return [
            Segment([(row.get("v"), row["k"]) for row in rows], len(rows) == self.rows)
            for rows in found
        ]

    def _pipelines(self, view: View) -> list[Pipeline]:
        column = f"data.{self.listing.order}"
        direction = -1 if self.descending else 1
        by_id = {"idKey": direction}
        sort = by_id if self.listing.order is None else {column: direction} | by_id
        if self.listing.order is None and "campaign" in self.listing.scope:
            # In this order only one index has them. Things by id alone are in the order of another
            # one too, and a plan that MongoDB keeps would walk that one far beyond the campaign.
            sort = {"idKey": direction, "statusAt": -direction, "_id": -direction}
        value = {"v": f"${column}"} if self.listing.order is not None else {}
        return [
            [
                {"$match": view.match(self.listing.kind, self.listing.scope | segment)},
                {"$sort": sort},
                {"$limit": self.rows},
                {"$project": {"_id": 0, "k": "$idKey", **value}},
            ]
            for segment in self._segments(column)
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

    async def place_beside(self, states: Sequence[State]) -> None:
        """Keep those of the things found beside the index that belong to the list."""
        self.beside = {
            state.id_key: state
            for state in await self.listing.accept(states)
            if self.start is None or self._reaches(state, self.start, at_least=False)
        }

    def candidates(self, segments: Sequence[Segment]) -> list[Place]:
        """Take this round's places in order, up to the first segment that was cut off.

        No more than are likely to be wanted: each is folded.
        """
        taken: dict[Place, None] = {}
        for segment in segments:
            taken.update(dict.fromkeys(segment.places))
            if segment.is_cut:
                break
        else:
            self.is_done = True
        places = list(taken)[: self.things]
        self.is_done = self.is_done and len(places) == len(taken)
        if places:
            self.from_place = places[-1]
        return places

    async def keep(self, places: Sequence[Place], states: dict[str, State]) -> None:
        """Keep those of the candidates that stand where the index said, and belong here."""
        standing = {
            key: states[key]
            for value, key in places
            if key in states and self.listing.place(states[key]) == (value, key)
        }
        standing |= self._passed_beside()
        inside = [state for state in self._in_order(standing) if not self._is_past(state)]
        self.is_done = self.is_done or len(inside) < len(standing)
        self.found += await self.listing.accept(inside)
        self.is_done = self.is_done or len(self.found) > self.wanted.limit
        self.rows = min(2 * self.rows, 20_000)
        self.things = 4 * self.things

    def _passed_beside(self) -> dict[str, State]:
        """Take what stands beside the index as far as the walk has come."""
        passed = {
            key: state
            for key, state in self.beside.items()
            if self.is_done
            or self.from_place is None
            or not self._reaches(state, self.from_place, at_least=False)
        }
        self.beside = {key: each for key, each in self.beside.items() if key not in passed}
        return passed

    def _in_order(self, states: Mapping[str, State]) -> list[State]:
        def key(state: State) -> tuple[bool, Any, str]:
            return sort_key(self.listing.place(state))

        return sorted(states.values(), key=key, reverse=self.descending)

    def _is_past(self, state: State) -> bool:
        return self.until is not None and self._reaches(state, self.until)

    def _reaches(self, state: State, place: Place, *, at_least: bool = True) -> bool:
        """Say whether a thing stands at a place or behind it, in the direction of the walk."""
        here, there = sort_key(self.listing.place(state)), sort_key(place)
        if here == there:
            return at_least
        return (here < there) == self.descending

    def page(self) -> Page:
        """Return the page that the walk has found."""
        return page_found(self.listing, self.found, self.wanted)


async def pages(view: View, listings: Sequence[Listing], wanted: Slice) -> list[Page]:
    """Return the same slice of several lists, in two reads a round for all of them together."""
    walks = [_walk(listing, wanted) for listing in listings]
    is_first = True
    while ahead := [walk for walk in walks if not walk.is_done]:
        await _advance(view, ahead, is_first=is_first)
        is_first = False
    return [walk.page() for walk in walks]


async def foresee(view: View, listing: Listing, wanted: Slice) -> None:
    """Read what the first round of a page needs that depends on no other read."""
    await _walk(listing, wanted).ahead(view)


async def _advance(view: View, walks: Sequence[_Walk], *, is_first: bool) -> None:
    """Go one round; the first one also finds what stands beside the index."""
    listings = [walk.listing for walk in walks]
    split = _pipelines_beside(view, listings) if is_first else []
    beside_rows, segments = await asyncio.gather(
        view.union(split), asyncio.gather(*(walk.ahead(view) for walk in walks))
    )
    places = [walk.candidates(mine) for walk, mine in zip(walks, segments, strict=True)]
    beside = {row["_id"] for row in beside_rows}
    keys = {key for mine in places for _, key in mine} | beside
    states, _ = await asyncio.gather(
        view.states(listings[0].kind, keys), listings[0].foresee(sorted(keys))
    )
    await listings[0].prepare(list(states.values()))
    for walk, mine in zip(walks, places, strict=True):
        if beside:
            await walk.place_beside([states[key] for key in beside])
        await walk.keep(mine, states)


def _pipelines_beside(view: View, listings: Sequence[Listing]) -> list[Pipeline]:
    """Find the things whose last facts say the scope and the sort value apart.

    The later of the two carries the one without the other: the scope without a value, or a value,
    perhaps null, without any scope. Senders that always say both have no such facts.
    """
    scopes = {repr(each.scope): each.scope for each in listings if each.order and each.scope}
    if not scopes:
        return []
    column = f"data.{listings[0].order}"
    conditions: list[Document] = [{**scope, column: None} for scope in scopes.values()]
    nowhere = dict.fromkeys(next(iter(scopes.values())))
    return [
        [
            {"$match": view.match(listings[0].kind, condition)},
            {"$group": {"_id": "$idKey"}},
        ]
        for condition in (*conditions, {**nowhere, column: {"$exists": True}})
    ]


def _walk(listing: Listing, wanted: Slice) -> _Walk:
    start, until = wanted.after, wanted.before
    if wanted.backward:
        start, until = until, start
    descending = listing.descending != wanted.backward
    rows = _ROWS_PER_THING * (wanted.limit + 1)
    things = max(wanted.limit + 1, _FEWEST_THINGS)
    return _Walk(listing, wanted, start, until, descending, rows, things, from_place=start)
