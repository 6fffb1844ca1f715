"""Fixtures of the store's tests."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from faults import mongod_with_failpoints
from hypothesis import settings

from store.driver import Database, connect
from store.embedded import embedded_mongo
from store.log import EventLog, open_log

# A busy machine is no failure.
settings.register_profile("calm", deadline=None)
settings.load_profile("calm")


@pytest.fixture
async def new_database(mongo_uri: str) -> AsyncIterator[Database]:
    async with connect(mongo_uri, f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}") as database:
        yield database
        await database.drop()


@pytest.fixture
async def new_log(new_database: Database) -> AsyncIterator[EventLog]:
    async with open_log(new_database) as log:
        yield log


@pytest.fixture(scope="session")
async def faulty_uri() -> AsyncIterator[str]:
    """A MongoDB of its own that fails when told to: see `failing`."""
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        mongod = mongod_with_failpoints(Path(folder))
        async with embedded_mongo(Path(folder) / "data", mongod=mongod) as uri:
            yield uri
