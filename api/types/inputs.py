"""Filters and orders. An absent filter passes everything, an empty list nothing."""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import enum_value

from api.types.enums import CallbackState, CallResult, CallType, CampaignStatus, Direction
from api.types.scalars import DateTime


@strawberry.input(description="From a moment up to, but not including, another.")
class DateTimeRange:
    """Half open."""

    from_: DateTime | None = strawberry.field(
        default=None, name="from", description="From this moment on; null: from the beginning."
    )
    to: DateTime | None = strawberry.field(
        default=None, description="Before this moment; null: without end."
    )


@strawberry.input(description="A client sync pair.")
class ClientSyncIdInput:
    """One pair."""

    field: str = strawberry.field(description="The name of the value, such as `externalId`.")
    value: str = strawberry.field(description="The value, as text.")


@strawberry.input(
    description="Which campaigns. All conditions must hold; an empty list matches nothing."
)
class CampaignFilter:
    """All conditions must hold."""

    status: list[CampaignStatus] | None = strawberry.field(
        default=None, description="With one of these statuses."
    )
    campaign_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="With one of these ids."
    )


@strawberry.input(
    description="Which applications. All conditions must hold; an empty list matches nothing."
)
class ApplicationFilter:
    """All conditions must hold."""

    status: list[str] | None = strawberry.field(
        default=None, description="With one of these statuses."
    )
    processable: bool | None = strawberry.field(
        default=None, description="That will, or will not, be processed."
    )
    has_recall: bool | None = strawberry.field(
        default=None, description="With, or without, a callback."
    )
    next_call: DateTimeRange | None = strawberry.field(
        default=None, description="To be dialed next in this time."
    )
    phone_number: str | None = strawberry.field(
        default=None, description="With this next phone number; digits count."
    )
    client_sync_id: ClientSyncIdInput | None = strawberry.field(
        default=None, description="With this client sync pair."
    )


@strawberry.input(
    description="Which calls. All conditions must hold; an empty list matches nothing."
)
class CallFilter:
    """All conditions must hold."""

    status: list[CallResult] | None = strawberry.field(
        default=None, description="With one of these results."
    )
    call_type: CallType | None = strawberry.field(default=None, description="Of this type.")
    operator_id: strawberry.ID | None = strawberry.field(
        default=None, description="By this operator."
    )
    updated_date: DateTimeRange | None = strawberry.field(
        default=None, description="Made in this time."
    )
    phone_number: str | None = strawberry.field(
        default=None, description="To this phone number; digits count."
    )
    linked: bool | None = strawberry.field(
        default=None, description="With, or without, an application that they belong to."
    )


@strawberry.input(
    description="Which callbacks. All conditions must hold; an empty list matches nothing."
)
class CallbackFilter:
    """All conditions must hold."""

    state: list[CallbackState] | None = strawberry.field(
        default=None, description="In one of these states."
    )
    at: DateTime | None = strawberry.field(
        default=None, description="The moment `state` is judged at: `asOf` by default, else now."
    )
    operator_id: strawberry.ID | None = strawberry.field(
        default=None, description="Created by this operator."
    )
    recall_at: DateTimeRange | None = strawberry.field(
        default=None, description="Due in this time."
    )
    autorecall: bool | None = strawberry.field(
        default=None, description="Created automatically, or by hand."
    )
    campaign_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of applications of this campaign."
    )


@strawberry.input(
    description="Which events. All conditions must hold; an empty list matches nothing."
)
class EventFilter:
    """All conditions must hold."""

    event_names: list[str] | None = strawberry.field(
        default=None, description="With one of these names."
    )
    received_at: DateTimeRange | None = strawberry.field(
        default=None, description="Received in this time."
    )
    occurred_at: DateTimeRange | None = strawberry.field(
        default=None, description="That occurred in this time."
    )


@strawberry.enum(description="What campaigns are sorted by; ties by id.")
class CampaignOrderField(Enum):
    """Sort keys."""

    CAMPAIGN_ID = enum_value("CAMPAIGN_ID", description="Numbers by value, then text.")
    STATUS_CHANGED_AT = enum_value("STATUS_CHANGED_AT", description="The last change of status.")


@strawberry.enum(description="What applications are sorted by; ties by id.")
class ApplicationOrderField(Enum):
    """Sort keys."""

    APPLICATION_ID = enum_value("APPLICATION_ID", description="Numbers by value, then text.")
    NEXT_CALL = enum_value("NEXT_CALL", description="When the client is dialed next.")
    LAST_CALL = enum_value("LAST_CALL", description="When the client was dialed last.")


@strawberry.enum(description="What calls are sorted by; ties by id.")
class CallOrderField(Enum):
    """Sort keys."""

    UPDATED_DATE = enum_value("UPDATED_DATE", description="When the call was made.")


@strawberry.enum(description="What callbacks are sorted by; ties by id.")
class CallbackOrderField(Enum):
    """Sort keys."""

    RECALL_AT = enum_value("RECALL_AT", description="When the client is to be called.")
    CREATED_AT = enum_value("CREATED_AT", description="When the callback was created.")


@strawberry.input(description="How campaigns are sorted.")
class CampaignOrder:
    """A sort key and a direction."""

    field: CampaignOrderField = strawberry.field(description="The sort key.")
    direction: Direction = strawberry.field(
        default=Direction.ASC, description="Ascending or descending."
    )


@strawberry.input(description="How applications are sorted.")
class ApplicationOrder:
    """A sort key and a direction."""

    field: ApplicationOrderField = strawberry.field(description="The sort key.")
    direction: Direction = strawberry.field(
        default=Direction.ASC, description="Ascending or descending."
    )


@strawberry.input(description="How calls are sorted.")
class CallOrder:
    """A sort key and a direction."""

    field: CallOrderField = strawberry.field(description="The sort key.")
    direction: Direction = strawberry.field(
        default=Direction.DESC, description="Ascending or descending."
    )


@strawberry.input(description="How callbacks are sorted.")
class CallbackOrder:
    """A sort key and a direction."""

    field: CallbackOrderField = strawberry.field(description="The sort key.")
    direction: Direction = strawberry.field(
        default=Direction.ASC, description="Ascending or descending."
    )


WhichCampaigns = Annotated[
    CampaignFilter | None, strawberry.argument(description="Only these; by default all.")
]
WhichApplications = Annotated[
    ApplicationFilter | None, strawberry.argument(description="Only these; by default all.")
]
WhichCalls = Annotated[
    CallFilter | None, strawberry.argument(description="Only these; by default all.")
]
WhichCallbacks = Annotated[
    CallbackFilter | None, strawberry.argument(description="Only these; by default all.")
]
WhichEvents = Annotated[
    EventFilter | None, strawberry.argument(description="Only these; by default all.")
]
CampaignsBy = Annotated[
    CampaignOrder | None, strawberry.argument(description="How they are sorted: by id by default.")
]
ApplicationsBy = Annotated[
    ApplicationOrder | None,
    strawberry.argument(description="How they are sorted: by id by default."),
]
CallsBy = Annotated[
    CallOrder | None,
    strawberry.argument(description="How they are sorted: the newest first by default."),
]
CallbacksBy = Annotated[
    CallbackOrder | None,
    strawberry.argument(description="How they are sorted: what is due first by default."),
]
