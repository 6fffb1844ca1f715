"""How the schema's extensions are run: only where they have something to do."""

import inspect
from collections.abc import Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from functools import cache
from types import TracebackType
from typing import Any

from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext
from strawberry.types.execution import StreamExecutionResult

_NOTHING = nullcontext()


class LeanRunner(SchemaExtensionsRunner):
    """Runs the extensions of one operation.

    Strawberry's own finds out anew for each operation what kind of hooks there are, a third of what
    a small query costs, and enters every extension for each result of a subscription, a third of
    what it costs to tell one more subscriber.
    """

    def operation(self) -> Any:  # noqa: ANN401 - strawberry names its own class
        """Run what goes around a whole operation."""
        return _Stage(self.extensions, "on_operation")

    def parsing(self) -> Any:  # noqa: ANN401 - the same
        """Run what goes around parsing."""
        return _Stage(self.extensions, "on_parse")

    def validation(self) -> Any:  # noqa: ANN401 - the same
        """Run what goes around validation."""
        return _Stage(self.extensions, "on_validate")

    def executing(self) -> Any:  # noqa: ANN401 - the same
        """Run what goes around execution."""
        return _Stage(self.extensions, "on_execute")

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


class _Stage:
    """The hooks of one stage, entered in the order of the extensions and left in reverse."""

    __slots__ = ("_extensions", "_hook", "_stack")

    def __init__(self, extensions: list[SchemaExtension], hook: str) -> None:
        self._extensions = extensions
        self._hook = hook
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> None:
        """Enter each hook."""
        for extension in self._extensions:
            entered = _entered(getattr(type(extension), self._hook), self._hook)
            if entered is not None:
                enter, is_async = entered
                if is_async:
                    await self._stack.enter_async_context(enter(extension))
                else:
                    self._stack.enter_context(enter(extension))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Leave them."""
        return await self._stack.__aexit__(kind, error, traceback)


@cache
def _entered(hook: Callable[..., Any], name: str) -> tuple[Callable[..., Any], bool] | None:
    """Return how a hook is entered, and whether that waits; none where it is not an own one."""
    if hook is getattr(SchemaExtension, name):
        return None
    if inspect.isasyncgenfunction(hook):
        return asynccontextmanager(hook), True
    return contextmanager(hook), False
