"""Fixtures that every test may use."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from serving import RunningServer, a_server

from store.driver import Database, connect
from store.embedded import embedded_mongo
from store.log import EventLog, open_log


@pytest.fixture(scope="session")
async def mongo_uri() -> AsyncIterator[str]:
    # Not pytest's tmp_path: that one keeps the last runs' folders, 300 MB each.
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with embedded_mongo(Path(folder)) as uri:
            yield uri


@pytest.fixture(scope="module")
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    async with a_server(mongo_uri) as server:
        yield server


@pytest.fixture(scope="module")
async def database(mongo_uri: str) -> AsyncIterator[Database]:
    async with connect(mongo_uri, f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}") as database:
        yield database
        await database.drop()


@pytest.fixture(scope="module")
async def log(database: Database) -> AsyncIterator[EventLog]:
    async with open_log(database) as log:
        yield log


@pytest.fixture
def company() -> str:
    """A company of the test's own, so that tests can share a log."""
    return f"company-{uuid.uuid4().hex[:8]}"
