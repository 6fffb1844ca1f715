"""Subscriptions end when what their caller came in with lapses."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, cast

from strawberry.types import ExecutionResult
from strawberry.types.execution import SubscriptionExecutionResult

from api.errors import ClientError
from api.gate import Gate
from api.identity import Identity

LAPSED = "The token does not hold any more: resume after the last cursor, with a new one."


class LapsedError(Exception):
    """The end has come."""


class Ending:
    """Breaks off whoever waits for the next result, at the moment it is told to."""

    def __init__(self) -> None:
        self._has_come = False
        self._waiting: asyncio.Timeout | None = None

    def come_after(self, watching: asyncio.Task[None]) -> None:
        """Break off, where what was watched for has come true."""
        if watching.cancelled():
            return
        self._has_come = True
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def next(self, results: SubscriptionExecutionResult) -> Any:  # noqa: ANN401 - what it gives
        """Return the next result.

        Raises:
            StopAsyncIteration: There are no more.
            LapsedError: It was broken off.
        """
        if self._has_come:
            raise LapsedError
        try:
            # Without a deadline it costs next to nothing; a task for each result would cost more
            # than telling the result.
            async with asyncio.timeout(None) as self._waiting:
                return await anext(results)
        except TimeoutError as error:
            if self._has_come:
                raise LapsedError from error
            raise
        finally:
            self._waiting = None


async def until_lapsed(
    results: SubscriptionExecutionResult, gate: Gate, identity: Identity
) -> AsyncGenerator[Any, None]:
    """Yield the results while the identity holds; then one with an error."""
    ending = Ending()
    watching = asyncio.create_task(gate.lapse(identity))
    watching.add_done_callback(ending.come_after)
    try:
        with suppress(StopAsyncIteration):
            while True:
                yield await ending.next(results)
    except LapsedError:
        yield ExecutionResult(None, [ClientError("UNAUTHENTICATED", LAPSED)])
    finally:
        watching.cancel()
        await cast("AsyncGenerator[Any, None]", results).aclose()
