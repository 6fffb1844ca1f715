"""Callbacks that fall due: the only changes that no event forms, told live."""

import zlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from heapq import heappop, heappush

from store.callbacks import Course, courses_of, state_at
from store.changes import CallbackUpdate
from store.collections import EVENTS
from store.cursor import Cursor
from store.fold import State
from store.links import application_of
from store.moment import Moment, end_of
from store.view import View

_PARTS = 10**9 - 1

Hints = set[tuple[datetime, str]]  # when callbacks may fall due, with their id keys


class DueCallbacks:
    """Which callbacks may fall due, of the companies that somebody listens to."""

    def __init__(self) -> None:
        self._timers: dict[str, Timers] = {}

    def begin(self, company: str) -> None:
        """Listen to a company that nobody listened to: what was known of it has missed events."""
        self._timers[company] = Timers(datetime.now(UTC))

    def note(self, company: str, changes: Iterable[CallbackUpdate]) -> None:
        """Expect what changed callbacks of a company say of themselves."""
        if company in self._timers:
            self._timers[company].note(changes)

    def waiting(self, companies: Collection[str]) -> "list[tuple[str, Timers]]":
        """Return what has something to be read for, of the companies that are listened to."""
        self._timers = {key: each for key, each in self._timers.items() if key in companies}
        now = datetime.now(UTC)
        return [(key, each) for key, each in self._timers.items() if each.is_waiting(now)]

    def are(self, company: str, timers: "Timers") -> bool:
        """Say whether these are still the timers of a company."""
        return self._timers.get(company) is timers


class Timers:
    """When callbacks of one company may fall due. Hints only: they are held against the log.

    Args:
        since: From when on somebody listens.
    """

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._is_filled = False
        self._heap: list[tuple[datetime, str]] = []
        self._pending: Hints = set()

    def is_waiting(self, now: datetime) -> bool:
        """Say whether there is something to be read for it at a moment."""
        return not self._is_filled or bool(self._heap and self._heap[0][0] <= now)

    async def fill(self, view: View) -> None:
        """Expect what the log holds already, once."""
        if not self._is_filled:
            self.expect(await expected(view, self._since))
            self._is_filled = True

    def expect(self, hints: Hints) -> None:
        """Expect callbacks to fall due."""
        for hint in hints - self._pending:
            self._pending.add(hint)
            heappush(self._heap, hint)

    def note(self, changes: Iterable[CallbackUpdate]) -> None:
        """Expect what changed callbacks say of themselves."""
        for change in changes:
            recall_at = change.state.data.get("recallAt")
            if recall_at is not None and recall_at > change.as_of:
                self.expect({(recall_at, change.state.id_key)})

    async def fall_due(self, view: View) -> list[CallbackUpdate]:
        """Return a change for each callback that has fallen due; if that fails, the next time."""
        now = datetime.now(UTC)
        if not (hints := self._take(now)):
            return []
        try:
            return await fallen_due(view, hints, now)
        except BaseException:
            self.expect(hints)
            raise

    def _take(self, now: datetime) -> Hints:
        """Take out what has passed."""
        passed: Hints = set()
        while self._heap and self._heap[0][0] <= now:
            passed.add(heappop(self._heap))
        self._pending -= passed
        return passed


async def expected(view: View, since: datetime) -> Hints:
    """Return when callbacks may fall due after a moment, by any fact so far; one covered read."""
    found = await view.database.find(
        view.facts,
        view.match("callback", {"data.recallAt": {"$gt": since}}),
        fields={"_id": 0, "idKey": 1, "data.recallAt": 1},
    )
    return {(row["data"]["recallAt"], row["idKey"]) for row in found}


async def fallen_due(view: View, hints: Hints, now: datetime) -> list[CallbackUpdate]:
    """Return a change for each of the callbacks that is due indeed, at the company's last position.

    Resuming after its cursor goes on after that position.
    """
    last = await _last_position(view)
    view = View(view.database, view.company, Moment(last, None, view.moment.generation))
    states = await view.states("callback", {callback for _, callback in hints})
    timely = [s for s in states.values() if (s.data.get("recallAt"), s.id_key) in hints]
    courses = await courses_of(view, timely)
    due = [s for s in timely if state_at(s, courses.get(s.id_key, Course()), now) == "DUE"]
    campaigns = await view.campaigns_of(_applications(due))
    return [_change(last, state, campaigns, now) for state in due]


async def _last_position(view: View) -> int:
    query = {"company": view.company, "_id": {"$lte": view.moment.position}}
    found = await view.database.find(EVENTS, query, fields={"_id": 1}, sort=[("_id", -1)], limit=1)
    return int(found[0]["_id"]) if found else 0


def _applications(callbacks: Collection[State]) -> set[str]:
    named = map(application_of, callbacks)
    return {application for application in named if application is not None}


def _change(
    position: int, state: State, campaigns: Mapping[str, str | None], now: datetime
) -> CallbackUpdate:
    recall_at = state.data["recallAt"]
    application = application_of(state)
    # The same in every process: a reader may meet it twice, behind two servers.
    part = zlib.crc32(f"{recall_at.isoformat()} {state.id_key}".encode()) % _PARTS
    return CallbackUpdate(
        company=state.company,
        cursor=Cursor(end_of(position), part),
        occurred_at=recall_at,
        is_live_only=True,
        state=state,
        callback_state="DUE",
        as_of=now,
        campaign=None if application is None else campaigns[application],
    )
