"""What every event says of itself: its name, its company, its time (D1, D3, D8)."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple

from store.dates import read_date
from store.json_text import Json
from store.rejections import MissingCompanyIdError, MissingEventNameError, NotAnObjectError
from store.values import clean, read_id

OccurredAtSource = Literal["EVENT", "RECEIVED"]

MAX_AHEAD = timedelta(hours=24)
"""How far an event's date may lie after its receipt: one wrong clock must not win forever (D3)."""


class Envelope(NamedTuple):
    """What an event says of itself.

    Attributes:
        event_name: Which event it is; may be unknown (D5).
        company_id: Whose it is (D22).
        occurred_at: When it happened, aware UTC.
        occurred_at_source: Whether the event said so, or its receipt had to stand in (D3).
    """

    event_name: str
    company_id: str
    occurred_at: datetime
    occurred_at_source: OccurredAtSource


def read_envelope(value: Json, *, received_at: datetime, zone: tzinfo = UTC) -> Envelope:
    """Read the envelope of a body.

    Args:
        value: Any JSON value, as `parse_body` decodes it.
        received_at: When the body came, aware UTC.
        zone: Whose clock a date without a zone shows.

    Raises:
        RejectedError: It is no object, or has no `eventName` or `companyId` (D6).
    """
    if not isinstance(value, dict):
        raise NotAnObjectError
    name, company_id = read_event_name(value), read_id(value.get("companyId"))
    if name is None:
        raise MissingEventNameError
    if company_id is None:
        raise MissingCompanyIdError
    said = read_date(value.get("eventCreationDate"), zone)
    if said is None or said - received_at > MAX_AHEAD:
        return Envelope(name, company_id, received_at, "RECEIVED")
    return Envelope(name, company_id, said, "EVENT")


def read_event_name(value: dict[str, Json]) -> str | None:
    """Read the name of an event: text that is not blank, kept as it is (D1)."""
    name = value.get("eventName")
    return clean(name) if type(name) is str and name.strip() else None
