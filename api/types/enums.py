"""The words that the graph knows; what a sender spells otherwise is in the `…Raw` fields."""

from enum import Enum

import strawberry
from strawberry import enum_value


@strawberry.enum(description="What state a campaign is in.")
class CampaignStatus(Enum):
    """D11."""

    NEW = enum_value("NEW", description="Just created, never launched.")
    STOPPED = enum_value("STOPPED", description="Stopped: no outbound calls.")
    IN_PROCESS = enum_value("IN_PROCESS", description="Active: operators can work with it.")
    PAUSED = enum_value("PAUSED", description="On pause: dialing does not occur for now.")
    FINISHED = enum_value("FINISHED", description="Completely finished.")


@strawberry.enum(description="How a call ended for its application.")
class CallResult(Enum):
    """D13."""

    SUCCESSFUL = enum_value("SUCCESSFUL", description="The call reached its aim.")
    NOT_SUCCESSFUL = enum_value("NOT_SUCCESSFUL", description="The call did not reach its aim.")


@strawberry.enum(description="What kind of call it is.")
class CallType(Enum):
    """D13."""

    NORMAL = enum_value("NORMAL", description="A normal call to a client.")
    CALLBACK = enum_value("CALLBACK", description="A call back to a client.")


@strawberry.enum(description="What a call or a callback has to do with calling back.")
class RecallDescription(Enum):
    """D13."""

    AUTO_CREATED = enum_value("AUTO_CREATED", description="An automatic callback was created.")
    PERSONAL_CREATED = enum_value(
        "PERSONAL_CREATED", description="A callback by a certain operator was created."
    )
    COMPLETED = enum_value("COMPLETED", description="The operator called back.")


@strawberry.enum(description="Which kind of callback a call completed.")
class RecallType(Enum):
    """D13."""

    AUTO = enum_value("AUTO", description="An automatic callback.")
    PERSONAL = enum_value("PERSONAL", description="A personal callback.")


@strawberry.enum(description="How far a callback is.")
class CallbackState(Enum):
    """D19."""

    SCHEDULED = enum_value("SCHEDULED", description="Its time has not come.")
    DUE = enum_value("DUE", description="Its time has come and nobody has called back.")
    COMPLETED = enum_value("COMPLETED", description="The client was called back.")


@strawberry.enum(description="What a call and its application both carried.")
class MatchedBy(Enum):
    """D17."""

    CLIENT_SYNC_ID = enum_value("CLIENT_SYNC_ID", description="A client sync pair.")
    PHONE_NUMBER = enum_value("PHONE_NUMBER", description="A phone number, by its digits.")


@strawberry.enum(description="Where an event's date is from.")
class OccurredAtSource(Enum):
    """D3."""

    EVENT = enum_value("EVENT", description="The event says it.")
    RECEIVED = enum_value(
        "RECEIVED", description="The event gives no usable date; it is the time of receipt."
    )


@strawberry.enum(description="Which way a list is sorted; null is greater than every value.")
class Direction(Enum):
    """Either."""

    ASC = enum_value("ASC", description="The smallest first, nulls last.")
    DESC = enum_value("DESC", description="The greatest first, nulls before all.")
