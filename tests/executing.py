"""The same operation, executed by graphql-core alone and compiled."""

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import strawberry
from graphql import GraphQLError, execute, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.execution import CompilingExecutor
from api.execution.document import Document
from api.execution.writing import Completion, Writer

Outcome = tuple[str, list[tuple[Any, ...]]]


@dataclass
class Runs:
    """What compiled functions did: made, completed a value, gave up."""

    made: int = 0
    completed: int = 0
    gave_up: int = 0

    def counted(self, completion: Completion) -> Completion:
        def run(value: object) -> object:
            self.gave_up += 1
            completed: object = completion(value)
            self.gave_up -= 1
            self.completed += 1
            return completed

        self.made += 1
        return run


@contextmanager
def counting_runs() -> Iterator[Runs]:
    runs, unobserved = Runs(), Writer.compile

    def observed(writer: Writer, *of: Any) -> Completion:  # noqa: ANN401 - `compile`'s own
        return runs.counted(unobserved(writer, *of))

    with patch.object(Writer, "compile", observed):
        yield runs


def a_document(text: str) -> Document:
    parsed = parse(text)
    return Document(definitions=parsed.definitions, loc=parsed.loc)


def is_valid(schema: strawberry.Schema, document: Document) -> bool:
    return not validate(schema._schema, document)  # noqa: SLF001 - graphql-core's


async def outcome(
    schema: strawberry.Schema,
    document: Document,
    executor_class: type[StrawberryGraphQLCoreExecutionContext],
    root: object,
    **variables: object,
) -> Outcome:
    """Return data and errors in a form that shows every difference."""
    result: Any = execute(
        schema._schema,  # noqa: SLF001 - graphql-core's
        document,
        root_value=root,
        variable_values=variables,
        executor_class=executor_class,
    )
    if inspect.isawaitable(result):
        result = await result
    data = re.sub(r"Fragment object at \w+", "Fragment", repr(result.data))
    return data, [_shown(error) for error in result.errors or ()]


def _shown(error: GraphQLError) -> tuple[Any, ...]:
    return error.message, error.path, error.locations, type(error.original_error)


async def the_same(
    schema: strawberry.Schema, document: Document, root: object, **variables: object
) -> Outcome:
    """Assert that seeing an operation for the third time gives what graphql-core gives."""
    expected = await outcome(
        schema, document, StrawberryGraphQLCoreExecutionContext, root, **variables
    )
    for sighting in range(3):
        given = await outcome(schema, document, CompilingExecutor, root, **variables)
        assert given == expected, f"sighting {sighting} of {document.loc}"
    return expected
