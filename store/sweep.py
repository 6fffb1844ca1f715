"""Whole lists, folded some thousands at a time: for counts, and for orders that no index leads.

A long list is never in memory as a whole: what a sweep has taken from a part is all that stays.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from store.collections import Pipeline
from store.fold import State
from store.listing import Listing, Page, Slice, is_inside, page_found, sort_key
from store.view import View

_THINGS_AT_ONCE = 10_000
_SHORT = 2_000  # so many things are remembered for other reads


async def counts(view: View, listings: Sequence[Listing]) -> list[int]:
    """Return how many things each list has; see `sweep` for the reads."""
    found = [0] * len(listings)
    async for place, states in sweep(view, listings):
        found[place] += len(states)
    return found


async def sorted_pages(
    view: View, listings: Sequence[Listing], wanted: Slice
) -> list[tuple[Page, int]]:
    """Return the same slice of several lists, each with the length of the whole list."""
    best: list[list[State]] = [[] for _ in listings]
    found = [0] * len(listings)
    async for place, states in sweep(view, listings):
        found[place] += len(states)
        best[place] = _first(listings[place], wanted, [*best[place], *states])
    return [
        (page_found(listing, mine, wanted), count)
        for listing, mine, count in zip(listings, best, found, strict=True)
    ]


def _first(listing: Listing, wanted: Slice, states: Sequence[State]) -> list[State]:
    """Sort what is inside the slice from where it starts, and keep one more than its length."""
    inside = [state for state in states if is_inside(listing, state, wanted)]
    inside.sort(
        key=lambda state: sort_key(listing.place(state)),
        reverse=listing.descending != wanted.backward,
    )
    return inside[: wanted.limit + 1]


async def sweep(view: View, listings: Sequence[Listing]) -> AsyncIterator[tuple[int, list[State]]]:
    """Yield what belongs to several lists of one kind, in parts: the list's place, and things.

    One read for all their ids, one for every 10,000 things, and those of `prepare`.
    """
    holders = await _ids(view, listings)
    keys = list(holders)
    reader = view if len(keys) <= _SHORT else view.apart()
    for start in range(0, len(keys), _THINGS_AT_ONCE):
        part = keys[start : start + _THINGS_AT_ONCE]
        states = await reader.states(listings[0].kind, part)
        reader = reader if reader is view else view.apart()
        await listings[0].prepare(list(states.values()))
        members: dict[int, list[State]] = defaultdict(list)
        for key, state in states.items():
            for place in holders[key]:
                members[place].append(state)
        for place, mine in members.items():
            yield place, await listings[place].accept(mine)


async def _ids(view: View, listings: Sequence[Listing]) -> dict[str, list[int]]:
    """Return the places of the lists that each thing may belong to, by its id key."""
    scopes: dict[str, list[int]] = defaultdict(list)
    for place, listing in enumerate(listings):
        scopes[repr(listing.scope)].append(place)
    pipelines = [
        _things(view, listings[places[0]], tag) for tag, places in enumerate(scopes.values())
    ]
    by_tag = list(scopes.values())
    found: dict[str, list[int]] = defaultdict(list)
    for row in await view.union(pipelines):
        found[row["_id"]] += by_tag[row["n"]]
    return found


def _things(view: View, listing: Listing, tag: int) -> Pipeline:
    return [
        {"$match": view.match(listing.kind, listing.scope)},
        {"$group": {"_id": "$idKey"}},
        {"$set": {"n": tag}},
    ]
