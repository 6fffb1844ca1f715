"""The fold (D10): a thing's state is the ordered merge of what its events say of it.

For each field the last fact that carries it wins, by the order of effect (D9): `at`, then position,
then place inside the event. The same rule stands here twice, for one fact after the other and as a
pipeline for pages; a test holds them together.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Any, TypeVar

from store.collections import Document, Pipeline
from store.facts import Kind
from store.ids import id_of
from store.moment import Moment

Derived = TypeVar("Derived")

LINKED = ("application", "call", "callback")
WITH_STATUSES = ("campaign", "application")


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One carried status: when it took effect, its fact's number, and what it said."""

    at: datetime
    number: int
    status: str | None
    raw: str | None


@dataclass(slots=True)
class State:
    """What is known of one thing at a moment.

    Attributes:
        data: The folded fields by their names in the graph; a field never carried is absent.
        keys: Every link key that any of its facts carried (D17); campaigns have none.
        statuses: Every carried status in order of effect; of campaigns and applications.
    """

    kind: Kind
    company: str
    id_key: str
    data: dict[str, Any]
    keys: frozenset[str] = frozenset()
    statuses: list[StatusEntry] = field(default_factory=list)
    _derived: dict[Callable[..., Any], Any] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    @property
    def id(self) -> str:
        """The thing's id as text."""
        return self.once(_id)

    def once(self, derive: "Callable[[State], Derived]") -> Derived:
        """Return what `derive` makes of this state alone, worked out only once.

        Nobody changes a state that was handed out, so that operations can share it.
        """
        if self._derived is None:
            self._derived = {}
        if derive not in self._derived:
            self._derived[derive] = derive(self)
        found: Derived = self._derived[derive]
        return found


def _id(state: State) -> str:
    return id_of(state.id_key)


def empty_state(kind: Kind, company: str, id_key: str) -> State:
    """Return the state of a thing of which nothing but its id is known (D15)."""
    return State(kind, company, id_key, {})


def fold(kind: Kind, company: str, id_key: str, rows: Iterable[Document]) -> State:
    """Fold the rows of one thing's facts, given in any order."""
    state = empty_state(kind, company, id_key)
    keys: set[str] = set()
    for row in sorted(rows, key=order_of_effect):
        state.data.update(row["data"])
        keys.update(row.get("keys", ()))
        if kind in WITH_STATUSES and "status" in row["data"]:
            state.statuses.append(_entry(row["at"], row["_id"], row["data"]))
    state.keys = frozenset(keys)
    return state


def order_of_effect(row: Mapping[str, Any]) -> tuple[datetime, int]:
    """Return the place of a fact's row in the order of effect (D9)."""
    return row["at"], row["_id"]


def fold_pipeline(
    company: str,
    kind: Kind,
    id_keys: Collection[str],
    moment: Moment,
) -> Pipeline:
    """Write the fold of many things as one aggregation over the facts of `moment`."""
    return [
        {
            "$match": {
                "company": company,
                "kind": kind,
                "idKey": {"$in": list(id_keys)},
                **moment.bounds(),
            }
        },
        *fold_stages(kind),
    ]


def fold_stages(kind: Kind) -> Pipeline:
    """Write the stages that fold the facts of things of one kind; see `state_of`."""
    group: Document = {"_id": "$idKey", "data": {"$mergeObjects": "$data"}}
    if kind in LINKED:
        group["keys"] = {"$push": "$keys"}
    if kind in WITH_STATUSES:
        group["statuses"] = {"$push": _ENTRY}
    return [{"$sort": {"idKey": 1, "at": 1, "_id": 1}}, {"$group": group}]


# Null where the fact does not carry the status; the reader of the result skips it.
_ENTRY = {
    "$cond": [
        {"$eq": [{"$type": "$statusAt"}, "missing"]},
        None,
        [
            "$at",
            "$_id",
            {"$ifNull": ["$data.status", None]},
            {"$ifNull": ["$data.statusRaw", None]},
        ],
    ]
}


def state_of(kind: Kind, company: str, folded: Document) -> State:
    """Read one result of `fold_pipeline`."""
    keys = frozenset(key for keys in folded.get("keys", ()) for key in keys)
    statuses = [StatusEntry(*entry) for entry in folded.get("statuses", ()) if entry is not None]
    # The driver makes a name anew for each document: a third of what a state takes.
    data = {intern(name): value for name, value in folded["data"].items()}
    return State(kind, company, folded["_id"], data, keys, statuses)


def _entry(at: datetime, number: int, data: Mapping[str, Any]) -> StatusEntry:
    return StatusEntry(at, number, data["status"], data.get("statusRaw"))
