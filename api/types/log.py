"""The log as a whole, and what was refused."""

from dataclasses import field

import strawberry

from api.lookahead import Loadable, Results
from api.types.scalars import DateTime, Position
from store.driver import Database


@strawberry.type(description="Something in the feed that the dialer's description does not name.")
class Drift:
    """One kind of surprise."""

    event_name: str = strawberry.field(description="In which event.")
    field: str | None = strawberry.field(description="In which field of it.")
    value: str | None = strawberry.field(description="The unknown value, as spelled.")
    count: float = strawberry.field(description="How many events carry it.")
    first_position: Position = strawberry.field(description="The first event that does.")
    last_position: Position = strawberry.field(description="The last event that does.")


@strawberry.type(description="How a quantity is spread; null where there is nothing to measure.")
class Percentiles:
    """By nearest rank."""

    p50: float | None = strawberry.field(description="Half are at most this.")
    p90: float | None = strawberry.field(description="Nine of ten are at most this.")
    p99: float | None = strawberry.field(description="All but one in a hundred are at most this.")
    max: float | None = strawberry.field(description="The greatest.")


@strawberry.type(
    description="How the feed behaves: disorder, lateness, drift from its description."
)
class Deliveries:
    """Delivery forensics."""

    unknown_event_names: list[Drift] = strawberry.field(description="Events of unknown names.")
    unknown_fields: list[Drift] = strawberry.field(description="Unknown fields of known events.")
    unknown_values: list[Drift] = strawberry.field(
        description="Unknown words where the dialer's description lists the known ones."
    )
    out_of_order: float = strawberry.field(
        description="Events that happened before an earlier event of the same thing."
    )
    late_seconds: Percentiles = strawberry.field(
        description="How long after happening events were received."
    )


@strawberry.type(description="The log of events that the caller sees.")
class Log(Loadable):
    """The log of one company, or of all that the caller sees."""

    results: strawberry.Private[Results] = field(default_factory=dict)
    database: strawberry.Private[Database]
    companies: strawberry.Private[tuple[str, ...] | None]
    is_open: strawberry.Private[bool]

    position: Position = strawberry.field(description="The last position; 0: there is no event.")
    event_count: float = strawberry.field(description="How many events there are.")
    last_received_at: DateTime | None = strawberry.field(
        description="When the last event was received."
    )

    @strawberry.field(description="How many deliveries repeated an event that was there already.")
    def duplicates(self, info: strawberry.Info) -> float:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="How many deliveries were rejected and kept in the quarantine.")
    def quarantined(self, info: strawberry.Info) -> float:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="How the feed behaves. Reads the whole log.")
    def deliveries(self, info: strawberry.Info) -> Deliveries:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]


@strawberry.type(description="A body that was rejected: kept, and never part of the graph.")
class QuarantinedBody:
    """One rejected body."""

    id: strawberry.ID = strawberry.field(description="Its id in the quarantine.")
    received_at: DateTime = strawberry.field(description="When it came first.")
    code: str = strawberry.field(description="Why, in a word, such as MISSING_ID.")
    message: str = strawberry.field(description="Why, and what the sender should do.")
    company_id: strawberry.ID | None = strawberry.field(
        description="The company it names; null where it names none."
    )
    count: int = strawberry.field(description="How often this same body came.")
    raw: str = strawberry.field(description="Its bytes as text; what is not UTF-8 shows as U+FFFD.")
