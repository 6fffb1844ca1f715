"""The history of a status: its changes in the order of effect (D9, D11)."""

from dataclasses import dataclass
from datetime import datetime

from store.cursor import Cursor
from store.fold import State, StatusEntry
from store.moment import position_of
from store.names import spelling


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One entry of a history: a run of equal statuses, dated by its first event.

    Attributes:
        number: The number of the fact that began it.
        at: When it took effect.
        previous: The status before; `None` also where that was an unknown word.
        status: The status; `None` where it is null or an unknown word.
        raw: The status as the sender spelled it.
    """

    number: int
    at: datetime
    previous: str | None
    status: str | None
    raw: str | None

    @property
    def position(self) -> int:
        """The position of the event that began it."""
        return position_of(self.number)

    @property
    def cursor(self) -> str:
        """The cursor of the change, as subscriptions spell it."""
        return str(Cursor(self.number, 0))


def identity(entry: StatusEntry) -> str | None:
    """Return what tells one status from another: unknown words differ by their letters."""
    if entry.status is not None:
        return entry.status
    return None if entry.raw is None else f"?{spelling(entry.raw)}"


def status_changes(state: State) -> list[StatusChange]:
    """Return the runs of equal statuses; leading nulls are none, later ones are."""
    changes: list[StatusChange] = []
    last, previous = None, None
    for entry in state.statuses:
        if identity(entry) != last:
            last = identity(entry)
            changes.append(StatusChange(entry.number, entry.at, previous, entry.status, entry.raw))
            previous = entry.status
    return changes


def status_changed_at(state: State) -> datetime | None:
    """Return the date of the last entry of the history."""
    changes = status_changes(state)
    return changes[-1].at if changes else None
