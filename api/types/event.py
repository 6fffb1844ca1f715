"""The event: one delivery of the dialer, exactly as it came (D2)."""

import strawberry

from api.types.enums import OccurredAtSource
from api.types.scalars import JSON, DateTime, Position


@strawberry.type(
    description="That a person's data were erased from an event: random words stand in their place."
)
class Redaction:
    """When, by whom, and of which fields."""

    at: DateTime = strawberry.field(description="When they were erased last.")
    by: str = strawberry.field(description="Who had them erased last.")
    fields: list[str] = strawberry.field(
        description="The members of the event in which something was replaced."
    )


@strawberry.type(
    description="One event of the log: never changed, unless a person had to be forgotten."
)
class Event:
    """An event at its position."""

    position: Position = strawberry.field(
        description="Its place in the whole log: 1, 2, 3 … without holes."
    )
    cursor: str = strawberry.field(description="For `afterCursor`: resumes just after this event.")
    event_name: str = strawberry.field(description="Which event it is; may be unknown.")
    company_id: strawberry.ID = strawberry.field(description="The company it belongs to.")
    occurred_at: DateTime = strawberry.field(
        description="When it happened: its `eventCreationDate`, else when it was received."
    )
    occurred_at_source: OccurredAtSource = strawberry.field(
        description="Which of the two `occurredAt` is."
    )
    received_at: DateTime = strawberry.field(description="When it was received, by our clock.")
    digest: str = strawberry.field(
        description="The digest of its JSON value, in hexadecimal: equal values are one event. "
        "Masked without the scope `personal-data`: a guess could be tried with it."
    )
    body: JSON = strawberry.field(description="The event as JSON, spelled as it came.")
    raw_body: str = strawberry.field(description="The event's own bytes, as text.")
    redacted: Redaction | None = strawberry.field(
        description="What was erased from it because a person had to be forgotten; null: nothing."
    )
