"""Fixtures that every test may use."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.embedded import embedded_mongo


@pytest.fixture(scope="session")
async def mongo_uri() -> AsyncIterator[str]:
    # Not pytest's tmp_path: that one keeps the last runs' folders, 300 MB each.
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with embedded_mongo(Path(folder)) as uri:
            yield uri
