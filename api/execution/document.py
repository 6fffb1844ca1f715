"""Documents that are parsed and validated once, and remember what was compiled of them."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from threading import Lock
from typing import Any

from graphql import DocumentNode, GraphQLError, Node, VariableNode, parse
from graphql.execution import Executor
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document

from api.execution.plan import Plan

# A parsed document takes about 130 bytes per character: 60 MB for all.
MAX_CHARACTERS = 500_000
MAX_DOCUMENT_CHARACTERS = 20_000
_MAX_PLANS = 8

Rules = tuple[Any, ...]
Key = tuple[Schema, str, tuple[tuple[str, object], ...]]


class Document(DocumentNode):
    """A parsed document that remembers."""

    @cached_property
    def plans(self) -> dict[tuple[object, ...], Plan]:
        """What is compiled, by the operation and the values of the boolean variables."""
        return {}

    @cached_property
    def outcomes(self) -> dict[Rules, list[GraphQLError]]:
        """What validation found, by the rules."""
        return {}

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The variables that decide, in @skip and @include, what is selected."""
        return tuple(sorted(set(_conditions(self))))

    def plan(self, executor: Executor[Any]) -> Plan:
        """Return the plan of an execution; of many sets of values the last ones are kept."""
        given = executor.variable_values.coerced
        values = (given.get(name) for name in self.conditions)
        booleans = (value if isinstance(value, bool) else None for value in values)
        key = (id(executor.operation), *booleans)
        if key not in self.plans:
            if len(self.plans) >= _MAX_PLANS:
                self.plans.pop(next(iter(self.plans)), None)
            self.plans[key] = Plan()
        return self.plans[key]


# Python names a node's kind by its class; visitors know a "document" only.
Document.kind = DocumentNode.kind


def _conditions(node: Node) -> Iterator[str]:
    waiting: list[Node] = [node]
    while waiting:
        each = waiting.pop()
        for directive in getattr(each, "directives", None) or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
        waiting += getattr(each, "definitions", ())
        selection_set = getattr(each, "selection_set", None)
        waiting += selection_set.selections if selection_set else ()


class Documents:
    """The documents that were asked for last, as many as there is room for.

    Args:
        room: How many characters their texts may have together.
        largest: How many characters one text may have to be remembered.
    """

    def __init__(self, room: int = MAX_CHARACTERS, largest: int = MAX_DOCUMENT_CHARACTERS) -> None:
        self._room = room
        self._largest = largest
        self._lock = Lock()
        self._known: OrderedDict[Key, Document] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def read(self, schema: Schema, text: str, options: dict[str, Any]) -> DocumentNode:
        """Return the parsed document.

        Raises:
            GraphQLSyntaxError: It is none.
        """
        key = (schema, text, tuple(options.items()))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        parsed = parse(text, **options)
        document = Document(definitions=parsed.definitions, loc=parsed.loc)
        if len(text) <= self._largest:
            self._remember(key, document)
        return document

    def _remember(self, key: Key, document: Document) -> None:
        with self._lock:
            if key not in self._known:
                self._room -= len(key[1])
            self._known[key] = document
            while self._room < 0:
                (_, text, _), _ = self._known.popitem(last=False)
                self._room += len(text)


_documents = Documents()


class RememberedDocuments(SchemaExtension):
    """Parses and validates each document once.

    A document with a syntax error is left to strawberry, which reports it as the transport wants.
    """

    documents = _documents

    def on_parse(self) -> Iterator[None]:
        """Find the document, or parse it."""
        context = self.execution_context
        if context.query and context.graphql_document is None:
            options: Any = context.parse_options
            with suppress(GraphQLError, RecursionError):
                context.graphql_document = self.documents.read(
                    context.schema, context.query, options
                )
        yield

    def on_validate(self) -> Iterator[None]:
        """Find what validation found, or validate."""
        context = self.execution_context
        document, rules = context.graphql_document, context.validation_rules
        if isinstance(document, Document) and rules:
            if rules not in document.outcomes:
                document.outcomes.clear()
                schema = context.schema._schema  # noqa: SLF001 - strawberry's own cache does so
                document.outcomes[rules] = validate_document(schema, document, rules)
            context.pre_execution_errors = list(document.outcomes[rules])
        yield
