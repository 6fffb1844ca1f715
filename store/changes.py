"""What each fact changed, evaluated against the fold of the facts before it: pure.

So the same log gives the same changes, live or replayed, however it was cut into batches.
"""

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from store.callbacks import CallbackState
from store.collections import Document
from store.cursor import Cursor
from store.facts import Kind
from store.fold import WITH_STATUSES, State, StatusEntry, empty_state, order_of_effect
from store.history import StatusChange, identity
from store.moment import position_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one fact did to one thing.

    Attributes:
        company: Whose thing.
        cursor: Its place among the changes of its topic.
        occurred_at: When the event happened (D8).
        is_live_only: Whether no replay gives it: a callback that fell due.
    """

    company: str
    cursor: Cursor
    occurred_at: datetime
    is_live_only: bool = False

    @property
    def position(self) -> int:
        """The position of the event that formed it."""
        return position_of(self.cursor.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate(Change):
    """A campaign or an application got another folded status.

    Attributes:
        state: The thing after it.
        entry: What the status was and is; the last one of the thing's history.
    """

    state: State
    entry: StatusChange


@dataclass(frozen=True, slots=True, kw_only=True)
class CallUpdate(Change):
    """An event spoke of a call; `created` if none had before."""

    state: State
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUpdate(Change):
    """A callback was created, changed, completed by a call, or fell due.

    Attributes:
        state: The callback after it.
        callback_state: What became of it (D19).
        as_of: The moment of which that holds: the event's receipt; of a callback that fell due,
            when that was noticed.
        campaign: The id key of its application's campaign at that position, if known.
        created: Whether no event had spoken of it before.
    """

    state: State
    callback_state: CallbackState
    as_of: datetime
    campaign: str | None
    created: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAppended(Change):
    """An event was appended.

    Attributes:
        event: Its document in `events`, without `body`, and without `raw` where that is large.
    """

    event: Document


class Folding:
    """The fold of one thing while its facts come one by one, in any order (D10)."""

    def __init__(self, kind: Kind, company: str, id_key: str) -> None:
        self._state = empty_state(kind, company, id_key)
        self._carried: dict[str, tuple[datetime, int]] = {}
        self.facts = 0

    def add(self, row: Document) -> None:
        """Fold one more fact in."""
        order, state = order_of_effect(row), self._state
        data: Mapping[str, Any] = row["data"]
        for name, value in data.items():
            if order >= self._carried.get(name, order):
                self._carried[name] = order
                state.data[name] = value
        state.keys = state.keys.union(row.get("keys", ()))
        if state.kind in WITH_STATUSES and "status" in data:
            entry = StatusEntry(*order, data["status"], data.get("statusRaw"))
            insort(state.statuses, entry, key=lambda each: (each.at, each.number))
        self.facts += 1

    @property
    def status(self) -> StatusEntry | None:
        """The folded status, if any fact carried one."""
        return self._state.statuses[-1] if self._state.statuses else None

    def state(self) -> State:
        """Return the state as it is now; later facts do not change it."""
        now = self._state
        return replace(now, data=dict(now.data), statuses=list(now.statuses))


def status_updates(
    rows: Sequence[Document], foldings: Mapping[str, Folding]
) -> Iterator[StatusUpdate]:
    """Yield the changes of folded statuses that facts of one kind made (D11).

    Args:
        rows: The facts in the order of the log.
        foldings: For each id key the fold of the thing's facts before; the rows are folded in.
    """
    for row in rows:
        folding = foldings[row["idKey"]]
        before = folding.status
        folding.add(row)
        after = folding.status
        if _mark(before) != _mark(after) and after is not None:
            previous = None if before is None else before.status
            entry = StatusChange(row["_id"], row["at"], previous, after.status, after.raw)
            yield StatusUpdate(**_common(row), state=folding.state(), entry=entry)


def _mark(entry: StatusEntry | None) -> str | None:
    return None if entry is None else identity(entry)


def call_updates(rows: Sequence[Document], foldings: Mapping[str, Folding]) -> Iterator[CallUpdate]:
    """Yield a change for each fact of a call, also for one that changes nothing."""
    for row in rows:
        folding = foldings[row["idKey"]]
        folding.add(row)
        yield CallUpdate(**_common(row), state=folding.state(), created=folding.facts == 1)


def _common(row: Document) -> dict[str, Any]:
    """Return what every change says of the fact that formed it."""
    cursor = Cursor(row["_id"], 0)
    return {"company": row["company"], "cursor": cursor, "occurred_at": row["at"]}


def says_something_new(before: State | None, after: State) -> bool:
    """Say whether a thing was created, or the graph shows it otherwise than before."""
    return before is None or _shown(before) != _shown(after)


def _shown(state: State) -> dict[str, Any]:
    """Leave out what shows as if it had never been said: nulls and empty lists."""
    return {name: value for name, value in state.data.items() if value is not None and value != []}
