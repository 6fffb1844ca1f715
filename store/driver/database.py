"""One database: its reads, its writes, its transactions, in the store's own words."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC
from functools import cache, partial
from itertools import groupby
from typing import Any, TypeVar

import pymongo
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from store.collections import Document, Index, Limits, Pipeline
from store.deadline import milliseconds_left
from store.driver.batch import Batch
from store.driver.transaction import Transaction, run_transaction
from store.driver.translation import translated
from store.term import check_term
from store.trace import note_other

Result = TypeVar("Result")

_NAMESPACE_EXISTS = 48
_FAREWELL_SECONDS = 1.0
_ZSTD = {"wiredTiger": {"configString": "block_compressor=zstd"}}


class Database:
    """One database with majority concerns and deadlines, and a count of the reads made."""

    def __init__(self, client: "AsyncIOMotorClient[Document]", name: str, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self.reads = 0
        self._synchronous = cache(lambda name: self.handle[name].delegate)
        self.handle = client.get_database(
            name,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            read_concern=ReadConcern("majority"),
            read_preference=ReadPreference.PRIMARY,
            # A set may be told that a majority need not journal: j says that it must.
            write_concern=WriteConcern(
                w="majority", j=True, wtimeout=int(limits.write_seconds * 1000)
            ),
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
            for name, wanted in groupby(indexes, key=lambda index: index.collection):
                await self.handle[name].create_indexes([_model(index) for index in wanted])

    async def _create(self, name: str, **options: Any) -> None:  # noqa: ANN401 - the server's
        try:
            # The server says itself that it is there; a user of few rights may not list them.
            await self.handle.create_collection(
                name, check_exists=False, storageEngine=_ZSTD, **options
            )
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise

    @property
    def term(self) -> object:
        """Names the last election that the driver knows of; `None` where there are none."""
        return self._client.delegate.topology_description.max_election_id

    def _count(self) -> None:
        self.reads += 1
        note_other()

    async def find(  # noqa: PLR0913 - the parts of one query
        self,
        collection: str,
        query: Document,
        *,
        fields: Mapping[str, int] | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        hint: Sequence[tuple[str, int]] | None = None,
    ) -> list[Document]:
        """Return the documents that match `query`; one read. `hint` names the index to walk."""
        self._count()
        cursor = self.handle[collection].find(
            query, fields, sort=sort, limit=limit, hint=hint, batch_size=10_000
        )
        with translated():
            found = cursor.max_time_ms(milliseconds_left(self._limits.read_seconds))
            documents = list(await found.to_list(None))
        check_term(self.term)
        return documents

    async def stream(
        self, collection: str, query: Document, *, fields: Mapping[str, int] | None = None
    ) -> AsyncIterator[Document]:
        """Yield the documents that match in the order of `_id`, 16 MiB at a time in memory."""
        self._count()
        cursor = self.handle[collection].find(query, fields, sort=[("_id", 1)])
        with translated():
            async for document in cursor:
                yield document
        check_term(self.term)

    async def batches(
        self, collection: str, query: Document, *, fields: Mapping[str, int]
    ) -> AsyncIterator[Batch]:
        """Yield the documents that match in the order of `_id`, as BSON of at most 16 MiB each."""
        self._count()
        cursor = self.handle[collection].find_raw_batches(query, fields, sort=[("_id", 1)])
        with translated():
            async for content in cursor:
                yield Batch(content)
        check_term(self.term)

    async def find_one(self, collection: str, key: object) -> Document | None:
        """Return the document with this `_id`; one read.

        It goes to a thread and back once: a cursor of the driver takes twice as long.
        """
        self._count()
        most = milliseconds_left(self._limits.read_seconds)
        read = partial(self._synchronous(collection).find_one, {"_id": key}, max_time_ms=most)
        with translated():
            found: Document | None = await asyncio.get_running_loop().run_in_executor(None, read)
        check_term(self.term)
        return found

    async def aggregate(self, collection: str, pipeline: Pipeline) -> list[Document]:
        """Return what `pipeline` makes of the collection; one read."""
        self._count()
        cursor = self.handle[collection].aggregate(
            pipeline,
            allowDiskUse=True,
            batchSize=10_000,
            maxTimeMS=milliseconds_left(self._limits.read_seconds),
        )
        with translated():
            documents = list(await cursor.to_list(None))
        check_term(self.term)
        return documents

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

    async def upsert_all(
        self, collection: str, updates: Mapping[Any, Document], *, by: str = "_id"
    ) -> None:
        """Apply an update to each document named by a field, creating those that are missing."""
        operations = [UpdateOne({by: key}, update, upsert=True) for key, update in updates.items()]
        if operations:
            with translated():
                await self.handle[collection].bulk_write(operations, ordered=False)

    async def update(
        self, collection: str, query: Document, update: Document | Pipeline
    ) -> Document | None:
        """Apply `update` to the one document that matches; return it as it is then, if any."""
        with translated():
            found = await self.handle[collection].find_one_and_update(
                query, update, return_document=ReturnDocument.AFTER
            )
        return None if found is None else dict(found)

    async def insert(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert documents outside of a transaction."""
        if documents:
            with translated():
                await self.handle[collection].insert_many(documents)

    async def delete(self, collection: str, key: object) -> None:
        """Delete the document with this `_id`, if it is there."""
        with translated():
            await self.handle[collection].delete_one({"_id": key})

    async def collections(self) -> list[str]:
        """Return the names of the collections that are there."""
        with translated():
            return list(await self.handle.list_collection_names())

    async def drop_collection(self, name: str) -> None:
        """Drop a collection, if it is there."""
        with translated():
            await self.handle.drop_collection(name)

    async def ping(self, timeout_seconds: float = 2.0) -> None:
        """Ask the primary for an answer.

        Raises:
            LogUnavailableError: None came within `timeout_seconds`.
        """
        with translated():
            async with asyncio.timeout(timeout_seconds):
                await self.handle.command("ping")

    async def drop(self) -> None:
        """Drop the whole database. For tests, and for the demo's own one."""
        with translated():
            await self._client.drop_database(self.handle.name)

    async def updates(self, collection: str) -> AsyncGenerator[None, None]:
        """Yield once for each change that a majority holds in `collection`; only a wake-up call.

        It ends where the server ends the stream: open another one.

        Raises:
            LogUnavailableError: The stream failed; open another one.
        """
        with translated():
            watched = self.handle[collection].watch(
                [{"$project": {"_id": 1}}], max_await_time_ms=1000
            )
            try:
                while watched.alive:
                    if await watched.try_next() is not None:
                        yield None
            finally:
                # Whoever stops listening does not wait for a server that is frozen.
                with pymongo.timeout(_FAREWELL_SECONDS):
                    await watched.close()

    async def transaction(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in one transaction and commit it, durable on a majority.

        `work` runs in a thread, outside of the event loop.

        The whole is tried again on a transient error, the commit alone while its outcome is
        unknown, both with a short jitter, until the write deadline.

        Raises:
            DuplicateKeyError: A unique key is there already; nothing was written.
            PoisonError: MongoDB refuses one of the documents; nothing was written.
            LogUnavailableError: The deadline passed. The outcome is unknown.
        """
        deadline = time.monotonic() + self._limits.write_seconds
        with translated():
            return await asyncio.to_thread(run_transaction, self.handle.delegate, work, deadline)


def _model(index: Index) -> IndexModel:
    only = {"partialFilterExpression": index.only} if index.only else {}
    return IndexModel(list(index.keys.items()), unique=index.unique, **only)
