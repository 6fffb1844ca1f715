"""Documents are parsed and validated once, in bounded memory."""

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock, patch

import pytest
from graph import data_of
from graphql import GraphQLSyntaxError, ValidationRule, parse, print_ast
from memory import Memory, a_caller, a_schema, loading_from_memory
from strawberry.extensions import AddValidationRules
from strawberry.types import ExecutionResult

from api.execution import CompilingExecutor, RememberedDocuments, document, remembered
from api.execution.document import Documents
from api.schema import DialgraphSchema, schema
from api.validation import flaws

HEAD = "{ __typename }"


class NothingMore(ValidationRule):
    """A rule that finds nothing."""


@pytest.fixture
def spied() -> Iterator[Mock]:
    """How documents are read: `parse` and `validate`."""
    spy = Mock()
    spy.parse.side_effect = parse
    spy.validate.side_effect = flaws
    with (
        patch.object(document, "parse", spy.parse),
        patch.object(remembered, "flaws", spy.validate),
        patch.object(RememberedDocuments, "documents", Documents()),
    ):
        yield spy


async def execute(query: str, asked: DialgraphSchema = schema) -> ExecutionResult:
    result = await asked.execute(query, context_value=a_caller(), root_value=Memory(1))
    assert isinstance(result, ExecutionResult)
    return result


async def test_a_document_is_parsed_and_validated_once(spied: Mock) -> None:
    results = [await execute(HEAD) for _ in range(5)]

    assert [data_of(result) for result in results] == [{"__typename": "Query"}] * 5
    assert (spied.parse.call_count, spied.validate.call_count) == (1, 1)


async def test_what_validation_found_is_remembered(spied: Mock) -> None:
    found = [(await execute("{ nothing }")).errors for _ in range(5)]

    assert [[error.message for error in errors or ()] for errors in found] == [
        ["Cannot query field 'nothing' on type 'Query'."]
    ] * 5
    assert spied.validate.call_count == 1


async def test_two_schemas_do_not_share_what_they_found(spied: Mock) -> None:
    theirs, ours = [await execute("{ log { position } }", each) for each in (a_schema(), schema)]

    assert [error.message for error in theirs.errors or ()] == [
        "Cannot query field 'log' on type 'Query'."
    ]
    assert "Cannot query" not in str(ours.errors)
    assert spied.validate.call_count == 2


async def test_other_rules_validate_anew(spied: Mock) -> None:
    stricter = a_schema(more=[lambda: AddValidationRules([NothingMore])])

    await execute(HEAD, a_schema())
    for _ in range(3):
        await execute(HEAD, stricter)

    assert spied.validate.call_count == 2


async def test_a_syntax_error_is_told_each_time(spied: Mock) -> None:
    results = [await execute("{ campaign(") for _ in range(2)]

    errors = [error for result in results for error in result.errors or ()]
    assert [type(error) for error in errors] == [GraphQLSyntaxError] * 2
    assert spied.validate.call_count == 0


def test_the_documents_asked_for_last_are_kept() -> None:
    documents = Documents(room=35)
    texts = [f"{{ field{number} }}" for number in range(4)]

    first, second, _ = [documents.read(schema, text, {}) for text in texts[:3]]
    documents.read(schema, texts[0], {})
    documents.read(schema, texts[3], {})

    assert len(documents) == 3
    assert documents.read(schema, texts[0], {}) is first
    assert documents.read(schema, texts[1], {}) is not second


def test_a_long_document_does_not_displace_the_others() -> None:
    documents = Documents(room=100, largest=20)
    short = documents.read(schema, HEAD, {})

    documents.read(schema, "{ " + "a " * 200 + "}", {})

    assert len(documents) == 1
    assert documents.read(schema, HEAD, {}) is short


async def test_a_document_that_is_forgotten_leaves_nothing_behind() -> None:
    over_memory = a_schema(execution_context_class=CompilingExecutor)
    text = "{ campaign { status statusRaw } }"
    with (
        loading_from_memory(),
        patch.object(RememberedDocuments, "documents", Documents()) as known,
    ):
        for _ in range(3):
            await execute(text, over_memory)
        [kept] = known
        parsed = weakref.ref(kept)
        del kept
        [plan] = parsed().plans.values()  # type: ignore[union-attr]
        compiled = weakref.ref(plan)
        del plan

    del known
    gc.collect()

    assert (parsed(), compiled()) == (None, None)


def test_documents_are_read_by_many_threads_at_once() -> None:
    documents = Documents(room=100)
    texts = [f"{{ field{number % 30:02} }}" for number in range(3_000)]

    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda text: documents.read(schema, text, {}), texts))

    assert [print_ast(each) for each in read[:2]] == ["{\n  field00\n}", "{\n  field01\n}"]
    assert len(documents) == 9
