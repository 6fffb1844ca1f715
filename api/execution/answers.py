"""Queries that are answered whole, without being executed, where the answer is known."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, cast

from graphql import ExecutionResult, OperationType
from graphql.execution import Executor
from graphql.pyutils import is_awaitable

from api.answering import Answering
from api.encoding import encode
from api.execution.sharing import SharedData
from store.errors import StoreError
from store.trace import traced

Execute = Callable[[], Any]


def question_of(executor: Executor[Any], text: str) -> Hashable | None:
    """Return what tells an operation from all others; none where it is no query, or cannot be told.

    Args:
        executor: Of the operation.
        text: Its document.
    """
    operation = executor.operation
    if operation.operation is not OperationType.QUERY or operation.loc is None:
        return None
    with suppress(TypeError):
        question = text, operation.loc.start, _comparable(executor.variable_values.coerced)
        hash(question)
        return question
    return None


def _comparable(value: object) -> Hashable:
    """Return what equals only its like; to Python, `True` equals 1 and 1.0."""
    if isinstance(value, dict):
        return dict, tuple((name, _comparable(each)) for name, each in value.items())
    if isinstance(value, list):
        return list, tuple(map(_comparable, value))
    return type(value), value


async def answered(answering: Answering, question: Hashable, execute: Execute) -> Any:  # noqa: ANN401 - graphql-core's
    """Return the result of a query: the known one if it holds, else the one of executing it."""
    with suppress(StoreError):  # executing meets it again, and tells it of each field
        known = await answering.known(question)
        if known is not None:
            return _result(known)
    with traced() as trace:
        result = execute()
        if is_awaitable(result):
            result = await result
    if not isinstance(result, ExecutionResult) or result.errors or result.data is None:
        return result
    data = encode(result.data)
    with suppress(StoreError):  # it has been found, whether or not it can be kept
        await answering.keep(question, trace, data)
    return _result(data)


def _result(data: bytes) -> ExecutionResult:
    return ExecutionResult(cast("Any", SharedData(data)), None)
