"""What `callbackChanged` tells: creations and changes of callbacks, and their completion."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from store.callbacks import Course, state_at
from store.changes import CallbackUpdate, says_something_new
from store.collections import EVENTS, Document
from store.completion import (
    Completed,
    Turn,
    Turns,
    add_turns_of_applications,
    add_turns_of_callbacks,
    add_turns_of_calls,
    completed,
    load,
)
from store.cursor import Cursor
from store.excerpt import Excerpt, ExcerptView
from store.fold import State
from store.links import application_of
from store.moment import fact_number, position_of
from store.view import View
from store.window import Window


@dataclass(frozen=True, slots=True)
class _Own:
    """What an event said of a callback itself."""

    state: State
    created: bool


async def callback_updates(window: Window) -> list[CallbackUpdate]:
    """Return the changes of callbacks in a window; a fixed number of reads, whatever its size."""
    excerpt = Excerpt(window.view)
    turns: Turns = defaultdict(Turn)
    own = await _own_changes(turns, window, excerpt)
    await add_turns_of_calls(turns, window, excerpt)
    await add_turns_of_applications(turns, window, excerpt)
    await add_turns_of_callbacks(turns, window, excerpt)
    await load(turns, excerpt)
    drafts = [
        draft
        for position in sorted(turns)
        for draft in await _drafts(excerpt, position, turns[position], own.get(position))
    ]
    received = await _receipts(window.view, {draft.position for draft in drafts})
    times = {row["_id"]: row["at"] for row in window.rows}
    return [draft.update(received[draft.position], times) for draft in drafts]


async def _own_changes(turns: Turns, window: Window, excerpt: Excerpt) -> Mapping[int, _Own]:
    rows = window.of("callback")
    await excerpt.load_things("callback", {row["idKey"] for row in rows})
    own: dict[int, _Own] = {}
    for row in rows:
        position = position_of(row["_id"])
        before = excerpt.at(position - 1).state("callback", row["idKey"])
        after = excerpt.at(position).state("callback", row["idKey"])
        if after is not None and says_something_new(before, after):
            own[position] = _Own(after, created=before is None)
            named = {application_of(each) for each in (before, after) if each is not None}
            turns[position].applications |= {each for each in named if each is not None}
    return own


@dataclass(frozen=True, slots=True)
class _Draft:
    """A change that still lacks the moment as of which its state is told."""

    position: int
    part: int
    state: State
    course: Course
    campaign: str | None
    created: bool

    def update(self, received_at: datetime, times: Mapping[int, datetime]) -> CallbackUpdate:
        number = fact_number(self.position, 0)
        return CallbackUpdate(
            company=self.state.company,
            cursor=Cursor(number, self.part),
            occurred_at=times[number],
            state=self.state,
            callback_state=state_at(self.state, self.course, received_at),
            as_of=received_at,
            campaign=self.campaign,
            created=self.created,
        )


async def _drafts(
    excerpt: Excerpt, position: int, turn: Turn, own: _Own | None
) -> Iterator[_Draft]:
    """Draft an event's changes: first what it says of a callback, then whom it completed."""
    view = excerpt.at(position)
    before = await completed(excerpt.at(position - 1), turn.applications)
    after = await completed(view, turn.applications)
    return _numbered(view, before, after, own)


def _numbered(
    view: ExcerptView, before: Completed, after: Completed, own: _Own | None
) -> Iterator[_Draft]:
    told = None if own is None else own.state.id_key
    if own is not None:
        yield _draft(view, 0, own.state, after, created=own.created)
    for part, key in enumerate(sorted(after.keys() - before.keys() - {told}), start=1):
        state = view.state("callback", key)
        if state is not None:
            yield _draft(view, part, state, after)


def _draft(
    view: ExcerptView, part: int, state: State, after: Completed, *, created: bool = False
) -> _Draft:
    application = application_of(state)
    return _Draft(
        position=view.moment.position,
        part=part,
        state=state,
        course=Course(completed_by=after.get(state.id_key)),
        campaign=None if application is None else view.campaign_of(application),
        created=created,
    )


async def _receipts(view: View, positions: set[int]) -> dict[int, datetime]:
    """Return when some events were received; one read."""
    if not positions:
        return {}
    # MongoDB 6 scans the log for an `$in` of `_id` alone: the company leads it to an index.
    query: Document = {"company": view.company, "_id": {"$in": sorted(positions)}}
    found = await view.database.find(EVENTS, query, fields={"receivedAt": 1})
    return {int(event["_id"]): event["receivedAt"] for event in found}
