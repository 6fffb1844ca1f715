"""Every collection and every index of the store, each with what it is there for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Pipeline = list[Document]

EVENTS = "events"
COUNTERS = "counters"
COMPANIES = "companies"
QUARANTINE = "quarantine"
REDELIVERIES = "redeliveries"


def facts_of(generation: int) -> str:
    """Name the facts' collection of a generation; a rebuild makes the next one."""
    return f"facts_{generation}"


def keys_of(generation: int) -> str:
    """Name the link keys' collection of a generation."""
    return f"keys_{generation}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines and sizes of the connection, set once for everything.

    A Motor call cannot be cancelled, so each deadline is also the driver's or the server's own.
    """

    server_selection_seconds: float = 5.0
    socket_seconds: float = 30.0
    write_seconds: float = 10.0
    read_seconds: float = 20.0
    pool_size: int = 50


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its collection, its keys, and what it is there for."""

    collection: str
    keys: Mapping[str, int]
    purpose: str
    unique: bool = False
    only: Document | None = None  # the filter of a partial index


def clustered_collections(generation: int) -> list[str]:
    """Name the collections whose documents lie in the order of `_id`."""
    return [EVENTS, facts_of(generation), keys_of(generation), REDELIVERIES]


def plain_collections() -> list[str]:
    """Name the other collections that transactions write: those must be there beforehand."""
    return [COUNTERS, COMPANIES, QUARANTINE]


def indexes(generation: int) -> list[Index]:
    """List every index. `kind` stands in the keys: a partial index does not cover its filter."""
    facts = facts_of(generation)
    kind = {"company": 1, "kind": 1}
    only_calls = {"kind": "call"}
    only_callbacks = {"kind": "callback"}
    at_position = {"at": 1, "_id": 1}
    return [
        Index(EVENTS, {"digest": 1}, "an event is appended once (D7)", unique=True),
        Index(EVENTS, {"company": 1, "_id": 1}, "a company's events by position"),
        Index(EVENTS, {"company": 1, "eventName": 1, "_id": 1}, "its events of some names"),
        Index(
            facts,
            {**kind, "idKey": 1, "campaignAt": -1, "_id": -1, "campaign": 1},
            "a thing's facts; the campaign that it belongs to, covered",
        ),
        Index(
            facts,
            {
                **kind,
                "campaign": 1,
                "idKey": 1,
                "statusAt": -1,
                "_id": -1,
                "data.status": 1,
                "at": 1,
            },
            "a campaign's things by id; its existence; its applications' statuses, covered",
        ),
        Index(
            facts,
            {**kind, "campaign": 1, "data.updatedDate": 1, "idKey": 1, **at_position},
            "a campaign's calls by date, covered",
            only=only_calls,
        ),
        Index(
            facts,
            {**kind, "data.redirectionId": 1, "idKey": 1, **at_position},
            "the legs of one client call (D20)",
            only={**only_calls, "data.redirectionId": {"$type": "string"}},
        ),
        Index(
            facts,
            {**kind, "application": 1, "idKey": 1, **at_position},
            "an application's callbacks",
            only=only_callbacks,
        ),
        Index(
            facts,
            {**kind, "data.recallAt": 1, "idKey": 1, **at_position},
            "callbacks by the time they are due, covered",
            only=only_callbacks,
        ),
        Index(
            facts,
            {**kind, "data.createdAt": 1, "idKey": 1, **at_position},
            "callbacks by the time they were created, covered",
            only=only_callbacks,
        ),
        Index(
            facts,
            {"company": 1, "campaign": 1, "_id": 1, "at": 1},
            "the events that name a campaign, by position",
            only={"campaign": {"$type": "string"}},
        ),
        Index(
            keys_of(generation),
            {"company": 1, "key": 1, "kind": 1, "idKey": 1, "at": 1, "_id": 1},
            "the things that carried a sync pair or phone number (D17), covered",
        ),
        Index(REDELIVERIES, {"company": 1, "count": 1}, "how often a company's events came again"),
        Index(QUARANTINE, {"company": 1, "_id": 1}, "a company's rejected bodies, oldest first"),
        Index(QUARANTINE, {"digest": 1}, "the same rejected body is kept once", unique=True),
    ]
