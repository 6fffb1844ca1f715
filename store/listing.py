"""Lists of things: what belongs to one, in which order, and which part of it is asked for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.collections import Document
from store.facts import Kind
from store.fold import State

Place = tuple[Any, str]  # the sort value, and the id key that breaks ties
Accept = Callable[[Sequence[State]], Awaitable[list[State]]]
Prepare = Callable[[Sequence[State]], Awaitable[None]]
Foresee = Callable[[Sequence[str]], Awaitable[None]]


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


async def _nothing(id_keys: Sequence[str]) -> None:
    del id_keys


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of things; `pages` and `sweep` read several of one view and kind at once.

    Attributes:
        kind: Of which kind.
        scope: The equality that an index leads with, such as `{"campaign": …}`.
        order: The field of `data` that sorts, or `None` for the id alone.
        descending: The direction; null is greater than every value.
        accept: Keeps those of the folded things that belong to the list.
        prepare: Reads what `accept` will look at, for the things of several lists at once.
        foresee: Reads, beside the states, what is asked for below things with these id keys.
    """

    kind: Kind
    scope: Document
    order: str | None
    descending: bool
    accept: Accept
    prepare: Prepare
    foresee: Foresee = field(default=_nothing)

    def place(self, state: State) -> Place:
        """Return where a thing stands in the list."""
        return (None if self.order is None else state.data.get(self.order)), state.id_key


def sort_key(place: Place) -> tuple[bool, Any, str]:
    """Return what places are compared by: null is greater than every value."""
    value, key = place
    return (value is None, value, key) if value is not None else (True, 0, key)


def page_of(states: Sequence[State], listing: Listing, wanted: Slice) -> Page:
    """Cut the slice out of a whole list that lies in its order."""
    inside = list(states)
    if wanted.after is not None or wanted.before is not None:
        inside = [state for state in states if is_inside(listing, state, wanted)]
    more = len(inside) > wanted.limit
    cut = inside[-wanted.limit :] if wanted.backward and wanted.limit else inside[: wanted.limit]
    return Page(
        cut,
        [listing.place(state) for state in cut],
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    )


def page_found(listing: Listing, found: Sequence[State], wanted: Slice) -> Page:
    """Return the page of what was found walking from the slice's start, one beyond it or more."""
    more = len(found) > wanted.limit
    states = list(found[: wanted.limit])
    if wanted.backward:
        states.reverse()
    return Page(
        states,
        [listing.place(state) for state in states],
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    )


def is_inside(listing: Listing, state: State, wanted: Slice) -> bool:
    """Say whether a thing stands between the cursors of a slice."""
    here = sort_key(listing.place(state))
    first, last = wanted.after, wanted.before
    if listing.descending:
        first, last = last, first
    return (first is None or here > sort_key(first)) and (last is None or here < sort_key(last))
