"""Transactions: the whole is tried again, or the commit alone, as the server's labels say.

They run in a thread, command after command: a command that waited for its turn in the event loop
would hold the locks of the whole transaction meanwhile.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pymongo
from pymongo import ReplaceOne, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.database import Database as SyncDatabase
from pymongo.errors import InvalidOperation, PyMongoError
from pymongo.read_concern import ReadConcern

from store.collections import Document
from store.driver.abandoned import end_abandoned
from store.errors import LogUnavailableError

Result = TypeVar("Result")

_ABORT_SECONDS = 1.0
_PATIENCE_SECONDS = 2.0  # with a transaction that is in the way


class Transaction:
    """The writes of one transaction; obtained from `Database.transaction`."""

    def __init__(self, database: "SyncDatabase[Document]", session: ClientSession) -> None:
        self._database = database
        self._session = session

    def increment(self, collection: str, key: object, field: str, by: int) -> Document:
        """Add `by` to a number of one document and return the document after it."""
        found: Document | None = self._database[collection].find_one_and_update(
            {"_id": key},
            {"$inc": {field: by}},
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        if found is None:
            raise LogUnavailableError(f"{collection} holds no {key!r}: prepare the store first")
        return found

    def find(
        self, collection: str, query: Document, *, fields: Mapping[str, int] | None = None
    ) -> list[Document]:
        """Return the documents that match, as the transaction sees them."""
        return list(self._database[collection].find(query, fields, session=self._session))

    def replace(self, collection: str, documents: Sequence[Document]) -> None:
        """Put documents in the place of those with the same `_id`; none is created."""
        operations = [ReplaceOne({"_id": each["_id"]}, each) for each in documents]
        if operations:
            self._database[collection].bulk_write(operations, session=self._session)

    def delete(self, collection: str, query: Document) -> None:
        """Delete the documents that match; a collection that is not there stays so."""
        self._database[collection].delete_many(query, session=self._session)

    def insert(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert all `documents`, in order."""
        if documents:
            self._database[collection].insert_many(documents, session=self._session)

    def upsert(self, collection: str, updates: Mapping[str, Document]) -> None:
        """Apply an update to each document named by its `_id`, creating those that are missing."""
        operations = [
            UpdateOne({"_id": key}, update, upsert=True) for key, update in updates.items()
        ]
        if operations:
            self._database[collection].bulk_write(operations, session=self._session)


def run_transaction(
    database: "SyncDatabase[Document]", work: Callable[[Transaction], Result], deadline: float
) -> Result:
    """Run `work` in one transaction, in the thread of the caller; see `Database.transaction`.

    Args:
        database: What it writes to; its write concern is the commit's.
        work: The writes; called again on a transient error.
        deadline: When to give up, by the monotonic clock.
    """
    looked_at = time.monotonic()
    with database.client.start_session() as session:
        while True:
            try:
                with pymongo.timeout(max(0.001, deadline - time.monotonic())):
                    return _attempt(database, session, work, deadline)
            except PyMongoError as error:
                _abort(session)
                _pause_or_raise(error, "TransientTransactionError", deadline)
            if time.monotonic() - looked_at > _PATIENCE_SECONDS:
                end_abandoned(database.client)
                looked_at = time.monotonic()


def _abort(session: ClientSession) -> None:
    """Tell the server, which would keep the locks; one that does not answer is not waited for."""
    if session.in_transaction:
        with pymongo.timeout(_ABORT_SECONDS):
            session.abort_transaction()


def _attempt(
    database: "SyncDatabase[Document]",
    session: ClientSession,
    work: Callable[[Transaction], Result],
    deadline: float,
) -> Result:
    session.start_transaction(
        read_concern=ReadConcern("snapshot"), write_concern=database.write_concern
    )
    result = work(Transaction(database, session))
    while True:
        try:
            session.commit_transaction()
        except PyMongoError as error:
            _pause_or_raise(error, "UnknownTransactionCommitResult", deadline)
        else:
            return result


def _pause_or_raise(error: PyMongoError, label: str, deadline: float) -> None:
    is_closed = isinstance(error, InvalidOperation)  # transient, says the driver
    if is_closed or not error.has_error_label(label) or time.monotonic() > deadline:
        raise error
    time.sleep(random.uniform(0.001, 0.020))  # noqa: S311 - a jitter, no secret
