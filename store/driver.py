"""The one door to the MongoDB driver: nothing else imports motor, pymongo or bson.

Motor is past its end of life (critical fixes until May 2027). Its successor, PyMongo's own asyncio
client, has the same calls, so leaving Motor is a change of this file alone.
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from typing import Any, TypeVar

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError, InvalidDocument
from bson.raw_bson import RawBSONDocument
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    CollectionInvalid,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from store.collections import Document, Index, Limits, Pipeline
from store.errors import DuplicateKeyError, LogUnavailableError, PoisonError, StoreError

Result = TypeVar("Result")

_DUPLICATE_KEY = 11000
_MAX_BODY_BRACKETS = 5_000  # a quick bound before the exact one
_MAX_BODY_BYTES = 15 * 2**20
_NAMESPACE_EXISTS = 48
_ZSTD = {"wiredTiger": {"configString": "block_compressor=zstd"}}
# What MongoDB refuses in a document itself: BadValue, Overflow (nesting), 388, DocumentTooLarge.
_POISON_CODES = frozenset({2, 15, 388, 10334})


class Transaction:
    """The writes of one transaction; obtained from `Database.transaction`."""

    def __init__(self, database: "Database", session: AsyncIOMotorClientSession) -> None:
        self._database = database.handle
        self._session = session

    async def increment(self, collection: str, key: object, field: str, by: int) -> Document:
        """Add `by` to a number of one document and return the document after it."""
        found = await self._database[collection].find_one_and_update(
            {"_id": key},
            {"$inc": {field: by}},
            return_document=ReturnDocument.AFTER,
            session=self._session,
        )
        if found is None:
            raise LogUnavailableError(f"{collection} holds no {key!r}: prepare the store first")
        return dict(found)

    async def insert(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert all `documents`, in order."""
        if documents:
            await self._database[collection].insert_many(documents, session=self._session)

    async def upsert(self, collection: str, updates: Mapping[str, Document]) -> None:
        """Apply an update to each document named by its `_id`, creating those that are missing."""
        operations = [
            UpdateOne({"_id": key}, update, upsert=True) for key, update in updates.items()
        ]
        if operations:
            await self._database[collection].bulk_write(operations, session=self._session)


class Database:
    """One database with majority concerns and deadlines, and a count of the reads made."""

    def __init__(self, client: "AsyncIOMotorClient[Document]", name: str, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self.reads = 0
        self.handle = client.get_database(
            name,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern(w="majority", wtimeout=int(limits.write_seconds * 1000)),
        )

    async def prepare(
        self, clustered: Sequence[str], plain: Sequence[str], indexes: Sequence[Index]
    ) -> None:
        """Create the collections (some clustered on `_id`) and the indexes; what is there stays.

        Raises:
            LogUnavailableError: The database did not answer in time.
        """
        with translated():
            for name in clustered:
                await self._create(name, clusteredIndex={"key": {"_id": 1}, "unique": True})
            for name in plain:
                await self._create(name)
            by_collection: dict[str, list[IndexModel]] = {}
            for index in indexes:
                model = IndexModel(
                    list(index.keys.items()),
                    unique=index.unique,
                    **({"partialFilterExpression": index.only} if index.only else {}),
                )
                by_collection.setdefault(index.collection, []).append(model)
            for name, models in by_collection.items():
                await self.handle[name].create_indexes(models)

    async def _create(self, name: str, **options: Any) -> None:  # noqa: ANN401 - the server's
        try:
            await self.handle.create_collection(name, storageEngine=_ZSTD, **options)
        except CollectionInvalid:
            return
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise

    async def find(
        self,
        collection: str,
        query: Document,
        *,
        fields: Mapping[str, int] | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
    ) -> list[Document]:
        """Return the documents that match `query`; one read."""
        self.reads += 1
        cursor = self.handle[collection].find(
            query, fields, sort=sort, limit=limit, batch_size=10_000
        )
        with translated():
            found = cursor.max_time_ms(int(self._limits.read_seconds * 1000))
            return list(await found.to_list(None))

    async def find_one(self, collection: str, key: object) -> Document | None:
        """Return the document with this `_id`; one read."""
        found = await self.find(collection, {"_id": key}, limit=1)
        return found[0] if found else None

    async def aggregate(self, collection: str, pipeline: Pipeline) -> list[Document]:
        """Return what `pipeline` makes of the collection; one read."""
        self.reads += 1
        cursor = self.handle[collection].aggregate(
            pipeline,
            allowDiskUse=True,
            batchSize=10_000,
            maxTimeMS=int(self._limits.read_seconds * 1000),
        )
        with translated():
            return list(await cursor.to_list(None))

    async def upsert(self, collection: str, query: Document, update: Document) -> object:
        """Apply `update` to the document that matches, or create it; return its `_id`."""
        with translated():
            found = await self.handle[collection].find_one_and_update(
                query,
                update,
                projection={"_id": 1},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        return found["_id"] if found else None

    async def ping(self, timeout_seconds: float = 2.0) -> None:
        """Ask the primary for an answer.

        Raises:
            LogUnavailableError: None came within `timeout_seconds`.
        """
        with translated():
            await asyncio.wait_for(self.handle.command("ping"), timeout_seconds)

    async def drop(self) -> None:
        """Drop the whole database. For tests, and for the demo's own one."""
        with translated():
            await self._client.drop_database(self.handle.name)

    async def updates(self, collection: str) -> AsyncIterator[None]:
        """Yield once for each change that a majority holds in `collection`; only a wake-up call.

        Raises:
            LogUnavailableError: The change stream ended; open another one.
        """
        with translated():
            watched = self.handle[collection].watch(
                [{"$project": {"_id": 1}}], max_await_time_ms=1000
            )
            async with watched as stream:
                while stream.alive:
                    if await stream.try_next() is not None:
                        yield None

    async def transaction(self, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Run `work` in one transaction and commit it, durable on a majority.

        The whole is tried again on a transient error, the commit alone while its outcome is
        unknown, both with a short jitter, until the write deadline.

        Raises:
            DuplicateKeyError: A unique key is there already; nothing was written.
            PoisonError: MongoDB refuses one of the documents; nothing was written.
            LogUnavailableError: The deadline passed. The outcome is unknown.
        """
        deadline = time.monotonic() + self._limits.write_seconds
        with translated():
            async with await self._client.start_session() as session:
                while True:
                    try:
                        return await self._attempt(session, work, deadline)
                    except PyMongoError as error:
                        if session.in_transaction:  # type: ignore[truthy-function]
                            await session.abort_transaction()
                        await _pause_or_raise(error, "TransientTransactionError", deadline)

    async def _attempt(
        self,
        session: AsyncIOMotorClientSession,
        work: Callable[[Transaction], Awaitable[Result]],
        deadline: float,
    ) -> Result:
        session.start_transaction(
            read_concern=ReadConcern("snapshot"),
            write_concern=WriteConcern(
                w="majority", wtimeout=int(self._limits.write_seconds * 1000)
            ),
        )
        result = await work(Transaction(self, session))
        while True:
            try:
                await session.commit_transaction()
            except PyMongoError as error:
                await _pause_or_raise(error, "UnknownTransactionCommitResult", deadline)
            else:
                return result


@asynccontextmanager
async def connect(uri: str, name: str, limits: Limits | None = None) -> AsyncIterator[Database]:
    """Open the database `name` of the replica set at `uri` for this event loop."""
    chosen = limits or Limits()
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        serverSelectionTimeoutMS=int(chosen.server_selection_seconds * 1000),
        socketTimeoutMS=int(chosen.socket_seconds * 1000),
        maxPoolSize=chosen.pool_size,
        appname="dialgraph",
    )
    try:
        yield Database(client, name, chosen)
    finally:
        client.close()


def stored_body(raw: bytes) -> RawBSONDocument | None:
    """Return the JSON object `raw` for people with a Mongo shell, or `None` where BSON has no room.

    No room: integers over 64 bits, NUL in a key, lone surrogates, nesting over 150 (MongoDB refuses
    about 180), over 15 MiB (`[1,1,…]` grows six times).
    """
    if max(raw.count(b"["), raw.count(b"{")) > _MAX_BODY_BRACKETS:
        return None
    try:
        body = bson.encode(json.loads(raw))
    except (BSONError, OverflowError, ValueError, RecursionError, TypeError):
        return None
    return RawBSONDocument(body) if len(body) <= _MAX_BODY_BYTES else None


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the store's."""
    try:
        yield
    except (BSONError, DocumentTooLarge, InvalidDocument, OverflowError) as error:
        raise PoisonError(str(error)) from error
    except PyMongoError as error:
        raise _translation(error) from error
    except TimeoutError as error:
        raise LogUnavailableError("MongoDB did not answer in time") from error


def _translation(error: PyMongoError) -> StoreError:
    codes = _codes(error)
    if _DUPLICATE_KEY in codes:
        return DuplicateKeyError(str(error))
    if codes & _POISON_CODES and not error.has_error_label("TransientTransactionError"):
        return PoisonError(str(error))
    return LogUnavailableError(f"MongoDB: {error}")


def _codes(error: PyMongoError) -> set[int]:
    if isinstance(error, BulkWriteError):
        details: Mapping[str, Any] = error.details or {}
        return {int(each["code"]) for each in details.get("writeErrors", [])}
    if isinstance(error, OperationFailure) and error.code is not None:
        return {error.code}
    return set()


async def _pause_or_raise(error: PyMongoError, label: str, deadline: float) -> None:
    if not error.has_error_label(label) or time.monotonic() > deadline:
        raise error
    await asyncio.sleep(random.uniform(0.001, 0.020))  # noqa: S311 - a jitter, no secret


async def run_command(
    uri: str, command: Mapping[str, Any], *, timeout_seconds: float = 5.0
) -> dict[str, Any]:
    """Run one admin command directly on the server at `uri`, primary or not.

    Raises:
        LogUnavailableError: The server did not answer, or answered with an error; its text says
            which.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        directConnection=True,
        serverSelectionTimeoutMS=int(timeout_seconds * 1000),
        socketTimeoutMS=int(timeout_seconds * 1000),
    )
    try:
        return dict(await client.admin.command(dict(command)))
    except PyMongoError as error:
        raise LogUnavailableError(f"{next(iter(command))}: {error}") from error
    finally:
        client.close()
