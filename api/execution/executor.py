"""Graphql-core's executor, but what is asked for again runs as compiled Python."""

from functools import partial
from typing import Any, Self

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.answering import Answering
from api.execution.answers import answered, question_of
from api.execution.document import Document
from api.execution.plan import Plan
from api.execution.sharing import SharedEvent


class CompilingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes values by compiled functions, and anew by graphql-core where one gives up.

    Resolvers below the root must be pure: one may run twice.
    """

    document: Document | None = None
    _plan: Plan | None = None
    _given_up: Path | None = None

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        *args: Any,  # noqa: ANN401 - graphql-core's
        **kwargs: Any,  # noqa: ANN401 - graphql-core's
    ) -> list[GraphQLError] | Self:
        """Build the executor of an operation."""
        executor: Any = super().build(schema, document, *args, **kwargs)
        if isinstance(executor, cls) and isinstance(document, Document):
            executor.document = document
        return executor  # type: ignore[no-any-return]

    def build_per_event_executor(self, payload: Any) -> Any:  # noqa: ANN401 - graphql-core's
        """Build what executes one event of a subscription."""
        build = super().build_per_event_executor
        return payload.executor(build) if isinstance(payload, SharedEvent) else build(payload)

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001 - graphql-core's
        """Execute the operation, or one event of a subscription."""
        self._plan = self._seen_plan()
        execute = partial(super().execute_operation, serially)
        answering, document = self.context_value, self.document
        if self._plan is None or document is None or not isinstance(answering, Answering):
            return execute()
        question = question_of(self, document.text)
        return execute() if question is None else answered(answering, question, execute)

    def _seen_plan(self) -> Plan | None:
        hooked = self.middleware_manager is not None and self.middleware_manager.middlewares
        if self.document is None or hooked or self.abort_signal is not None:
            return None
        plan = self.document.plan(self)
        return plan if plan.sight() else None

    def complete_value(  # noqa: PLR0913, PLR0917 - graphql-core's
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,  # noqa: ANN401 - graphql-core's
        position_context: Any,  # noqa: ANN401 - graphql-core's
    ) -> Any:  # noqa: ANN401 - graphql-core's
        """Complete a value: by a compiled function if there is one and it can."""
        is_new = path is not self._given_up  # a non-null type asks for its bare type again
        if self._plan is not None and is_new and field_details_list[0].node.selection_set:
            completion = self._plan.completion(
                self.schema, self.collect_subfields, return_type, field_details_list
            )
            try:
                if completion is not None and position_context is None:
                    return completion(result)
            except Exception:  # noqa: BLE001 - graphql-core meets it too, and tells it of its field
                self._given_up = path
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )
