"""The schema, and how every operation on it is run."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import MaskErrors, SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api import loaders
from api.errors import INTERNAL, UNAVAILABLE
from api.execution import CompilingExecutor, RememberedDocuments
from api.extensions import LeanRunner
from api.operation import Operation
from api.query import Query
from api.subscription import Subscription
from api.types.application import Application
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign
from api.types.scalars import SCALARS
from store.errors import LogUnavailableError

_log = logging.getLogger("dialgraph.graphql")


class DialgraphSchema(strawberry.Schema):
    """A schema that logs faults only, and runs its extensions where they have something to do."""

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Return what runs the extensions of one operation."""
        return LeanRunner(execution_context, extensions)

    def process_errors(
        self,
        errors: list[GraphQLError],
        execution_context: ExecutionContext | None = None,  # noqa: ARG002 - strawberry's signature
    ) -> None:
        """Log the faults; what a client can mend is told to the client alone."""
        for error in errors:
            if is_fault(error):
                _log.error("%s", error.message, exc_info=error.original_error)


def is_fault(error: GraphQLError) -> bool:
    """Say whether an error is ours: from a resolver, and none that we raise for clients."""
    original = error.original_error
    return error.path is not None and not isinstance(original, GraphQLError | None)


class NamedOperation(SchemaExtension):
    """Refuses to guess which of several operations is meant; strawberry takes the first."""

    def on_validate(self) -> Iterator[None]:
        """Hold the request to the rule of the specification, section "Executing Requests"."""
        context = self.execution_context
        given = context._provided_operation_name  # noqa: SLF001 - the public one is the first's
        document = context.graphql_document
        if given is None and document is not None and len(_operations(document)) > 1:
            message = "The document has several operations: say which in `operationName`."
            context.pre_execution_errors = [GraphQLError(message)]
        yield


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]


class OperationContext(SchemaExtension):
    """Gives each operation a context of its own, and tells the position it was answered at.

    A WebSocket carries many operations of one caller; each is answered at its own position.
    """

    def on_operation(self) -> Iterator[None]:
        """Open the operation of the caller."""
        self.execution_context.context = Operation(self.execution_context.context)
        yield

    async def get_results(self) -> dict[str, Any]:
        """Return what `extensions` shows."""
        operation: Operation = self.execution_context.context
        if operation.position is None:
            with suppress(LogUnavailableError):
                await operation.head()
        told: dict[str, Any] = {"position": operation.position}
        return told if operation.cursor is None else {**told, "cursor": operation.cursor}


class Masked(MaskErrors):
    """Tells of faults no more than a code."""

    def __init__(self) -> None:
        super().__init__(is_fault)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Return what a client is told of a fault."""
        is_passing = isinstance(error.original_error, LogUnavailableError)
        message, code = _PASSING if is_passing else _INTERNAL
        return GraphQLError(message, error.nodes, path=error.path, extensions={"code": code})


_PASSING = ("The store does not answer in time: try again.", UNAVAILABLE)
_INTERNAL = ("Something went wrong on our side.", INTERNAL)

schema = DialgraphSchema(
    query=Query,
    subscription=Subscription,
    types=(Campaign, Application, Call, Callback),
    extensions=[RememberedDocuments, NamedOperation, OperationContext, Masked],
    execution_context_class=CompilingExecutor,
    config=StrawberryConfig(scalar_map=SCALARS),
)

__all__ = ["loaders", "schema"]
