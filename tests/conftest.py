"""Fixtures that every test may use."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from serving import RunningServer, a_server

from store.embedded import embedded_mongo


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
