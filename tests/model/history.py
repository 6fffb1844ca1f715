"""Statuses in order of effect, runs of equal ones as one (D11)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from model.event import Event
from model.json_text import Json
from model.values import CAMPAIGN_STATUS, enum_of, letters, text_of


@dataclass(frozen=True)
class Status:
    """A status as given: the enum's value where it is one, and the text."""

    known: str | None
    raw: str | None

    def is_same(self, other: "Status") -> bool:
        """Say whether a status is another spelling of this one."""
        if self.known or other.known:
            return self.known == other.known
        return _letters(self.raw) == _letters(other.raw)


NO_STATUS = Status(None, None)


def campaign_status(given: Json | None) -> Status:
    return Status(enum_of(given, CAMPAIGN_STATUS), text_of(given))


def application_status(given: Json | None) -> Status:
    text = text_of(given)
    return Status(text, text)


@dataclass(frozen=True)
class Entry:
    """One run of equal statuses, dated by its first event."""

    event: Event
    previous: Status
    status: Status


def history(
    carried: Iterable[tuple[Event, Json]], status_of: Callable[[Json | None], Status]
) -> list[Entry]:
    """Return the runs of the statuses carried, given in order of effect."""
    entries: list[Entry] = []
    before = NO_STATUS
    for event, given in carried:
        status = status_of(given)
        if not status.is_same(before):
            entries.append(Entry(event, before, status))
            before = status
    return entries


def _letters(raw: str | None) -> str | None:
    return None if raw is None else letters(raw)
