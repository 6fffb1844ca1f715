"""Which events completed callbacks by a call (D19): looked for where one could have.

A completion needs a call that says so, linked to an application with a callback. So only these
events are looked at: a call's that changes what it completes, a callback's that changes it or
brings a phone number, an application's that brings link keys or takes it out of its campaign.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from store.callbacks import completes, completions
from store.collections import Document
from store.excerpt import Excerpt
from store.fold import State
from store.links import application_of, callbacks_of, calls_of, matches
from store.moment import position_of
from store.view import View
from store.window import Window

Completed = dict[str, State]  # the completing call of each callback, by the callback's id key


@dataclass(slots=True)
class Turn:
    """One event that may have completed callbacks.

    Attributes:
        applications: Those whose callbacks it may have completed, as id keys.
        calls: Those that may complete others than before.
        departed: Applications that left their campaign, or that a callback left with its phone
            numbers: their calls may have found others.
    """

    applications: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    departed: set[str] = field(default_factory=set)


Turns = defaultdict[int, Turn]  # by position


async def add_turns_of_calls(turns: Turns, window: Window, excerpt: Excerpt) -> None:
    """Note the events that make a call complete something, or something else than before."""
    rows = window.of("call")
    completing = await excerpt.ever_completing({row["idKey"] for row in rows})
    await excerpt.load_things("call", completing)
    for row in rows:
        before, after = _around(excerpt, row) if row["idKey"] in completing else (None, None)
        if after is not None and completes(after) and _reach(before) != _reach(after):
            turns[position_of(row["_id"])].calls.add(after.id_key)


def _around(excerpt: Excerpt, row: Document) -> tuple[State | None, State | None]:
    position = position_of(row["_id"])
    states = [
        excerpt.at(each).state(row["kind"], row["idKey"]) for each in (position - 1, position)
    ]
    return states[0], states[1]


def _reach(call: State | None) -> object:
    """Return what decides about which callback a call completes."""
    if call is None or not completes(call):
        return None
    return call.data["updatedDate"], call.data.get("campaignId"), call.keys


async def add_turns_of_applications(turns: Turns, window: Window, excerpt: Excerpt) -> None:
    """Note the events that may link calls to another application than before."""
    rows = window.of("application")
    keys = {row["idKey"] for row in rows}
    calling = await excerpt.with_callbacks(keys)
    moving = await _moving(rows, window)
    await excerpt.load_things("application", calling | moving)
    for row in rows:
        if row["idKey"] in calling | moving:
            _add_turn_of_application(turns, excerpt, row)


async def add_turns_of_callbacks(turns: Turns, window: Window, excerpt: Excerpt) -> None:
    """Note the events that take phone numbers to an application, or away from one (D17)."""
    rows = window.of("callback")
    await excerpt.load_things("callback", {row["idKey"] for row in rows})
    for row in rows:
        before, after = _around(excerpt, row)
        left, entered = (None if each is None else application_of(each) for each in (before, after))
        if after is None or (before is not None and (left, before.keys) == (entered, after.keys)):
            continue
        turn = turns[position_of(row["_id"])]
        turn.applications |= {each for each in (left, entered) if each is not None}
        if left not in {None, entered}:
            turn.departed.add(left)


async def _moving(rows: Iterable[Document], window: Window) -> set[str]:
    """Return the applications that may leave a campaign in the window; one covered read."""
    seen: dict[str, set[str | None]] = defaultdict(set)
    for row in rows:
        if "campaignAt" in row:
            seen[row["idKey"]].add(row.get("campaign"))
    for key, campaign in (await window.before.campaigns_of(seen)).items():
        if campaign is not None:
            seen[key].add(campaign)
    return {key for key, campaigns in seen.items() if len(campaigns) > 1}


def _add_turn_of_application(turns: Turns, excerpt: Excerpt, row: Document) -> None:
    before, after = _around(excerpt, row)
    had = (
        (None, frozenset[str]()) if before is None else (before.data.get("campaignId"), before.keys)
    )
    if after is None or had == (after.data.get("campaignId"), after.keys):
        return
    turn = turns[position_of(row["_id"])]
    turn.applications.add(after.id_key)
    if had[0] not in {None, after.data.get("campaignId")}:
        turn.departed.add(after.id_key)


async def load(turns: Mapping[int, Turn], excerpt: Excerpt) -> None:
    """Load what decides about the turns, in a fixed number of reads; find their applications."""
    await excerpt.load_matches({call for turn in turns.values() for call in turn.calls})
    for position, turn in turns.items():
        view = excerpt.at(position)
        await _add_matches(turn, view, (await view.states("call", turn.calls)).values())
    await _load_applications(turns, excerpt)
    for position, turn in turns.items():
        if turn.departed:
            left = await _calls_left(excerpt, position, turn.departed)
            await _add_matches(turn, excerpt.at(position), left)
    await _load_applications(turns, excerpt)


async def _add_matches(turn: Turn, view: View, calls: Iterable[State]) -> None:
    found = await matches(view, list(calls))
    turn.applications |= {match.application for match in found.values()}


async def _calls_left(excerpt: Excerpt, position: int, departed: set[str]) -> list[State]:
    """Return the calls, as they stand now, of applications before they left their campaign."""
    before = excerpt.at(position - 1)
    states = await before.states("application", departed)
    calls = await calls_of(before, list(states.values()))
    keys = {call.id_key for left in calls.values() for call in left}
    return list((await excerpt.at(position).states("call", keys)).values())


async def _load_applications(turns: Mapping[int, Turn], excerpt: Excerpt) -> None:
    await excerpt.load_completions({each for turn in turns.values() for each in turn.applications})


async def completed(view: View, applications: Iterable[str]) -> Completed:
    """Return the completed callbacks of some applications, all of them loaded."""
    wanted = await view.known("application", set(applications))
    calls = await calls_of(view, list(wanted.values()))
    found: Completed = {}
    for application, callbacks in (await callbacks_of(view, wanted)).items():
        found.update(completions(callbacks, calls[application]))
    return found
