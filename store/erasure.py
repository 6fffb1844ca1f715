"""Forgetting a person: the one lawful change of events that were appended, and its audit.

Events are redacted a few at a time, each time in one transaction that also counts up `redactions`
of the log, so that no process answers from what it kept in memory. A run that was broken off goes
on where it stood: until its end its plan and its secret lie in the collection `erasures`. Then they
are deleted, and what stays says who, when and how much.
"""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex

from store.body import delivery_of
from store.collections import COUNTERS, ERASURES, EVENTS, QUARANTINE, Document
from store.driver import Database, Transaction
from store.erasure_run import Run, begin, finish, resumed, run_of, save_plan
from store.head import LOG_COUNTER
from store.log import EventLog
from store.person import ErasureError, Search
from store.redacting import Redacting
from store.redaction import Pseudonyms, Redactor
from store.retry import every_body
from store.telling import Telling, texts_of
from store.term import held_to

_EVENTS_PER_TRANSACTION = 20
_BYTES_PER_TRANSACTION = 4 * 2**20
_MAX_PASSES = 20
_FACTS = re.compile(r"facts_([0-9]+)")


@dataclass(slots=True)
class Figures:
    """How much an erasure finds, or has erased.

    Attributes:
        applications, calls, callbacks: The things that speak of the person.
        events: The events to be redacted, or redacted by this run.
        quarantined: Rejected bodies, likewise.
        shared: Values that others carry too and keep.
        left: Positions of events in which a value still stands where ids and words stand.
    """

    applications: int = 0
    calls: int = 0
    callbacks: int = 0
    events: int = 0
    quarantined: int = 0
    shared: int = 0
    left: set[int] = field(default_factory=set)


async def survey(log: EventLog, company: str, sought: str) -> Figures:
    """Count what forgetting a person would change; nothing is changed.

    Args:
        log: The log.
        company: In which company.
        sought: The link key (D17) of the person: a client sync pair or a phone number.

    Raises:
        ErasureError: It is not one person's.
    """
    erasing = _Erasing(log, run_of(company, sought, ""))
    head = (await log.head()).position
    await erasing.search()
    async for positions in erasing.found(0, head):
        erasing.figures.events += len(positions)
    erasing.figures.quarantined = len(await erasing.bodies())
    return erasing.figures


async def forget(log: EventLog, company: str, sought: str, *, by: str) -> Figures:
    """Erase a person from the events up to the log's end; see `survey`.

    Args:
        log: The log.
        company: In which company.
        sought: The link key (D17) of the person.
        by: Who wants it; kept with each redacted event.

    Raises:
        ErasureError: It is not one person's, or another erasure or a reindex is under way.
        LogUnavailableError: The log did not answer, or with another primary: see `resume`.
    """
    run = run_of(company, sought, by)
    await begin(log.database, run)
    return await _Erasing(log, run).to_the_end()


async def resume(log: EventLog) -> Figures:
    """Go on with an erasure that was broken off.

    Raises:
        ErasureError: There is none.
    """
    return await _Erasing(log, await resumed(log.database)).to_the_end()


class _Erasing:
    """The work of one run."""

    def __init__(self, log: EventLog, run: Run) -> None:
        self._log, self._run, self.figures = log, run, Figures()
        self._database: Database = log.database
        self._redactor = self._new_redactor()
        self._positions: set[int] = set()

    def _new_redactor(self) -> Redactor:
        return Redactor(self._run.person, Pseudonyms(self._run.secret))

    async def search(self) -> bool:
        """Look for what speaks of the person; say whether more is known than before."""
        person = self._run.person
        search = Search(self._database, (await self._log.head()).generation, self._run.sought)
        has_grown = await search.grow(person)
        self._positions = await search.positions(person)
        self._redactor = self._new_redactor()
        kinds = [kind for kind, _ in person.things]
        self.figures.applications = kinds.count("application")
        self.figures.calls = kinds.count("call")
        self.figures.callbacks = kinds.count("callback")
        self.figures.shared = len(person.shared)
        return has_grown

    async def to_the_end(self) -> Figures:
        """Redact in passes, each from where the last one ended, until one finds nothing."""
        seen = 0
        for _ in range(_MAX_PASSES):
            # Read first: what is appended behind it is the next pass's, with a search of its own.
            head = await self._log.head()
            with held_to(head.term):  # a new primary may show less of it for a moment
                if await self.search():
                    seen = 0
                    await save_plan(self._database, self._run)
                done = await self._pass(seen, head.position)
            seen = head.position
            if not done:
                break
        else:
            raise ErasureError("events about the person keep coming: stop them, then resume")
        await self._redact_bodies()
        figures = self.figures
        kept = {name: getattr(figures, name) for name in ("applications", "calls", "callbacks")}
        ended = await finish(self._database, self._run, kept)
        figures.events, figures.quarantined = ended["events"], ended["quarantined"]
        return figures

    async def _pass(self, after: int, up_to: int) -> int:
        done = 0
        redacting = Redacting(
            self._run.id, self._run.by, self._redactor, self._log.zone, await self._stale()
        )
        async for positions in self.found(after, up_to):
            done += await redacting.write(self._database, positions)
        return done

    async def _stale(self) -> list[int]:
        """Return the generations that a reindex left behind, and is about to drop."""
        counter = await self._database.find_one(COUNTERS, LOG_COUNTER) or {}
        names = map(_FACTS.fullmatch, await self._database.collections())
        there = {int(name[1]) for name in names if name is not None}
        return sorted(there - set(counter["generations"]))

    async def found(self, after: int, up_to: int) -> AsyncIterator[list[int]]:
        """Yield the positions of events to be redacted, a few at a time."""
        batch: list[int] = []
        size_bytes = 0
        async for row in self._candidates(after, up_to):
            if self._is_about_person(row):
                batch.append(row["_id"])
                size_bytes += len(row["raw"])
            if len(batch) == _EVENTS_PER_TRANSACTION or size_bytes > _BYTES_PER_TRANSACTION:
                yield batch
                batch, size_bytes = [], 0
        if batch:
            yield batch

    async def _candidates(self, after: int, up_to: int) -> AsyncIterator[Document]:
        """Yield the events of the person's things, then those whose bytes may tell of the person.

        Nothing leads to a text that names a person, so the company's events are all looked through,
        thousands at a time; what cannot tell is not even decoded.
        """
        company, fields = self._run.person.company, {"raw": 1}
        known = [each for each in sorted(self._positions) if after < each <= up_to]
        # MongoDB 6 scans the log for an `$in` of `_id` alone: the company leads it to an index.
        query: Document = {"company": company, "_id": {"$in": known}}
        async for row in self._database.stream(EVENTS, query, fields=fields):
            yield row
        may_tell = self._redactor.telling.may_be_in
        query = {"company": company, "_id": {"$gt": after, "$lte": up_to}}
        async for batch in self._database.batches(EVENTS, query, fields=fields):
            if not may_tell(batch.content):
                continue
            for row in batch.documents():
                if may_tell(row["raw"]) and row["_id"] not in self._positions:
                    yield row

    def _is_about_person(self, row: Document) -> bool:
        """Say whether anything must go; note where something stays that cannot."""
        raw, telling = bytes(row["raw"]), self._redactor.telling
        tells = _tells(raw, telling)
        if not tells and row["_id"] not in self._positions:
            return False
        redacted = self._redactor.redact(raw)
        if tells and _tells(raw if redacted is None else redacted.raw, telling):
            self.figures.left.add(row["_id"])
        return redacted is not None

    async def bodies(self) -> list[Document]:
        """Return the rejected bodies that give the person away, without their bytes."""
        telling, company = self._redactor.telling, self._run.person.company
        return [
            {**body, "raw": b""}
            async for body in every_body(self._database)
            if body.get("company") in {None, company} and _tells(bytes(body["raw"]), telling)
        ]

    async def _redact_bodies(self) -> None:
        for body in await self.bodies():
            now = datetime.now(UTC)
            await self._database.transaction(partial(self._replace_body, body, now))

    def _replace_body(self, body: Document, now: datetime, transaction: Transaction) -> None:
        """Put nothing in the place of a rejected body; its id and digest may tell of it too."""
        received_at, _, _ = str(body["_id"]).partition("-")
        fresh = {
            **body,
            "_id": f"{received_at}-{token_hex(8)}",
            "raw": b"redacted",
            "message": "The body was erased because a person had to be forgotten.",
            "digest": bytes.fromhex(token_hex(16)),
            "redacted": {"at": now, "by": self._run.by, "fields": []},
        }
        transaction.delete(QUARANTINE, {"_id": body["_id"]})
        transaction.insert(QUARANTINE, [fresh])
        transaction.upsert(ERASURES, {self._run.id: {"$inc": {"quarantined": 1}}})


def _tells(raw: bytes, telling: Telling) -> bool:
    """Say whether a body gives the person away; what is escaped in it counts as what it means."""
    text = raw.decode(errors="replace")
    value = delivery_of(raw).value if "\\" in text else None
    texts: Sequence[str] = [text] if value is None else [text, *texts_of(value)]
    return any(telling.is_in(each) for each in texts)
