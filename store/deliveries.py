"""Delivery forensics: what the feed carries that its description does not name, and disorder.

It reads the whole log of the companies asked about, event by event.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from store.body import parse_body
from store.collections import EVENTS, Document
from store.driver import Database
from store.facts import Fact
from store.quarantine import visible_to
from store.reader import APPLICATION_EVENT, KNOWN_FIELDS, read_event

_EVENTS_PER_READ = 2_000
_EVENTS_PER_TURN = 50  # then others have theirs


@dataclass(slots=True)
class Drift:
    """One surprise: how many events carry it, and the first and the last of them."""

    event_name: str
    field: str | None
    value: str | None
    first_position: int
    last_position: int = 0
    count: int = 0


@dataclass(slots=True)
class Forensics:
    """What has been found so far; `add` the events in the order of their positions."""

    drifts: dict[tuple[str, str | None, str | None], Drift] = field(default_factory=dict)
    out_of_order: int = 0
    late_seconds: list[float] = field(default_factory=list)
    _newest: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    def add(self, event: Document) -> None:
        """Look at one event of the log."""
        name = event["eventName"]
        value = parse_body(bytes(event["raw"])).value
        facts = read_event(value)
        if name not in KNOWN_FIELDS:
            self._count((name, None, None), event["_id"])
        for surprise in {*_unknown_fields(name, value), *_unknown_values(name, facts)}:
            self._count(surprise, event["_id"])
        self.out_of_order += self._is_out_of_order(event, facts)
        if event["occurredAtSource"] == "EVENT":
            late = (event["receivedAt"] - event["occurredAt"]).total_seconds()
            self.late_seconds.append(max(0.0, late))

    def _count(self, surprise: tuple[str, str | None, str | None], position: int) -> None:
        drift = self.drifts.setdefault(surprise, Drift(*surprise, first_position=position))
        drift.count += 1
        drift.last_position = position

    def _is_out_of_order(self, event: Document, facts: Sequence[Fact]) -> bool:
        at, is_late = event["occurredAt"], False
        for fact in facts:
            thing = (event["company"], fact.kind, fact.id)
            newest = self._newest.get(thing)
            is_late = is_late or (newest is not None and at < newest)
            self._newest[thing] = at if newest is None else max(at, newest)
        return is_late

    def percentile(self, share: float) -> float | None:
        """Return the lateness that this share of the events does not exceed, by nearest rank."""
        late = sorted(self.late_seconds)
        return late[max(0, ceil(share * len(late)) - 1)] if late else None


def _unknown_fields(
    name: str, value: Mapping[str, Any]
) -> Iterator[tuple[str, str | None, str | None]]:
    known = KNOWN_FIELDS.get(name)
    if known is None:
        return
    objects: list[Mapping[str, Any]] = [value]
    if name == APPLICATION_EVENT:
        given = value.get("tac")
        objects += [each for each in (given if isinstance(given, list) else [given]) if each]
    for each in objects:
        yield from ((name, unknown, None) for unknown in each.keys() - known)


def _unknown_values(
    name: str, facts: Sequence[Fact]
) -> Iterator[tuple[str, str | None, str | None]]:
    for fact in facts:
        for field_name, raw in fact.data.items():
            if field_name.endswith("Raw") and raw is not None:
                word = field_name.removesuffix("Raw")
                if fact.data.get(word) is None:
                    yield name, word, raw


async def forensics(
    database: Database, companies: Sequence[str] | None, position: int
) -> Forensics:
    """Look at every event of the companies (all where `None`) up to a position."""
    found = Forensics()
    last = 0
    while True:
        rows = await database.find(
            EVENTS,
            {**visible_to(companies), "_id": {"$gt": last, "$lte": position}},
            fields={"body": 0},
            sort=[("_id", 1)],
            limit=_EVENTS_PER_READ,
        )
        for place, row in enumerate(rows):
            found.add(row)
            if place % _EVENTS_PER_TURN == 0:
                await asyncio.sleep(0)
        if len(rows) < _EVENTS_PER_READ:
            return found
        last = rows[-1]["_id"]
