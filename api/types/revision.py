"""How a thing came to be what it is."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.types.scalars import JSON, DateTime, Position

if TYPE_CHECKING:
    from api.types.event import Event


@strawberry.type(description="A field that changed.")
class FieldChange:
    """One field of a revision."""

    field: str = strawberry.field(description="The field, by its name in the graph.")
    before: JSON | None = strawberry.field(description="The value before.")
    after: JSON | None = strawberry.field(description="The value after.")


@strawberry.type(
    description="A change of what is known of a thing. An event that changes nothing, such as one "
    "that came late, makes none."
)
class Revision:
    """One revision."""

    position: Position = strawberry.field(description="The position of the event that brought it.")
    occurred_at: DateTime = strawberry.field(description="When it happened, by the dialer's clock.")
    received_at: DateTime = strawberry.field(description="When it was received, by our clock.")
    changes: list[FieldChange] = strawberry.field(description="The fields that changed.")
    event: Annotated["Event", strawberry.lazy("api.types.event")] = strawberry.field(
        description="The event that brought it."
    )


@strawberry.type(description="Where the value of a field is from.")
class Provenance:
    """One field and its event."""

    field: str = strawberry.field(description="The field, by its name in the graph.")
    position: Position = strawberry.field(description="The position of the event that says so.")
    occurred_at: DateTime = strawberry.field(description="When it happened, by the dialer's clock.")
    received_at: DateTime = strawberry.field(description="When it was received, by our clock.")
    event: Annotated["Event", strawberry.lazy("api.types.event")] = strawberry.field(
        description="The event that says so."
    )
