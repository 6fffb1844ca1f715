"""Reads that are asked for together are one read, and each asker gets its own rows."""

import asyncio

import pytest

from store.collections import Document, Pipeline
from store.driver import Database
from store.errors import StoreError
from store.reads import Reads


def rows_of(name: str) -> Pipeline:
    return [{"$match": {"of": name}}, {"$sort": {"_id": 1}}, {"$project": {"_id": 1}}]


@pytest.fixture
async def database(new_database: Database) -> Database:
    await new_database.insert(
        "a", [{"_id": each, "of": "odd" if each % 2 else "even"} for each in range(6)]
    )
    await new_database.insert("b", [{"_id": "x", "of": "odd"}])
    return new_database


def ids(rows: list[Document]) -> list[object]:
    return [row["_id"] for row in rows]


async def test_what_is_asked_for_together_is_one_read(database: Database) -> None:
    reads, before = Reads(database), database.reads

    found = await asyncio.gather(
        reads.aggregate("a", rows_of("odd")),
        reads.aggregate("a", rows_of("even")),
        reads.aggregate("a", rows_of("none")),
        reads.aggregate("b", rows_of("odd")),
    )

    assert list(map(ids, found)) == [[1, 3, 5], [0, 2, 4], [], ["x"]]
    assert database.reads - before == 1


async def test_rows_are_given_as_they_are(database: Database) -> None:
    reads = Reads(database)

    alone = await reads.aggregate("a", rows_of("odd"))
    together, _ = await asyncio.gather(
        reads.aggregate("a", rows_of("odd")), reads.aggregate("b", rows_of("odd"))
    )

    assert alone == together == [{"_id": 1}, {"_id": 3}, {"_id": 5}]


async def test_hundreds_take_a_few_reads(database: Database) -> None:
    reads, before = Reads(database), database.reads

    found = await asyncio.gather(*(reads.aggregate("a", rows_of("odd")) for _ in range(700)))

    assert {len(rows) for rows in found} == {3}
    assert database.reads - before == 3


async def test_a_failure_reaches_all_who_asked(database: Database) -> None:
    reads = Reads(database)

    failures = await asyncio.gather(
        reads.aggregate("a", rows_of("odd")),
        reads.aggregate("a", [{"$nonsense": 1}]),
        return_exceptions=True,
    )

    assert all(isinstance(failure, StoreError) for failure in failures)


async def test_one_who_leaves_does_not_disturb_the_others(database: Database) -> None:
    reads = Reads(database)
    staying = asyncio.ensure_future(reads.aggregate("a", rows_of("odd")))
    leaving = asyncio.ensure_future(reads.aggregate("a", rows_of("even")))
    await asyncio.sleep(0)

    leaving.cancel()

    assert ids(await staying) == [1, 3, 5]
