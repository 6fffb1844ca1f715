"""The schema's extension that holds each operation to the limits."""

from collections.abc import AsyncIterator, Iterator

from graphql import get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api.cost import as_read, beyond_page
from api.errors import ClientError
from api.execution.document import Document
from api.operation import Operation


class Throttled(SchemaExtension):
    """Charges the caller before an operation runs, and lets it run no longer than it may."""

    def on_validate(self) -> Iterator[None]:
        """Charge for a valid operation; a subscription is charged once, for one change."""
        context = self.execution_context
        if not context.pre_execution_errors:
            try:
                self._charge()
            except ClientError as error:
                context.pre_execution_errors = [error]
        yield
        for refusal in context.pre_execution_errors or ():
            if isinstance(refusal, ClientError):
                self._operation.caller.throttle.on_refused(refusal.code)

    @property
    def _operation(self) -> Operation:
        operation: Operation = self.execution_context.context
        return operation

    def _charge(self) -> None:
        context = self.execution_context
        document = context.graphql_document
        if not isinstance(document, Document):
            return
        chosen = get_operation_ast(document, context.operation_name)
        if chosen is None:
            return
        schema = context.schema._schema  # noqa: SLF001 - strawberry's own extensions do so
        given = context.variables or {}
        sizes = as_read(document.sizing, chosen, given)
        cost = document.cost(schema, chosen, sizes) + beyond_page(given)
        caller = self._operation.caller
        try:
            charge = caller.throttle.charge(caller.payer, cost)
        except ClientError:
            self._operation.charge = caller.throttle.charge_refused(caller.payer, cost)
            raise
        if context.operation_type is OperationType.QUERY:
            self._operation.charge = charge

    async def on_execute(self) -> AsyncIterator[None]:
        """Run a query within its time; a subscription goes on for as long as it is listened to."""
        if self.execution_context.operation_type is not OperationType.QUERY:
            yield
            return
        async with self._operation.caller.throttle.running_query():
            yield
