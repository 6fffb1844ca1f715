"""Boards: the applications of large campaigns in memory, exactly as of a position of the log.

Counting or sorting a campaign's applications by their state folds all of them. A board keeps the
folded fields that lists filter and sort by; a read first brings it up to its own position with the
facts since the last one. It holds nothing that the facts do not say, and is dropped at will.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sortedcontainers import SortedList

from store.collections import Document
from store.fold import State
from store.links import campaign_in
from store.listing import Accept, Listing, Page, Place, Slice, page_found, sort_key
from store.moment import position_of

FIELDS = (
    "campaignId",
    "status",
    "nextCall",
    "lastCall",
    "processable",
    "hasRecall",
    "nextPhoneNumber",
    "clientSyncIds",
)
_STATES_PER_STEP = 256

Shelf = tuple[str | None, str | None]  # a status, and the field that sorts


class Board:
    """The applications of one campaign at `position`.

    Args:
        campaign: Its id key.
    """

    def __init__(self, campaign: str) -> None:
        self.campaign = campaign
        self.position = 0
        self.counts: Counter[str | None] = Counter()
        self._states: dict[str, State] = {}
        self._newest: dict[str, datetime] = {}
        self._shelves: dict[Shelf, SortedList] = {}

    def __len__(self) -> int:
        return len(self._states)

    def take_in(self, rows: Iterable[Document]) -> set[str]:
        """Merge facts behind the board's position, in the order of their numbers.

        Returns:
            The applications that must be read anew and `put`: new ones, and those with a fact that
            is older than what was known.
        """
        unread: set[str] = set()
        for row in rows:
            key, newest = row["idKey"], self._newest.get(row["idKey"])
            if position_of(row["_id"]) <= self.position or key in unread:
                continue
            if newest is not None and row["at"] >= newest:
                before = self._states[key]
                data = before.data | row.get("data", {})
                self.put(State("application", before.company, key, data), row["at"])
            elif newest is not None or row.get("campaign") == self.campaign:
                unread.add(key)
        return unread

    def put(self, state: State, newest: datetime) -> None:
        """Keep what is known of an application, and the date of its newest fact."""
        before = self._states.get(state.id_key)
        if before is not None and self._belongs(before):
            self._remove(before)
        self._states[state.id_key] = state
        self._newest[state.id_key] = newest
        if self._belongs(state):
            self._add(state)

    def _belongs(self, state: State) -> bool:
        return campaign_in(state.data) == self.campaign

    def _add(self, state: State) -> None:
        self.counts[state.data.get("status")] += 1
        for (status, order), shelf in self._shelves.items():
            if status == state.data.get("status"):
                shelf.add(_mark(state, order))

    def _remove(self, state: State) -> None:
        self.counts[state.data.get("status")] -= 1
        for (status, order), shelf in self._shelves.items():
            if status == state.data.get("status"):
                shelf.remove(_mark(state, order))

    def _shelf(self, status: str | None, order: str | None) -> SortedList:
        """Return the sorted places of the applications with a status; sorted once, then kept."""
        if (status, order) not in self._shelves:
            self._shelves[status, order] = SortedList(
                _mark(state, order)
                for state in self._states.values()
                if state.data.get("status") == status and self._belongs(state)
            )
        return self._shelves[status, order]

    def status_counts(self) -> dict[str | None, int]:
        """Return how many applications have which status."""
        return {status: count for status, count in self.counts.items() if count}

    async def count(self, statuses: Sequence[str] | None, accept: Accept | None) -> int:
        """Count the applications with one of the statuses that `accept` keeps, if it is given."""
        wanted = self._wanted(statuses)
        if accept is None:
            return sum(self.counts[status] for status in wanted)
        kept = 0
        for states in _steps(self._states.values()):
            kept += len(await accept(states))
        return kept

    async def page(self, listing: Listing, wanted: Slice, statuses: Sequence[str] | None) -> Page:
        """Return a slice of the list; walks the sorted places of the wanted statuses only.

        Args:
            listing: Of this campaign's applications.
            wanted: The slice.
            statuses: Those that `listing.accept` lets through; `None` is all.
        """
        backward = listing.descending != wanted.backward
        start, until = wanted.after, wanted.before
        if wanted.backward:
            start, until = until, start
        marks = self._between(self._wanted(statuses), listing.order, start, until, backward)
        found: list[State] = []
        while len(found) <= wanted.limit:
            step = [self._states[mark[2]] for mark in islice(marks, _STATES_PER_STEP)]
            found += await listing.accept(step)
            if len(step) < _STATES_PER_STEP:
                break
        return page_found(listing, found, wanted)

    def _wanted(self, statuses: Sequence[str] | None) -> list[str | None]:
        """Return those of the statuses that some application has; a client may name any."""
        present = self.status_counts()
        if statuses is None:
            return list(present)
        return [status for status in dict.fromkeys(statuses) if status in present]

    def _between(
        self,
        statuses: Iterable[str | None],
        order: str | None,
        start: Place | None,
        until: Place | None,
        backward: bool,  # noqa: FBT001
    ) -> Iterator[tuple[bool, Any, str]]:
        least, most = (until, start) if backward else (start, until)
        ranges = [
            self._shelf(status, order).irange(
                None if least is None else sort_key(least),
                None if most is None else sort_key(most),
                inclusive=(False, False),
                reverse=backward,
            )
            for status in statuses
        ]
        return merge(*ranges, reverse=backward)


def _mark(state: State, order: str | None) -> tuple[bool, Any, str]:
    value = None if order is None else state.data.get(order)
    return sort_key((value, state.id_key))


def _steps(states: Iterable[State]) -> Iterator[list[State]]:
    walking = iter(states)
    while step := list(islice(walking, _STATES_PER_STEP)):
        yield step
