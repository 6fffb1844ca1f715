"""Random operations: compiled, they give what graphql-core gives, data and errors."""

import os
import random
from collections.abc import Iterator

import pytest
from executing import Runs, a_document, counting_runs, is_valid, the_same
from memory import Memory, a_schema, loading_from_memory
from random_graph import a_random_graph, name_nodes
from random_query import QueryWriter

# More of them: DIALGRAPH_FUZZ_SEEDS=200 python -m pytest tests/api/test_random_operations.py
SEEDS = range(int(os.environ.get("DIALGRAPH_FUZZ_SEEDS", "8")))


@pytest.fixture
def runs() -> Iterator[Runs]:
    with counting_runs() as runs:
        yield runs


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_operations_on_random_graphs_are_executed_the_same(
    seed: int, runs: Runs
) -> None:
    dice = random.Random(seed)
    graph = a_random_graph(dice)
    writer = QueryWriter(graph.schema._schema, dice)  # noqa: SLF001 - graphql-core's

    for _ in range(25):
        document = a_document(writer.write())
        if is_valid(graph.schema, document):
            name_nodes(document)
            for wrong in (0.0, 0.01, 0.05):
                root = graph.root(wrong)
                await the_same(graph.schema, document, root, **writer.variables())

    assert runs.completed > 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_random_operations_on_the_real_graph_are_executed_the_same(
    seed: int, runs: Runs
) -> None:
    dice = random.Random(seed)
    memory, over_memory = Memory(applications=2), a_schema()
    writer = QueryWriter(over_memory._schema, dice, depth=7)  # noqa: SLF001 - graphql-core's

    with loading_from_memory():
        for _ in range(25):
            document = a_document(writer.write())
            if is_valid(over_memory, document):
                memory.forget(dice)
                await the_same(over_memory, document, memory, **writer.variables())
                await the_same(over_memory, document, memory, **writer.variables())

    assert runs.completed > 0
