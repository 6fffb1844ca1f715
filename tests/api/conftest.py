"""Fixtures of the tests of the graph."""

from collections.abc import AsyncIterator

import pytest
from graph import Graph, a_day, a_graph


@pytest.fixture
async def graph(mongo_uri: str) -> AsyncIterator[Graph]:
    """An empty log of the test's own."""
    async with a_graph(mongo_uri) as graph:
        yield graph


@pytest.fixture(scope="module")
async def day(mongo_uri: str) -> AsyncIterator[Graph]:
    """A simulated campaign day; only to be read."""
    async with a_graph(mongo_uri, *a_day()) as graph:
        yield graph
