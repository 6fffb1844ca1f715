"""How much is asked of this process: by one operation, by one caller over time, by all at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from api.buckets import Buckets
from api.errors import ClientError
from api.web_settings import WebSettings
from store.deadline import set_deadline
from store.errors import DeadlineError
from store.term import hold_to


class OperationTimeoutError(ClientError):
    """What was asked for took longer than it may.

    Args:
        seconds: How long that is.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(DeadlineError.code, f"It took over {seconds} s: ask for less at once.")


@dataclass(frozen=True, slots=True)
class Charge:
    """What an operation costs its caller, as `extensions.cost` shows it.

    Attributes:
        requested: What it costs.
        limit: What one operation may cost.
        available: What the caller has left.
    """

    requested: int
    limit: int
    available: int

    def told(self) -> dict[str, int]:
        """Return it as a client is told."""
        return {"requested": self.requested, "limit": self.limit, "available": self.available}


class Throttle:
    """Holds operations to the limits of one process.

    Args:
        settings: How much is too much, and whether strangers ask.
        clock: In seconds; it never goes back.

    Attributes:
        running: How many queries run now.
        on_refused: Called with the code of each refusal.
        on_ended: Called with the seconds that a query took.
    """

    def __init__(
        self, settings: WebSettings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        chosen = settings or WebSettings()
        self.limits = chosen.limits
        self.production = chosen.production
        self.running = 0
        self.on_refused: Callable[[str], None] = lambda _: None
        self.on_ended: Callable[[float], None] = lambda _: None
        self._buckets = Buckets(chosen.limits, clock)

    def charge(self, caller: str, cost: int) -> Charge:
        """Charge a caller for an operation.

        Raises:
            ClientError: COST_LIMIT or RATE_LIMITED; nothing is charged.
        """
        most = self.limits.max_cost
        if cost > most:
            raise ClientError(
                "COST_LIMIT", f"The operation costs {cost}, at most {most} is run: ask for less."
            )
        return Charge(cost, most, self._buckets.spend(caller, cost))

    def charge_refused(self, caller: str, cost: int) -> Charge:
        """Return what an operation would cost that is refused, and what its caller has left."""
        return Charge(cost, self.limits.max_cost, self._buckets.left(caller))

    def charge_change(self, caller: str, cost: int) -> None:
        """Charge a caller for what a change tells, which may leave it in debt."""
        self._buckets.owe(caller, cost)

    async def until_solvent(self, caller: str) -> None:
        """Wait while a caller is in debt."""
        while (seconds := self._buckets.seconds_in_debt(caller)) > 0:  # noqa: ASYNC110 - it may grow
            await asyncio.sleep(seconds)

    @asynccontextmanager
    async def running_query(self) -> AsyncIterator[None]:
        """Run a query: one of as many as may run at once, and not for ever.

        Raises:
            ClientError: OPERATION_LIMIT, before it began.
            OperationTimeoutError: It took too long.
        """
        if self.running >= self.limits.concurrent_operations:
            self.on_refused("OPERATION_LIMIT")
            raise ClientError("OPERATION_LIMIT", "Too much is asked at once: try again soon.")
        self.running += 1
        began = time.monotonic()
        try:
            async with self.in_time():
                yield
        finally:
            self.running -= 1
            self.on_ended(time.monotonic() - began)

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Read for one answer, or for one change of a subscription; MongoDB is told how long.

        Raises:
            OperationTimeoutError: It took longer than an operation may.
        """
        seconds = self.limits.operation_seconds
        set_deadline(time.monotonic() + seconds)
        hold_to(None)  # what this reads begins with a head of its own
        try:
            async with asyncio.timeout(seconds) as timer:
                yield
        except (TimeoutError, DeadlineError) as error:
            if isinstance(error, TimeoutError) and not timer.expired():
                raise
            self.on_refused(DeadlineError.code)
            raise OperationTimeoutError(seconds) from None
        finally:
            set_deadline(None)
            hold_to(None)
