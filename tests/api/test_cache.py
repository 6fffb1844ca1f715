"""Answers from the cache are the log's, event by event, over a hostile feed."""

import os

import pytest
from graph import Graph
from model.feed import Feed
from model.selection import Query
from model.whole import roots

# By hand: DIALGRAPH_MODEL_SEEDS=50.
SEEDS = int(os.environ.get("DIALGRAPH_MODEL_SEEDS", "2"))


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
async def test_a_cached_answer_is_the_logs(graph: Graph, seed: int) -> None:
    query = Query()
    everything = query.text(roots("acme"))
    differing = []
    for place, body in enumerate(Feed(seed).take(24)):
        await graph.log.append([body])
        if place % 4 == 3:
            cached = await graph.spelled(everything, **query.variables)
            known = await graph.afresh().spelled(everything, **query.variables)
            differing += [body] if data_of(cached) != data_of(known) else []

    assert differing == []


def data_of(answer: bytes) -> bytes:
    """Leave out what is told of the operation, such as how much of its limit is left."""
    data, told, _ = answer.partition(b'"extensions":{"position"')
    assert told
    return data
