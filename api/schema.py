"""The schema, and how every operation on it is run."""

import logging
import re
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
from api.request_id import request_id
from api.subscription import Subscription
from api.throttling import Throttled
from api.types.application import Application
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign
from api.types.scalars import SCALARS
from store.errors import DeadlineError, LogUnavailableError
from store.term import held_to

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
                parts = (request_id() or "-", error.message)
                _log.error("request %s: %s", *parts, exc_info=error.original_error)


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
        operation = Operation(self.execution_context.context)
        operation.begin()
        self.execution_context.context = operation
        yield

    async def get_results(self) -> dict[str, Any]:
        """Return what `extensions` shows."""
        operation: Operation = self.execution_context.context
        if operation.position is None:
            with suppress(LogUnavailableError), held_to(None):
                await operation.head()
        told: dict[str, Any] = {"position": operation.position}
        if operation.charge is not None:
            told["cost"] = operation.charge.told()
        return told if operation.cursor is None else {**told, "cursor": operation.cursor}


class Masked(MaskErrors):
    """Tells of faults no more than a code, and strangers nothing of the schema's names."""

    def __init__(self) -> None:
        super().__init__(self._says_too_much)

    def on_validate(self) -> Iterator[None]:
        """Mask what validation found."""
        yield
        context = self.execution_context
        if context.pre_execution_errors:
            context.pre_execution_errors = self._process_errors(context.pre_execution_errors)

    def _process_result(self, result: object) -> None:
        """Mask the errors of a result; strawberry takes long to find out that it has none."""
        if getattr(result, "errors", None):
            super()._process_result(result)

    def _says_too_much(self, error: GraphQLError) -> bool:
        operation: Operation = self.execution_context.context
        suggests = operation.caller.throttle.production and _SUGGESTION.search(error.message)
        return bool(suggests) or is_fault(error)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """Return what a client is told instead of an error."""
        if not is_fault(error):
            message = _SUGGESTION.sub("", error.message)
            return GraphQLError(message, error.nodes, path=error.path, extensions=error.extensions)
        cases = ((DeadlineError, _LATE), (LogUnavailableError, _PASSING), (Exception, _INTERNAL))
        message, code = next(told for kind, told in cases if isinstance(error.original_error, kind))
        told = {"code": code} | ({"requestId": named} if (named := request_id()) else {})
        return GraphQLError(message, error.nodes, path=error.path, extensions=told)


_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
_LATE = ("It took too long: ask for less at once.", DeadlineError.code)
_PASSING = ("The store does not answer in time: try again.", UNAVAILABLE)
_INTERNAL = ("Something went wrong on our side.", INTERNAL)

EXTENSIONS = (RememberedDocuments, NamedOperation, Throttled, OperationContext, Masked)
"""What each operation goes through, in this order."""

schema = DialgraphSchema(
    query=Query,
    subscription=Subscription,
    types=(Campaign, Application, Call, Callback),
    extensions=EXTENSIONS,
    execution_context_class=CompilingExecutor,
    config=StrawberryConfig(scalar_map=SCALARS),
)

__all__ = ["EXTENSIONS", "loaders", "schema"]
