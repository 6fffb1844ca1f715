"""Compiled execution of what is delivered bit by bit."""

from collections.abc import Awaitable, Iterator
from typing import Any

import pytest
import strawberry
from executing import Runs, a_document, counting_runs
from graphql import DocumentNode, experimental_execute_incrementally, subscribe
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Stock
from things import Query, Subscription, Thing, a_thing

from api.execution import CompilingExecutor

DEFER = "{ things { name ... @defer { size } } }"
STREAM = "{ things @stream(initialCount: 0) { name } }"


@pytest.fixture
def runs() -> Iterator[Runs]:
    with counting_runs() as runs:
        yield runs


@pytest.mark.parametrize("query", [DEFER, STREAM])
async def test_incremental_delivery_is_left_to_graphql_core(query: str, runs: Runs) -> None:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    incremental = strawberry.Schema(Query, types=[Thing], config=config)
    document = a_document(query)
    several = [a_thing(), a_thing(name="b")]

    expected = await frames(incremental, document, several, Stock)
    given = [await frames(incremental, document, several, CompilingExecutor) for _ in range(3)]

    assert len(expected) > 1
    assert given == [expected] * 3
    assert runs.made == 0


async def frames(
    asked: strawberry.Schema, document: DocumentNode, root: object, executor_class: type[Stock]
) -> list[Any]:
    """Execute with incremental delivery, and return all that is delivered."""
    result: Any = experimental_execute_incrementally(
        asked._schema,  # noqa: SLF001 - graphql-core's
        document,
        root_value=root,
        executor_class=executor_class,
    )
    if isinstance(result, Awaitable):
        result = await result
    later = [each.formatted async for each in result.subsequent_results]
    return [result.initial_result.formatted, *later]


async def test_each_event_of_a_subscription_after_the_first_is_compiled(runs: Runs) -> None:
    listening = strawberry.Schema(
        Query, subscription=Subscription, types=[Thing], execution_context_class=CompilingExecutor
    )
    document = a_document("subscription { thing { name } }")
    source: Any = listening._schema  # noqa: SLF001 - graphql-core's

    events: Any = subscribe(
        source, document, [a_thing(name=name) for name in "abc"], executor_class=CompilingExecutor
    )
    if isinstance(events, Awaitable):
        events = await events
    names = [event.data["thing"]["name"] async for event in events]

    assert (names, runs.made, runs.completed) == (["a", "b", "c"], 1, 2)
