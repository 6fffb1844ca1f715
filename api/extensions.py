"""How the schema's extensions are run: only where they have something to do."""

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext
from strawberry.types.execution import StreamExecutionResult

_NOTHING = nullcontext()


class LeanRunner(SchemaExtensionsRunner):
    """Runs the extensions of one operation.

    Strawberry's own enters every extension for each result of a subscription, which would be a
    third of what it costs to tell one more subscriber.
    """

    def on_stream_result(  # type: ignore[override]  # only its entering and leaving is used
        self, result: StreamExecutionResult
    ) -> AbstractAsyncContextManager[object]:
        """Enter the extensions for a result with errors: all that look at results mask these."""
        has_errors = getattr(result, "errors", None)
        return super().on_stream_result(result) if has_errors else _NOTHING

    async def get_extensions_results(self, ctx: ExecutionContext) -> dict[str, Any]:
        """Return what the extensions tell beside a result, those that tell something."""
        told: dict[str, Any] = {}
        for extension in self.extensions:
            if type(extension).get_results is not SchemaExtension.get_results:
                result: Any = extension.get_results()
                told.update(await result if hasattr(result, "__await__") else result)
        return {**told, **ctx.extensions_results}
