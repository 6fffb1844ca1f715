"""Redacted events, facts and keys in the place of what was there, in one transaction."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial

from store.body import parse_body
from store.collections import COUNTERS, ERASURES, EVENTS, Document, facts_of, keys_of
from store.driver import Database, Transaction
from store.head import LOG_COUNTER
from store.moment import numbers_between
from store.redaction import Redactor, redacted_digest, stub_of
from store.rows import PreparedEvent, prepare


@dataclass(frozen=True, slots=True)
class _Change:
    """A redacted event, and the digest of what it takes the place of."""

    before: bytes
    after: PreparedEvent


@dataclass(frozen=True, slots=True)
class Redacting:
    """The writes of one erasure.

    Attributes:
        run_id: Of its audit document.
        by: Who wants it.
        redactor: Takes the person out.
        zone: The time zone of dates that name none (D3).
        stale: Generations of facts that nothing writes to any more and that are not dropped yet.
    """

    run_id: str
    by: str
    redactor: Redactor
    zone: tzinfo
    stale: Collection[int]

    async def write(self, database: Database, positions: Sequence[int]) -> int:
        """Redact the events at some positions; return how many of them had to be.

        That takes a second for some events, so it is done beforehand: a transaction that waited for
        it would keep every append waiting. If one of them is changed meanwhile, all is done again.
        """
        query = {"company": self.redactor.person.company, "_id": {"$in": list(positions)}}
        done = None
        while done is None:
            rows = await database.find(EVENTS, query)
            changes = await asyncio.to_thread(self._all_redacted, rows, datetime.now(UTC))
            done = await database.transaction(partial(self._replace, changes))
        return done

    def _all_redacted(self, rows: Sequence[Document], now: datetime) -> list[_Change]:
        found = ((bytes(row["digest"]), self._redacted(row, now)) for row in rows)
        return [_Change(before, after) for before, after in found if after is not None]

    def _replace(self, changes: Sequence[_Change], transaction: Transaction) -> int | None:
        """Put redacted events in the place of those they were made from; `None` if one is not.

        The log's counter is written first: appends come before or after, and see which.
        """
        counter = transaction.increment(COUNTERS, LOG_COUNTER, "redactions", 1)
        before = [each.before for each in changes]
        known = transaction.find(EVENTS, {"digest": {"$in": before}}, fields={"digest": 1})
        if len(known) < len(changes):
            return None
        done = [each.after for each in changes]
        transaction.replace(EVENTS, [each.event for each in done])
        for generation in counter["generations"]:
            _rewrite(transaction, generation, done)
        for generation in self.stale:
            _clear(transaction, generation, done)
        transaction.upsert(ERASURES, {self.run_id: {"$inc": {"events": len(done)}}})
        return len(done)

    def _redacted(self, row: Document, now: datetime) -> PreparedEvent | None:
        found = self.redactor.redact(bytes(row["raw"]))
        if found is None:
            return None
        known = row.get("redacted", {"fields": []})
        mark = {"at": now, "by": self.by, "fields": sorted({*known["fields"], *found.fields})}
        prepared = prepared_redacted(found.raw, row["receivedAt"], self.zone, row["_id"], mark)
        if "body" not in row:
            prepared.event.pop("body", None)
        return prepared


def prepared_redacted(
    raw: bytes, received_at: datetime, zone: tzinfo, position: int, mark: Document
) -> PreparedEvent:
    """Make a redacted event ready for its place in the log.

    Args:
        raw: The event without the person.
        received_at: When the event was received.
        zone: The time zone of dates that name none (D3).
        position: Where it stands.
        mark: When, by whom and of which fields it was redacted.
    """
    value = parse_body(raw).value
    prepared = prepare(raw, value, received_at, zone)
    prepared.place(position)
    prepared.digest = redacted_digest(value, position)
    prepared.event |= {"digest": prepared.digest, "redacted": mark, "stub": stub_of(value)}
    return prepared


def _rewrite(transaction: Transaction, generation: int, done: Sequence[PreparedEvent]) -> None:
    _clear(transaction, generation, done)
    transaction.insert(facts_of(generation), [row for each in done for row in each.facts])
    transaction.insert(keys_of(generation), [row for each in done for row in each.keys])


def _clear(transaction: Transaction, generation: int, done: Sequence[PreparedEvent]) -> None:
    """Delete the rows of events, of each apart: MongoDB 6 scans for an `$or` of ranges of `_id`."""
    for each in done:
        position = each.event["_id"]
        rows = {"_id": numbers_between(position - 1, position)}
        transaction.delete(facts_of(generation), rows)
        transaction.delete(keys_of(generation), rows)
