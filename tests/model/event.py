"""The log as the model keeps it: accepted bodies, each once, with both clocks (D3, D7, D8)."""

from collections.abc import Iterable
from dataclasses import dataclass

from model.body import Body, RejectedError, read
from model.dates import DAY, date_of
from model.json_text import Json, identity


@dataclass(frozen=True)
class Event:
    """One event of the log."""

    position: int
    received_at: int
    raw: bytes
    said: Body

    @property
    def company_id(self) -> str:
        return self.said.company

    @property
    def event_name(self) -> str:
        return self.said.name

    @property
    def body(self) -> Json:
        return self.said.json

    @property
    def raw_body(self) -> str:
        return self.raw.decode()

    @property
    def occurred_at_source(self) -> str:
        created = date_of(self.body.get("eventCreationDate"))
        is_told = created is not None and created <= self.received_at + DAY
        return "EVENT" if is_told else "RECEIVED"

    @property
    def occurred_at(self) -> int:
        """Return when it happened; when it came, where its sender does not say (D3)."""
        if self.occurred_at_source == "RECEIVED":
            return self.received_at
        created = date_of(self.body.get("eventCreationDate"))
        assert created is not None
        return created

    @property
    def effect(self) -> tuple[int, int]:
        """Return what events take effect by (D9)."""
        return (self.occurred_at, self.position)


@dataclass(frozen=True)
class Rejection:
    """One rejected delivery."""

    code: str
    company: str | None
    raw: bytes


@dataclass(frozen=True)
class Intake:
    """What becomes of deliveries: the bodies appended, in order; those seen before; the rest."""

    appended: list[bytes]
    duplicates: list[bytes]
    rejected: list[Rejection]


def take(deliveries: Iterable[bytes]) -> Intake:
    """Sort deliveries in their order of arrival (D6, D7)."""
    intake, seen = Intake([], [], []), set[str]()
    for raw in deliveries:
        try:
            key = identity(read(raw).json)
        except RejectedError as error:
            intake.rejected.append(Rejection(error.code, error.company, raw))
            continue
        (intake.duplicates if key in seen else intake.appended).append(raw)
        seen.add(key)
    return intake


def events_of(appended: Iterable[bytes], received_at: Iterable[int]) -> list[Event]:
    """Return the log: positions are 1, 2, 3 …"""
    pairs = zip(appended, received_at, strict=True)
    return [
        Event(position, at, raw, read(raw)) for position, (raw, at) in enumerate(pairs, start=1)
    ]
