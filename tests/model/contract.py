"""The contract's types: which fields each has, and where its edges lead."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Answer = Any
"""What GraphQL answers, decoded; in the model's, JSON fields are `Json`, dates milliseconds."""


@dataclass(frozen=True)
class Kind:
    """The fields of one type.

    Attributes:
        plain: Scalars and enums.
        parts: Values and lists of them that have fields of their own, always selected whole.
        edges: Things, or lists of things, that it leads to.
        connections: Lists in pages.
        with_moment: Fields that take `at`.
    """

    plain: tuple[str, ...]
    parts: Mapping[str, str] = field(default_factory=dict)
    edges: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, str] = field(default_factory=dict)
    with_moment: tuple[str, ...] = ()


_CAMPAIGN: Final = Kind(
    plain=("campaignId", "companyId", "status", "statusRaw", "statusChangedAt"),
    parts={"applicationStatusCounts": "StatusCount"},
    edges={"statusHistory": "CampaignStatusChange"},
    connections={
        "applications": "Application",
        "calls": "Call",
        "callbacks": "Callback",
        "events": "Event",
    },
)
_APPLICATION: Final = Kind(
    plain=(
        *("applicationId", "companyId", "campaignId", "status", "statusChangedAt"),
        *("maxCallCount", "calledCount", "lastCall", "nextCall", "nextPhoneNumber"),
        *("smsStatus", "smsMessage", "errorMessage", "ccprojectCallStatus", "hasRecall"),
        *("processable", "telemarketClientParentId", "orderIndex", "callPriorityIndex"),
        *("ccprojectStatusCalledCount", "agiProcessing"),
    ),
    parts={"clientSyncIds": "ClientSyncId"},
    edges={"campaign": "Campaign", "statusHistory": "ApplicationStatusChange"},
    connections={"calls": "Call", "callbacks": "Callback", "events": "Event"},
)
_CALL: Final = Kind(
    plain=(
        *("statisticId", "companyId", "campaignId", "updatedDate", "operatorId", "phoneNumber"),
        *("operatorCallDuration", "generalCallDuration", "status", "statusRaw"),
        *("clientCallStatus", "operatorCallStatus", "closeFormStatus", "callType", "callTypeRaw"),
        *("recallDescription", "recallDescriptionRaw", "recallType", "recallTypeRaw"),
        *("redirectionId", "hungupSide", "externalId", "errorMessage", "calledCount"),
    ),
    parts={"clientSyncIds": "ClientSyncId", "applicationMatch": "ApplicationMatch"},
    edges={
        "campaign": "Campaign",
        "application": "Application",
        "redirections": "Call",
        "callbacks": "Callback",
        "completedCallback": "Callback",
    },
    connections={"events": "Event"},
)
_CALLBACK: Final = Kind(
    plain=(
        *("callbackId", "companyId", "applicationId", "createdAt", "autorecall", "description"),
        *("name", "phoneNumber", "recallAt", "recallStatus", "recallStatusRaw", "operatorId"),
    ),
    parts={"clientSyncIds": "ClientSyncId"},
    edges={
        "application": "Application",
        "campaign": "Campaign",
        "createdDuring": "Call",
        "completedBy": "Call",
    },
    connections={"events": "Event"},
    with_moment=("state",),
)
_EVENT: Final = Kind(
    plain=(
        *("position", "eventName", "companyId", "occurredAt", "occurredAtSource"),
        *("receivedAt", "rawBody", "body"),
    )
)
_CHANGE: Final = ("position", "occurredAt", "previousStatus", "status")

TYPES: Final = {
    "Campaign": _CAMPAIGN,
    "Application": _APPLICATION,
    "Call": _CALL,
    "Callback": _CALLBACK,
    "Event": _EVENT,
    "StatusCount": Kind(("status", "count")),
    "ClientSyncId": Kind(("field", "value")),
    "ApplicationMatch": Kind(("matchedBy", "candidateCount")),
    "CampaignStatusChange": Kind((*_CHANGE, "statusRaw"), edges={"campaign": "Campaign"}),
    "ApplicationStatusChange": Kind(_CHANGE, edges={"application": "Application"}),
    "CallbackChange": Kind(("position", "state"), edges={"callback": "Callback"}),
    "CallUpdate": Kind(("position", "created"), edges={"call": "Call"}),
}

DATES: Final = frozenset(
    (
        *("statusChangedAt", "lastCall", "nextCall", "updatedDate", "createdAt", "recallAt"),
        *("occurredAt", "receivedAt", "lastReceivedAt"),
    )
)
"""Fields that GraphQL answers with RFC 3339 texts, the model with milliseconds."""

JSON_FIELDS: Final = frozenset(
    (
        *("orderIndex", "callPriorityIndex", "ccprojectStatusCalledCount", "agiProcessing"),
        "body",
    )
)

POSITION_BOUND: Final = frozenset(("position", "receivedAt", "occurredAtSource"))
"""Fields that speak of the order of arrival."""


def snake(name: str) -> str:
    """Return a contract name in Python's spelling."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
