"""The log as lines of text: out of one store, and byte for byte into another one."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from itertools import pairwise

import orjson

from store.body import parse_body
from store.collections import COUNTERS, Document
from store.driver import Database, Transaction
from store.errors import StoreError
from store.head import LOG_COUNTER
from store.log import EventLog
from store.redacting import prepared_redacted
from store.rejections import RejectedError
from store.replay import replay
from store.rows import PreparedEvent, prepare
from store.writer import first_batch, positions_by_digest, write


class LogLineError(StoreError):
    """A line cannot be taken into this log; the message says why and what to do."""

    code = "LOG_LINE"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event as it is exported.

    Attributes:
        position: Its position.
        received_at: When it was received, aware UTC.
        raw: Its own bytes.
        redacted: When, by whom and of which fields a person was erased from it; mostly none.
    """

    position: int
    received_at: datetime
    raw: bytes
    redacted: Document | None = None


async def export_lines(database: Database, *, up_to: int) -> AsyncIterator[Sequence[bytes]]:
    """Yield the events up to a position in batches, each as a line of JSON with its newline."""
    async for batch in replay(database, up_to=up_to):
        yield [_spell(event) for event in batch]


def _spell(event: Document) -> bytes:
    line: Document = {
        "position": event["_id"],
        "receivedAt": event["receivedAt"],
        "raw": bytes(event["raw"]).decode(),
    }
    if "redacted" in event:
        line["redacted"] = event["redacted"]
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def read_line(line: bytes) -> LogLine:
    """Read a line back.

    Raises:
        LogLineError: It is no line of an export.
    """
    try:
        read = orjson.loads(line)
        received_at = datetime.fromisoformat(read["receivedAt"])
        if received_at.tzinfo is None or not isinstance(read["position"], int):
            raise LogLineError(f"no position, or no zone in receivedAt: {line[:80]!r}")
        mark = _read_mark(read.get("redacted"))
        return LogLine(read["position"], received_at, read["raw"].encode(), mark)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LogLineError(f"no line of an export: {line[:80]!r}") from error


def _read_mark(given: Document | None) -> Document | None:
    if given is None:
        return None
    at, by, fields = datetime.fromisoformat(given["at"]), str(given["by"]), given["fields"]
    return {"at": at, "by": by, "fields": sorted(map(str, fields))}


async def import_lines(log: EventLog, lines: Iterable[LogLine]) -> int:
    """Append exported events at their own positions, with their own times of receipt.

    Lines that the log holds already are passed over, so a broken import can be run again.

    Args:
        log: Where to; nothing else may be appended to it meanwhile.
        lines: In the order of positions, some hundreds at a time.

    Returns:
        How many were appended.

    Raises:
        LogLineError: A line is no event, or not what the log holds or must hold at its position.
        LogUnavailableError: No majority in time; run the import again.
    """
    batch = list(lines)
    prepared = [_prepared(line, log.zone) for line in batch]
    head = (await log.head()).position
    known = [each for each, line in zip(prepared, batch, strict=True) if line.position <= head]
    await _require_same(log.database, known, batch)
    fresh = batch[len(known) :]
    _require_no_hole(fresh)
    return await _append(log.database, prepared[len(known) :], fresh[0].position if fresh else 0)


async def _append(database: Database, fresh: Sequence[PreparedEvent], position: int) -> int:
    """Append the events from a position on, each transaction with as many as it holds."""
    done = 0
    while part := first_batch(fresh[done:]):
        await database.transaction(partial(_append_at, position + done, part))
        done += len(part)
    return done


def _append_at(position: int, part: Sequence[PreparedEvent], transaction: Transaction) -> None:
    # An export has each event once: one that differs only in what was erased is another.
    if write(transaction, part, takes_forgotten=True) != position:
        raise LogLineError(f"the log does not end before position {position}")
    if any("redacted" in prepared.event for prepared in part):
        transaction.increment(COUNTERS, LOG_COUNTER, "redactions", 1)


def _require_no_hole(lines: Sequence[LogLine]) -> None:
    for before, line in pairwise(lines):
        if line.position != before.position + 1:
            raise LogLineError(f"position {line.position} follows on {before.position}")


def _prepared(line: LogLine, zone: tzinfo) -> PreparedEvent:
    try:
        if line.redacted is not None:
            return prepared_redacted(line.raw, line.received_at, zone, line.position, line.redacted)
        return prepare(line.raw, parse_body(line.raw).value, line.received_at, zone)
    except RejectedError as error:
        raise LogLineError(f"position {line.position} is no event: {error}") from error


async def _require_same(
    database: Database, known: Sequence[PreparedEvent], lines: Sequence[LogLine]
) -> None:
    positions = await positions_by_digest(database, [each.digest for each in known])
    for prepared, line in zip(known, lines, strict=False):
        if positions.get(prepared.digest) != line.position:
            raise LogLineError(f"the log holds another event at position {line.position}")
