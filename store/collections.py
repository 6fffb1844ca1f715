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
ERASURES = "erasures"
"""The audit of those who were forgotten; not part of the log, made by the first erasure."""


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
    A server that accepts connections and answers nothing is given up after `connect_seconds` +
    `heartbeat_seconds`, with all that wait for it.
    """

    server_selection_seconds: float = 5.0
    connect_seconds: float = 3.0
    heartbeat_seconds: float = 2.0
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


def fact_collections(generation: int) -> list[str]:
    """Name the collections that are rebuilt from the events; they lie in the order of `_id`."""
    return [facts_of(generation), keys_of(generation)]


CLUSTERED = (EVENTS, REDELIVERIES)
"""The other collections whose documents lie in the order of `_id`."""

PLAIN = (COUNTERS, COMPANIES, QUARANTINE)
"""The rest; transactions write them, so they must be there beforehand."""

LOG_INDEXES = (
    Index(EVENTS, {"digest": 1}, "an event is appended once (D7)", unique=True),
    Index(EVENTS, {"company": 1, "_id": 1}, "a company's events by position"),
    Index(EVENTS, {"company": 1, "eventName": 1, "_id": 1}, "its events of some names"),
    Index(
        EVENTS,
        {"stub": 1},
        "redacted events, to recognise their old bodies",
        only={"stub": {"$exists": True}},
    ),
    Index(REDELIVERIES, {"company": 1, "count": 1}, "how often a company's events came again"),
    Index(QUARANTINE, {"company": 1, "_id": 1}, "a company's rejected bodies, oldest first"),
    Index(QUARANTINE, {"digest": 1}, "the same rejected body is kept once", unique=True),
)
"""The indexes of what is never rebuilt."""


def fact_indexes(generation: int) -> list[Index]:
    """List the indexes of a generation of facts and keys."""
    facts = facts_of(generation)
    return [
        *(Index(facts, keys, purpose) for keys, purpose in _OF_FACTS),
        *(Index(facts, keys, purpose, only=only) for keys, only, purpose in _OF_SOME_FACTS),
        Index(keys_of(generation), _OF_KEYS, "the things that carried a link key (D17), covered"),
    ]


# `kind` stands in the keys: a partial index does not cover its own filter.
_KIND = {"company": 1, "kind": 1}
_AT_POSITION = {"at": 1, "_id": 1}
_CALLS: Document = {"kind": "call"}
_CALLBACKS: Document = {"kind": "callback"}

_OF_FACTS = (
    (
        {**_KIND, "idKey": 1, "campaignAt": -1, "_id": -1, "campaign": 1},
        "a thing's facts; the campaign that it belongs to, covered",
    ),
    (
        {**_KIND, "campaign": 1, "idKey": 1, "statusAt": -1, "_id": -1, "data.status": 1, "at": 1},
        "a campaign's things by id; its existence; its applications' statuses, covered",
    ),
)
_OF_SOME_FACTS = (
    (
        {**_KIND, "campaign": 1, "data.updatedDate": 1, "idKey": 1, **_AT_POSITION},
        _CALLS,
        "a campaign's calls by date, covered",
    ),
    (
        {**_KIND, "data.redirectionId": 1, "idKey": 1, **_AT_POSITION},
        {**_CALLS, "data.redirectionId": {"$type": "string"}},
        "the legs of one client call (D20)",
    ),
    (
        {**_KIND, "application": 1, "idKey": 1, **_AT_POSITION},
        _CALLBACKS,
        "an application's callbacks",
    ),
    (
        {**_KIND, "idKey": 1, "applicationAt": -1, "_id": -1, "application": 1},
        _CALLBACKS,
        "the application that a callback belongs to, covered",
    ),
    (
        {**_KIND, "data.recallAt": 1, "idKey": 1, **_AT_POSITION},
        _CALLBACKS,
        "callbacks by the time they are due, covered",
    ),
    (
        {**_KIND, "data.createdAt": 1, "idKey": 1, **_AT_POSITION},
        _CALLBACKS,
        "callbacks by the time they were created, covered",
    ),
    (
        {"company": 1, "campaign": 1, "_id": 1, "at": 1},
        {"campaign": {"$type": "string"}},
        "the events that name a campaign, by position",
    ),
)
_OF_KEYS = {"company": 1, "key": 1, "kind": 1, "idKey": 1, "at": 1, "_id": 1}
