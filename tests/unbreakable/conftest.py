"""Fixtures of the fault suite, and the table that it prints in the end."""

import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.driver import Database, connect
from unbreakable.node_set import NodeSet, a_node_set
from unbreakable.table import table

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.faults)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if lines := table():
        terminalreporter.section("faults")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
async def nodes() -> AsyncIterator[NodeSet]:
    """A replica set of three nodes; each test leaves it healthy."""
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with a_node_set(Path(folder)) as replica_set:
            yield replica_set


@pytest.fixture
async def new_database(mongo_uri: str) -> AsyncIterator[Database]:
    async with connect(mongo_uri, f"test-{uuid.uuid4().hex[:8]}") as database:
        yield database
        await database.drop()
