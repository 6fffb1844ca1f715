"""One run of an erasure: its audit document, and what it needs to go on after a crash."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from store.collections import COUNTERS, ERASURES, Document
from store.driver import Database, Transaction
from store.head import LOG_COUNTER
from store.person import ErasureError
from store.redaction import Person

_BUSY = (
    "a reindex or another erasure is under way: wait for its end,"
    " or finish what was broken off with `reindex --restart` or `forget --resume`"
)


@dataclass(frozen=True, slots=True)
class Run:
    """An erasure under way.

    Attributes:
        id: Of its document in `erasures`.
        by: Who wants it.
        sought: The link key (D17) of the person.
        secret: What its pseudonyms are made with.
        person: What is known of the person so far.
    """

    id: str
    by: str
    sought: str
    secret: bytes
    person: Person


def run_of(company: str, sought: str, by: str) -> Run:
    """Return a run that has not begun."""
    return Run(uuid4().hex, by, sought, os.urandom(32), Person(company, {sought}))


async def begin(database: Database, run: Run) -> None:
    """Write the audit document and keep other erasures and rebuilds out.

    Raises:
        ErasureError: One of those is under way.
    """
    await database.prepare([], [ERASURES], [])
    if await unfinished(database) is not None:
        raise ErasureError(_BUSY)
    await database.insert(
        ERASURES,
        [
            {
                "_id": run.id,
                "company": run.person.company,
                "by": run.by,
                "startedAt": datetime.now(UTC),
                "finishedAt": None,
                "events": 0,
                "quarantined": 0,
                "plan": {"sought": run.sought, "secret": run.secret, **_plan(run.person)},
            }
        ],
    )
    if not await _hold(database, run):
        await database.delete(ERASURES, run.id)
        raise ErasureError(_BUSY)


async def _hold(database: Database, run: Run) -> bool:
    query = {
        "_id": LOG_COUNTER,
        "erasing": {"$in": [None, run.id]},
        "generations": {"$size": 1},
    }
    return await database.update(COUNTERS, query, {"$set": {"erasing": run.id}}) is not None


async def resumed(database: Database) -> Run:
    """Return the run that was broken off.

    Raises:
        ErasureError: There is none, or a rebuild is under way.
    """
    found = await unfinished(database)
    if found is None:
        raise ErasureError("no erasure was broken off")
    run = _read(found)
    if not await _hold(database, run):
        raise ErasureError(_BUSY)
    return run


async def unfinished(database: Database) -> Document | None:
    """Return the audit document of the run that has not ended, if there is one."""
    found = await database.find(ERASURES, {"finishedAt": None}, limit=1)
    return found[0] if found else None


def _read(found: Document) -> Run:
    plan = found["plan"]
    person = Person(
        found["company"],
        set(plan["keys"]),
        set(plan["shared"]),
        {(kind, key) for kind, key in plan["things"]},
    )
    return Run(found["_id"], found["by"], plan["sought"], bytes(plan["secret"]), person)


def _plan(person: Person) -> Document:
    return {
        "keys": sorted(person.keys),
        "shared": sorted(person.shared),
        "things": sorted(map(list, person.things)),
    }


async def save_plan(database: Database, run: Run) -> None:
    """Keep what is known of the person: what is redacted can no longer lead to the rest."""
    known = {f"plan.{name}": value for name, value in _plan(run.person).items()}
    await database.update(ERASURES, {"_id": run.id}, {"$set": known})


async def finish(database: Database, run: Run, figures: Mapping[str, int]) -> Document:
    """End the run: what could lead back to the person is deleted; return what stays.

    The log is let go in the same transaction: nobody can go on with a run that has ended.
    """
    ended = {"$set": {"finishedAt": datetime.now(UTC), **figures}, "$unset": {"plan": 1}}
    return await database.transaction(partial(_finish, run, ended))


def _finish(run: Run, ended: Document, transaction: Transaction) -> Document:
    transaction.upsert(ERASURES, {run.id: ended})
    if transaction.find(COUNTERS, {"_id": LOG_COUNTER, "erasing": run.id}):
        transaction.upsert(COUNTERS, {LOG_COUNTER: {"$unset": {"erasing": 1}}})
    [audit] = transaction.find(ERASURES, {"_id": run.id})
    return audit
