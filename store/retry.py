"""Rejected bodies tried again: a newer reader may read what an older one could not."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial

from store.body import delivery_of
from store.collections import QUARANTINE, Document
from store.driver import Database, Transaction
from store.errors import DuplicateKeyError, PoisonError
from store.forgotten import ForgottenError
from store.log import EventLog
from store.person import ErasureError
from store.rejections import RejectedError
from store.rows import PreparedEvent, prepare
from store.writer import positions_by_digest, write

_BODIES_PER_READ = 100


async def every_body(database: Database) -> AsyncIterator[Document]:
    """Yield the rejected bodies, the oldest first."""
    last = ""
    while True:
        rows = await database.find(
            QUARANTINE, {"_id": {"$gt": last}}, sort=[("_id", 1)], limit=_BODIES_PER_READ
        )
        for row in rows:
            yield row
        if len(rows) < _BODIES_PER_READ:
            return
        last = rows[-1]["_id"]


async def retry(log: EventLog, ids: Collection[str] | None) -> tuple[int, int]:
    """Append what is an event by now; it leaves the quarantine in the same transaction.

    Args:
        log: Where to.
        ids: Which bodies; all where `None`. One that is named is appended even if it may be the old
            body of an event from which a person was erased.

    Returns:
        How many were appended or found in the log already, and how many stay.

    Raises:
        ErasureError: A person is being forgotten, and it may be theirs.
    """
    appended = rejected = 0
    async for body in every_body(log.database):
        if ids is not None and body["_id"] not in ids:
            continue
        prepared = _prepared(bytes(body["raw"]), log.zone)
        is_named = ids is not None
        if prepared and await _Move(log.database, body["_id"], prepared, is_named).make():
            appended += 1
        else:
            rejected += 1
    return appended, rejected


def _prepared(raw: bytes, zone: tzinfo) -> PreparedEvent | None:
    delivery = delivery_of(raw)
    if delivery.rejection is not None:
        return None
    try:
        return prepare(delivery.raw, delivery.value, datetime.now(UTC), zone)
    except RejectedError:
        return None


@dataclass(frozen=True, slots=True)
class _Move:
    """The way of a body out of the quarantine and into the log.

    Attributes:
        database: Of both.
        key: The body's id in the quarantine.
        prepared: The event that it is.
        is_named: Whether somebody wants this one, and not all of them.
    """

    database: Database
    key: str
    prepared: PreparedEvent
    is_named: bool

    async def make(self, *, takes_forgotten: bool = False) -> bool:
        """Append the event; say whether the log holds it then."""
        try:
            return await self.database.transaction(partial(self._write, takes_forgotten))
        except DuplicateKeyError:
            digest = self.prepared.digest
            return await self._left(bool(await positions_by_digest(self.database, [digest])))
        except ForgottenError as error:
            if self.is_named and error.doubtful:
                return await self.make(takes_forgotten=True)
            return await self._left(bool(error.positions))
        except PoisonError:
            if self.prepared.event.pop("body", None) is None:
                return False
            return await self.make(takes_forgotten=takes_forgotten)

    def _write(self, takes_forgotten: bool, transaction: Transaction) -> bool:  # noqa: FBT001 - partial
        """Write the event if its body is still there: an erasure takes it away."""
        if not transaction.find(QUARANTINE, {"_id": self.key}, fields={"_id": 1}):
            return False
        write(transaction, [self.prepared], _refuse_erasing, takes_forgotten=takes_forgotten)
        transaction.delete(QUARANTINE, {"_id": self.key})
        return True

    async def _left(self, is_in_log: bool) -> bool:  # noqa: FBT001 - the answer itself
        if is_in_log:
            await self.database.delete(QUARANTINE, self.key)
        return is_in_log


def _refuse_erasing(counter: Document) -> None:
    if counter.get("erasing"):
        raise ErasureError(
            "a person is being forgotten, maybe one of whom the bodies tell: wait for the end,"
            " or finish what was broken off with `forget --resume`"
        )
