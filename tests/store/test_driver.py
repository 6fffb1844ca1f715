"""The one door to MongoDB: what its errors mean, what is tried again, what is durable."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from faults import closing_connection, failing

from store.collections import (
    CLUSTERED,
    COUNTERS,
    LOG_INDEXES,
    PLAIN,
    Index,
    Limits,
    fact_collections,
    fact_indexes,
)
from store.driver import Database, Transaction, connect, run_command, stored_body
from store.errors import DuplicateKeyError, LogUnavailableError, PoisonError
from store.log import EventLog

THINGS = "things"

WRITE_CONFLICT = 112
FORBIDDEN = 13
BAD_VALUE = 2
TIME_LIMIT = 50
WRITE_CONCERN_FAILED = 64


@pytest.fixture
async def faulty(faulty_uri: str) -> AsyncIterator[Database]:
    async with connect(faulty_uri, "driver") as database:
        await database.prepare([], [THINGS], [])
        yield database
        await database.drop()


class Work:
    """Inserts one document, and counts how often it was asked to."""

    def __init__(self, key: int = 1) -> None:
        self.key = key
        self.attempts = 0

    def __call__(self, transaction: Transaction) -> str:
        self.attempts += 1
        transaction.insert(THINGS, [{"_id": self.key}])
        return "done"


async def things(database: Database) -> list[object]:
    return [row["_id"] for row in await database.find(THINGS, {}, sort=[("_id", 1)])]


async def test_a_transaction_gives_what_its_work_gives(new_database: Database) -> None:
    work = Work()

    assert await new_database.transaction(work) == "done"

    assert (work.attempts, await things(new_database)) == (1, [1])


async def test_a_transaction_that_loses_a_conflict_is_tried_again(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    labels = ["TransientTransactionError"]
    async with failing(faulty_uri, "insert", code=WRITE_CONFLICT, times=2, labels=labels):
        await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (3, [1])


async def test_a_transaction_that_loses_its_connection_is_tried_again(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    async with closing_connection(faulty_uri, "insert"):
        await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (2, [1])


async def test_a_commit_of_unknown_outcome_is_tried_again_without_the_work(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    labels = ["UnknownTransactionCommitResult"]
    async with failing(
        faulty_uri, "commitTransaction", code=WRITE_CONCERN_FAILED, times=3, labels=labels
    ):
        await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (1, [1])


async def test_a_commit_that_loses_its_connection_is_tried_again_without_the_work(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    async with closing_connection(faulty_uri, "commitTransaction", times=3):
        await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (1, [1])


async def test_a_commit_that_turns_out_to_be_aborted_starts_anew(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    labels = ["TransientTransactionError"]
    async with failing(faulty_uri, "commitTransaction", code=WRITE_CONFLICT, labels=labels):
        await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (2, [1])


async def test_an_error_without_a_label_is_not_tried_again(
    faulty_uri: str, faulty: Database
) -> None:
    work = Work()

    async with failing(faulty_uri, "insert", code=FORBIDDEN):
        with pytest.raises(LogUnavailableError):
            await faulty.transaction(work)

    assert (work.attempts, await things(faulty)) == (1, [])


@pytest.mark.parametrize(
    ("command", "code", "label"),
    [
        ("insert", WRITE_CONFLICT, "TransientTransactionError"),
        ("commitTransaction", WRITE_CONCERN_FAILED, "UnknownTransactionCommitResult"),
    ],
)
async def test_a_transaction_gives_up_at_its_deadline(
    faulty_uri: str, command: str, code: int, label: str
) -> None:
    async with connect(faulty_uri, "driver", Limits(write_seconds=0.3)) as hasty:
        await hasty.prepare([], [THINGS], [])
        started = time.monotonic()

        async with failing(faulty_uri, command, code=code, times=10_000, labels=[label]):
            with pytest.raises(LogUnavailableError):
                await hasty.transaction(Work())

        assert 0.3 <= time.monotonic() - started < 5


async def test_work_that_fails_writes_nothing(new_database: Database) -> None:
    work = Work()

    def and_fail(transaction: Transaction) -> None:
        work(transaction)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it is the work's own
        await new_database.transaction(and_fail)

    assert await things(new_database) == []
    assert await new_database.transaction(work) == "done"


async def test_a_key_that_is_there_already_undoes_the_whole_transaction(
    new_database: Database,
) -> None:
    await new_database.transaction(Work(key=2))

    def two(transaction: Transaction) -> None:
        transaction.insert(THINGS, [{"_id": 1}, {"_id": 2}])

    with pytest.raises(DuplicateKeyError):
        await new_database.transaction(two)

    assert await things(new_database) == [2]


async def test_an_increment_gives_the_document_after_it(new_database: Database) -> None:
    await new_database.upsert(COUNTERS, {"_id": "log"}, {"$set": {"position": 5}})

    after = await new_database.transaction(
        lambda transaction: transaction.increment(COUNTERS, "log", "position", 3)
    )

    assert after == {"_id": "log", "position": 8}


async def test_a_missing_counter_is_no_zero(new_database: Database) -> None:
    with pytest.raises(LogUnavailableError):
        await new_database.transaction(
            lambda transaction: transaction.increment(COUNTERS, "log", "position", 1)
        )


async def test_upserts_change_what_is_there_and_create_what_is_not(
    new_database: Database,
) -> None:
    await new_database.upsert(THINGS, {"_id": "a"}, {"$set": {"n": 1}})

    await new_database.transaction(
        lambda transaction: transaction.upsert(
            THINGS, {"a": {"$inc": {"n": 1}}, "b": {"$inc": {"n": 1}}}
        )
    )

    assert await new_database.find(THINGS, {}, sort=[("_id", 1)]) == [
        {"_id": "a", "n": 2},
        {"_id": "b", "n": 1},
    ]


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"_id": "x" * 17 * 2**20}, id="over 16 MiB"),
        pytest.param({"n": 2**64}, id="an integer over 64 bits"),
        pytest.param({"a\0b": 1}, id="NUL in a key"),
        pytest.param({"t": "\ud800"}, id="a lone surrogate"),
        pytest.param({"o": object()}, id="no BSON type at all"),
    ],
)
async def test_a_document_that_mongodb_never_takes_is_poison(
    new_database: Database, document: dict[str, object]
) -> None:
    with pytest.raises(PoisonError):
        await new_database.transaction(lambda writes: writes.insert(THINGS, [document]))


async def test_a_document_nested_too_deep_for_mongodb_is_poison(new_database: Database) -> None:
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"a": deep}

    with pytest.raises(PoisonError):
        await new_database.transaction(lambda writes: writes.insert(THINGS, [deep]))


Read = Callable[[Database], Awaitable[object]]


@pytest.mark.parametrize(
    ("command", "read"),
    [
        ("find", lambda database: database.find(THINGS, {})),
        ("aggregate", lambda database: database.aggregate(THINGS, [])),
        ("findAndModify", lambda database: database.upsert(THINGS, {"_id": 1}, {"$set": {}})),
        ("ping", lambda database: database.ping()),
        ("insert", lambda database: database.insert(THINGS, [{}])),
        ("delete", lambda database: database.delete(THINGS, 1)),
        ("create", lambda database: database.prepare([], ["others"], [])),
        ("aggregate", lambda database: anext(database.updates(THINGS))),
    ],
    ids=["find", "aggregate", "upsert", "ping", "insert", "delete", "create", "updates"],
)
async def test_what_fails_for_no_fault_of_the_caller_is_unavailable(
    faulty_uri: str, faulty: Database, command: str, read: Read
) -> None:
    async with failing(faulty_uri, command, code=TIME_LIMIT, times=5):
        with pytest.raises(LogUnavailableError):
            await read(faulty)


async def test_a_server_that_is_not_there_is_unavailable_in_time() -> None:
    limits = Limits(server_selection_seconds=0.2)
    started = time.monotonic()

    async with connect("mongodb://127.0.0.1:1/?replicaSet=none", "none", limits) as database:
        with pytest.raises(LogUnavailableError):
            await database.find(THINGS, {})

    assert time.monotonic() - started < 5


async def test_a_ping_gives_up_by_itself() -> None:
    async with connect("mongodb://127.0.0.1:1/?replicaSet=none", "none") as database:
        with pytest.raises(LogUnavailableError):
            await database.ping(timeout_seconds=0.1)


@pytest.mark.parametrize("uri", ["mongodb://", "mongodb://a:b@c@host/"])
async def test_an_address_that_is_none_is_no_fault_of_ours(uri: str) -> None:
    with pytest.raises(LogUnavailableError):
        async with connect(uri, "any"):
            pass


async def test_a_user_who_may_not_list_collections_can_prepare_them(
    faulty_uri: str, faulty: Database
) -> None:
    async with failing(faulty_uri, "listCollections", code=FORBIDDEN):
        await faulty.prepare([], [THINGS, "others"], [])

    await faulty.insert("others", [{"_id": 1}])


async def test_a_command_that_is_refused_says_which_and_why(mongo_uri: str) -> None:
    with pytest.raises(LogUnavailableError, match="noSuchCommand"):
        await run_command(mongo_uri, {"noSuchCommand": 1})


async def test_reads_see_what_a_majority_holds_and_writes_wait_until_it_has_journaled(
    new_database: Database,
) -> None:
    handle = new_database.handle

    assert handle.read_concern.level == "majority"
    assert handle.write_concern.document == {"w": "majority", "j": True, "wtimeout": 10_000}


async def test_times_come_back_as_aware_utc(new_database: Database) -> None:
    moment = datetime(2026, 1, 31, 10, tzinfo=UTC)

    await new_database.insert(THINGS, [{"_id": 1, "at": moment}])

    assert await new_database.find_one(THINGS, 1) == {"_id": 1, "at": moment}


async def test_reads_are_counted(new_database: Database) -> None:
    before = new_database.reads

    await new_database.find(THINGS, {})
    await new_database.find_one(THINGS, 1)
    await new_database.aggregate(THINGS, [])

    assert new_database.reads - before == 3


async def test_update_changes_what_is_there_only(new_database: Database) -> None:
    await new_database.insert(THINGS, [{"_id": 1, "n": 1}])

    changed = await new_database.update(THINGS, {"_id": 1}, {"$inc": {"n": 1}})
    missed = await new_database.update(THINGS, {"_id": 2}, {"$inc": {"n": 1}})

    assert (changed, missed) == ({"_id": 1, "n": 2}, None)


async def test_what_is_deleted_or_dropped_is_gone(new_database: Database) -> None:
    await new_database.insert(THINGS, [{"_id": 1}, {"_id": 2}])

    await new_database.delete(THINGS, 1)
    left = await things(new_database)
    await new_database.drop_collection(THINGS)

    assert (left, await things(new_database)) == ([2], [])


def prepared_indexes() -> list[Index]:
    return [*LOG_INDEXES, *fact_indexes(1)]


async def test_preparing_again_changes_nothing(new_database: Database) -> None:
    log = EventLog(new_database)
    await log.prepare()
    await new_database.update(COUNTERS, {"_id": "log"}, {"$set": {"position": 7}})

    await log.prepare()

    assert (await log.head()).position == 7
    for collection in {index.collection for index in prepared_indexes()}:
        listed = [index for index in prepared_indexes() if index.collection == collection]
        found = await new_database.handle[collection].index_information()
        assert len({*found} - {"_id_"}) == len(listed)


async def test_two_processes_may_prepare_at_once(mongo_uri: str, new_database: Database) -> None:
    async with connect(mongo_uri, new_database.handle.name) as other:
        await asyncio.gather(EventLog(new_database).prepare(), EventLog(other).prepare())

    assert (await EventLog(new_database).head()).position == 0


async def test_what_is_read_in_order_lies_in_order(new_database: Database) -> None:
    await EventLog(new_database).prepare()

    found = await new_database.handle.list_collections()
    options = {each["name"]: each["options"] async for each in found}
    clustered = {name for name, each in options.items() if "clusteredIndex" in each}

    assert clustered == {*CLUSTERED, *fact_collections(1)}
    assert options.keys() >= {*CLUSTERED, *fact_collections(1), *PLAIN}


def test_every_index_says_what_it_is_there_for() -> None:
    assert all(index.purpose for index in prepared_indexes())


async def test_a_change_of_the_collection_wakes(new_database: Database) -> None:
    await new_database.prepare([], [THINGS], [])
    waking = asyncio.create_task(one_update(new_database))

    async with asyncio.timeout(10):
        while not waking.done():
            await new_database.upsert(THINGS, {"_id": 1}, {"$inc": {"n": 1}})
            await asyncio.sleep(0.01)

    assert waking.exception() is None


async def one_update(database: Database) -> None:
    async with aclosing(database.updates(THINGS)) as updates:
        await anext(updates)


async def test_the_stream_of_changes_ends_with_its_collection(new_database: Database) -> None:
    await new_database.insert(THINGS, [{"_id": 1}])
    listening = asyncio.create_task(listen(new_database))

    async with asyncio.timeout(10):
        while not listening.done():
            await new_database.insert(THINGS, [{}])
            await new_database.drop_collection(THINGS)
            await asyncio.sleep(0.05)

    assert listening.exception() is None


async def listen(database: Database) -> None:
    async for _ in database.updates(THINGS):
        pass


@pytest.mark.parametrize("depth", [1, 149])
def test_a_body_that_bson_has_room_for_is_stored_decoded(depth: int) -> None:
    raw = b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    assert stored_body(raw) is not None


@pytest.mark.parametrize("depth", [150, 499, 100_000])
def test_a_body_nested_over_150_levels_is_stored_as_its_bytes_alone(depth: int) -> None:
    raw = b'{"a":' + b"[" * depth + b"]" * depth + b"}"

    assert stored_body(raw) is None
