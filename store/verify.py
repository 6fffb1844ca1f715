"""Verification: does the log hold what it must, and do the facts say what the events say?"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from store.body import digest, parse_body
from store.collections import COMPANIES, EVENTS, Document, facts_of, keys_of
from store.driver import Database, is_body_of
from store.head import Head
from store.json_text import Object
from store.moment import numbers_between, position_of
from store.redaction import redacted_digest, stub_of
from store.rejections import RejectedError
from store.replay import replay
from store.rows import PreparedEvent, prepare


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        position: Of the event it is about; 0 where it is about none.
        problem: What is wrong, in a sentence.
    """

    position: int
    problem: str


@dataclass(frozen=True, slots=True)
class RedactedEvent:
    """An event from which a person was erased: when, by whom, and in which members."""

    position: int
    at: datetime
    by: str
    fields: tuple[str, ...]


@dataclass(slots=True)
class Progress:
    """How far a verification has come, and what it found since it was last told.

    Attributes:
        position: How far.
        findings: What is not as it must be.
        redacted: The events that are not as they came, and lawfully so.
    """

    position: int
    findings: list[Finding] = field(default_factory=list)
    redacted: list[RedactedEvent] = field(default_factory=list)


async def verify(database: Database, head: Head, *, zone: tzinfo) -> AsyncIterator[Progress]:
    """Check every event up to `head`: its position, its digest, its facts and its keys.

    Args:
        database: Where the log lies.
        head: How far; what is appended meanwhile is left alone.
        zone: The time zone that the facts were read with (D3).

    Yields:
        The progress after each batch of events, with what it found; nothing is changed.
    """
    last = 0
    events: Counter[str] = Counter()
    batches = replay(database, up_to=head.position, with_bodies=True, may_be_short=True)
    async for batch in batches:
        findings = list(_holes(batch, last))
        last = batch[-1]["_id"]
        events.update(event["company"] for event in batch)
        findings += await _check_again(database, batch, head.generation, zone)
        yield Progress(last, findings, list(_redacted(batch)))
    if last != head.position:
        missing = Finding(last + 1, f"there are no events from here up to {head.position}")
        yield Progress(head.position, [missing])
    yield Progress(head.position, [each async for each in _check_companies(database, events)])


def _redacted(batch: Sequence[Document]) -> Iterator[RedactedEvent]:
    for event in batch:
        if "redacted" in event:
            mark = event["redacted"]
            yield RedactedEvent(event["_id"], mark["at"], mark["by"], tuple(mark["fields"]))


def _holes(batch: Sequence[Document], last: int) -> Iterator[Finding]:
    for event in batch:
        if event["_id"] != last + 1:
            yield Finding(last + 1, f"there is no event from here up to {event['_id'] - 1}")
        last = event["_id"]


async def _check_again(
    database: Database, batch: Sequence[Document], generation: int, zone: tzinfo
) -> list[Finding]:
    """Check events, and once more where something is wrong: they may be redacted meanwhile."""
    if not await _check(database, batch, generation, zone):
        return []
    bounds = {"$gte": batch[0]["_id"], "$lte": batch[-1]["_id"]}
    anew = await database.find(EVENTS, {"_id": bounds}, sort=[("_id", 1)])
    return await _check(database, anew, generation, zone) if anew else []


async def _check(
    database: Database, batch: Sequence[Document], generation: int, zone: tzinfo
) -> list[Finding]:
    bounds = numbers_between(batch[0]["_id"] - 1, batch[-1]["_id"])
    facts = await _by_position(database, facts_of(generation), bounds)
    keys = await _by_position(database, keys_of(generation), bounds)
    findings: list[Finding] = []
    for event in batch:
        position = event["_id"]
        findings += _check_event(event, facts.pop(position, []), keys.pop(position, []), zone)
    orphans = facts.keys() | keys.keys()
    return findings + [Finding(each, "facts or keys belong to no event") for each in orphans]


async def _by_position(
    database: Database, collection: str, bounds: Document
) -> dict[int, list[Document]]:
    found: dict[int, list[Document]] = {}
    for row in await database.find(collection, {"_id": bounds}, sort=[("_id", 1)]):
        found.setdefault(position_of(row["_id"]), []).append(row)
    return found


def _check_event(
    event: Document, facts: list[Document], keys: list[Document], zone: tzinfo
) -> Iterator[Finding]:
    position, raw = event["_id"], bytes(event["raw"])
    try:
        value = parse_body(raw).value
        prepared = prepare(raw, value, event["receivedAt"], zone)
    except RejectedError as error:
        yield Finding(position, f"the bytes are no event any more: {error}")
        return
    if _digest(value, event) != bytes(event["digest"]):
        yield Finding(position, "the bytes do not have the event's digest")
    if not is_body_of(event.get("body"), raw):
        yield Finding(position, "the decoded body is not what the bytes say")
    prepared.place(position)
    for name in ("eventName", "company", "occurredAt", "occurredAtSource"):
        if prepared.event[name] != event.get(name):
            yield Finding(position, f"{name} is not what the bytes say")
    yield from _check_rows(prepared, facts, keys)


def _digest(value: Object, event: Document) -> bytes:
    is_redacted = "redacted" in event and bytes(event["stub"]) == stub_of(value)
    return redacted_digest(value, event["_id"]) if is_redacted else digest(value)


def _check_rows(
    prepared: PreparedEvent, facts: list[Document], keys: list[Document]
) -> Iterator[Finding]:
    position = prepared.event["_id"]
    if prepared.facts != facts:
        yield Finding(position, "the facts are not what the bytes say: reindex")
    if prepared.keys != keys:
        yield Finding(position, "the keys are not what the bytes say: reindex")


async def _check_companies(database: Database, events: Counter[str]) -> AsyncIterator[Finding]:
    """Check the counters: none has fewer than there are; one that has more grew meanwhile."""
    counters = {each["_id"]: each["events"] for each in await database.find(COMPANIES, {})}
    for company, count in sorted(events.items()):
        counted = counters.get(company, 0)
        if counted < count:
            yield Finding(0, f"company {company} counts {counted} of {count} events")
