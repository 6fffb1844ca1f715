"""Events of subscriptions that are executed and encoded once for all who select the same."""

from collections.abc import Callable
from typing import Any, Protocol, cast

from graphql import ExecutionResult

from api.encoding import Encoded, encode

Extensions = dict[str, Any] | None


class SharedData(Encoded):
    """The data of a result that goes to many."""

    __slots__ = ("_told",)

    def __init__(self, encoded: bytes) -> None:
        super().__init__(encoded)
        self._told: tuple[Extensions, bytes] | None = None

    def payload(self, extensions: Extensions) -> bytes:
        """Return the result as JSON; the last one is kept: all are told the same beside it."""
        if self._told is None or self._told[0] != extensions:
            payload: dict[str, Any] = {"data": self}
            if extensions:
                payload["extensions"] = extensions
            self._told = extensions, encode(payload)
        return self._told[1]


class Executable(Protocol):
    """What executes one event: an executor, or what knows the result already."""

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001 - graphql-core's
        """Return the result, or an awaitable of it."""


class SharedEvent:
    """One event, to be executed once.

    Args:
        root: The value that the operation is executed on.
        on_kept: Called with the size of the encoded data when a result is kept for the others.
    """

    __slots__ = ("_on_kept", "_result", "_root")

    def __init__(self, root: object, on_kept: Callable[[int], None]) -> None:
        self._root = root
        self._on_kept = on_kept
        self._result: ExecutionResult | None = None

    def executor(self, build: Callable[[object], Executable]) -> Executable:
        """Return what executes the event: the first time, and after errors, what `build` makes."""
        return _Once(self, build)

    def execute(self, build: Callable[[object], Executable], serially: bool | None) -> object:  # noqa: FBT001 - graphql-core's
        """Return the result: one without errors is kept."""
        if self._result is None:
            result = build(self._root).execute_operation(serially)
            if not isinstance(result, ExecutionResult) or result.errors or result.data is None:
                return result
            data = SharedData(encode(result.data))
            self._result, self._root = ExecutionResult(cast("Any", data), None), None
            self._on_kept(len(data.encoded))
        return self._result


class _Once:
    """Executes a shared event."""

    __slots__ = ("_build", "_event")

    def __init__(self, event: SharedEvent, build: Callable[[object], Executable]) -> None:
        self._event = event
        self._build = build

    def execute_operation(self, serially: bool | None = None) -> object:  # noqa: FBT001 - graphql-core's
        """Return the result, or an awaitable of it."""
        return self._event.execute(self._build, serially)
