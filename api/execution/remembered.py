"""The schema's extension that parses, measures and validates each document once."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from strawberry.extensions import SchemaExtension

from api.errors import ClientError
from api.execution.document import Document, Documents
from api.throttle import Throttle
from api.validation import Rules, flaws

_documents = Documents()


class RememberedDocuments(SchemaExtension):
    """Parses, measures and validates each document once, and refuses those over the limits.

    A document with a syntax error is left to strawberry, which reports it as the transport wants.
    """

    documents = _documents

    def on_parse(self) -> Iterator[None]:
        """Find the document, or parse it."""
        context = self.execution_context
        if context.query and context.graphql_document is None:
            context.parse_options["max_tokens"] = self._throttle.limits.max_tokens
            try:
                context.graphql_document = self._read(context.query)
            except ClientError as error:
                name = context._provided_operation_name  # noqa: SLF001 - the public one asks the document
                context.graphql_document = _standing_in(name)
                context.pre_execution_errors = [error]
        yield

    @property
    def _throttle(self) -> Throttle:
        throttle: Throttle = self.execution_context.context.caller.throttle
        return throttle

    def _read(self, text: str) -> DocumentNode | None:
        most = self._throttle.limits.max_document_characters
        if len(text) > most:
            message = f"A document has at most {most} characters: ask for less."
            raise ClientError("DOCUMENT_TOO_LARGE", message)
        context = self.execution_context
        options: Any = context.parse_options
        with suppress(GraphQLSyntaxError):
            return self.documents.read(context.schema, text, options)
        return None

    def on_validate(self) -> Iterator[None]:
        """Find what validation found, or validate; what is over a limit is not looked at."""
        context = self.execution_context
        document, rules = context.graphql_document, context.validation_rules
        if isinstance(document, Document) and rules and context.pre_execution_errors is None:
            exceeded = document.exceeded(self._throttle.limits)
            found = self._outcome(document, rules) if exceeded is None else [exceeded]
            context.pre_execution_errors = list(found)
        yield

    def _outcome(self, document: Document, rules: Rules) -> list[GraphQLError]:
        for_strangers = self._throttle.production
        key = rules, for_strangers
        if key not in document.outcomes:
            document.outcomes.clear()
            schema = self.execution_context.schema._schema  # noqa: SLF001 - strawberry's cache does so
            document.outcomes[key] = flaws(schema, document, rules, for_strangers=for_strangers)
        return document.outcomes[key]


def _standing_in(name: str | None) -> DocumentNode:
    """Return what stands for a document that is refused unread: it is never executed."""
    selections = SelectionSetNode(selections=(FieldNode(name=NameNode(value="__typename")),))
    named = None if name is None else NameNode(value=name)
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY, name=named, selection_set=selections
    )
    return DocumentNode(definitions=(operation,))
