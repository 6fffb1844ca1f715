"""Pages of events by position: of a company, or those that speak of a thing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from store.collections import EVENTS, Document, Pipeline
from store.listing import Page, Slice
from store.moment import fact_number, position_of
from store.view import View

_ROWS_PER_EVENT = 2  # about how many facts of one thing an event has


@dataclass(slots=True)
class _Walk:
    """The walk along the facts of one thing, towards newer or older positions."""

    condition: Document
    wanted: Slice
    place: int | None
    until: int | None
    rows: int
    found: list[int] = field(default_factory=list)
    is_done: bool = False

    def pipeline(self, view: View, tag: int) -> Pipeline:
        numbers = {**_beyond(self.place, backward=self.wanted.backward)}
        bound = view.moment.bounds()
        bound["_id"] = _narrowed(numbers, bound["_id"])
        direction = -1 if self.wanted.backward else 1
        return [
            {"$match": {"company": view.company, **self.condition, **bound}},
            {"$sort": {"_id": direction}},
            {"$limit": self.rows},
            {"$project": {"_id": 1, "n": {"$literal": tag}}},
        ]

    def take(self, numbers: Sequence[int]) -> None:
        """Take this round's facts; the events of facts that follow each other are one."""
        for position in dict.fromkeys(position_of(number) for number in numbers):
            if self._is_past(position):
                self.is_done = True
                return
            self.found.append(position)
            self.place = position
        is_short = len(numbers) < self.rows
        self.is_done = is_short or len(self.found) > self.wanted.limit
        self.rows = min(2 * self.rows, 20_000)

    def _is_past(self, position: int) -> bool:
        if self.until is None:
            return False
        return position <= self.until if self.wanted.backward else position >= self.until


def _beyond(position: int | None, *, backward: bool) -> dict[str, int]:
    if position is None:
        return {}
    if backward:
        return {"$lt": fact_number(position, 0)}
    return {"$gte": fact_number(position + 1, 0)}


def _narrowed(numbers: dict[str, int], bound: dict[str, int]) -> dict[str, int]:
    limit = min(numbers.get("$lt", bound["$lt"]), bound["$lt"])
    return {**numbers, "$lt": limit}


def thing_condition(kind: str, id_key: str) -> Document:
    """Return the condition for facts of events that speak of a thing.

    A campaign's are those that name it; an application's include the callbacks of it.
    """
    if kind == "campaign":
        return {"campaign": id_key}
    return {"kind": kind, "idKey": id_key}


async def positions_of_things(
    view: View, conditions: Sequence[Document], wanted: Slice
) -> list[Page]:
    """Return a slice of each thing's events; a page's `places` are `(position, "")`."""
    walks = [_walk(condition, wanted) for condition in conditions]
    while ahead := [walk for walk in walks if not walk.is_done]:
        numbers: list[list[int]] = [[] for _ in ahead]
        for row in await view.union([walk.pipeline(view, tag) for tag, walk in enumerate(ahead)]):
            numbers[row["n"]].append(row["_id"])
        for walk, mine in zip(ahead, numbers, strict=True):
            walk.take(mine)
    return [_page(walk.found, wanted) for walk in walks]


def _walk(condition: Document, wanted: Slice) -> _Walk:
    after, before = _position(wanted.after), _position(wanted.before)
    start, until = (before, after) if wanted.backward else (after, before)
    return _Walk(condition, wanted, start, until, _ROWS_PER_EVENT * (wanted.limit + 1))


def _position(place: tuple[Any, str] | None) -> int | None:
    return None if place is None else int(place[0])


def _page(found: Sequence[int], wanted: Slice) -> Page:
    more = len(found) > wanted.limit
    positions = list(found[: wanted.limit])
    if wanted.backward:
        positions.reverse()
    return Page(
        [],
        [(position, "") for position in positions],
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    )


async def counts_of_things(view: View, conditions: Sequence[Document]) -> list[int]:
    """Count the events that speak of each thing; one covered read."""
    pipelines = [_count(view, condition, tag) for tag, condition in enumerate(conditions)]
    found = {row["n"]: int(row["events"]) for row in await view.union(pipelines)}
    return [found.get(tag, 0) for tag in range(len(conditions))]


def _count(view: View, condition: Document, tag: int) -> Pipeline:
    return [
        {"$match": {"company": view.company, **condition, **view.moment.bounds()}},
        {"$group": {"_id": {"$floor": {"$divide": ["$_id", fact_number(1, 0)]}}}},
        {"$count": "events"},
        {"$set": {"n": tag}},
    ]


async def positions_of_company(view: View, condition: Document, wanted: Slice) -> Page:
    """Return a slice of the company's events that fulfil a condition; one read."""
    after, before = _position(wanted.after), _position(wanted.before)
    bounds: Document = {"$lte": view.moment.position}
    if after is not None:
        bounds["$gt"] = after
    if before is not None:
        bounds["$lt"] = before
    rows = await view.database.find(
        EVENTS,
        {"company": view.company, **condition, "_id": bounds},
        fields={"_id": 1},
        sort=[("_id", -1 if wanted.backward else 1)],
        limit=wanted.limit + 1,
    )
    return _page([row["_id"] for row in rows], wanted)


async def count_of_company(view: View, condition: Document) -> int:
    """Count the company's events that fulfil a condition; one read."""
    match = {"company": view.company, **condition, "_id": {"$lte": view.moment.position}}
    found = await view.database.aggregate(EVENTS, [{"$match": match}, {"$count": "events"}])
    return int(found[0]["events"]) if found else 0


async def load_events(view: View, positions: Sequence[int]) -> dict[int, Document]:
    """Return the events at some positions, without their decoded bodies; one read."""
    query = {"_id": {"$in": list(dict.fromkeys(positions))}, "company": view.company}
    rows = await view.database.find(EVENTS, query, fields={"body": 0}) if positions else []
    return {int(row["_id"]): row for row in rows}
