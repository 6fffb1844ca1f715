"""A subscriber that resumes after every break, as a front end does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import httpx

from unbreakable.ledger import COMPANY
from unbreakable.table import Row
from unbreakable.waiting import until

_PAUSE_SECONDS = 0.1
_SILENCE_SECONDS = 40.0

APPENDED = "eventAppended", "position"
STATUSES = "applicationStatusChanged", "status"


class Listener:
    """Follows one subscription from the log's beginning; every drop is resumed after its cursor.

    Attributes:
        told: The cursor of each change, in the order of their arrival, and a field of it.
        breaks: How often it had to resume.
    """

    def __init__(self, url: Callable[[], str], subscription: tuple[str, str] = APPENDED) -> None:
        self._url = url
        self._name, self._field = subscription
        self.told: list[tuple[str, object]] = []
        self.breaks = 0

    async def run(self) -> None:
        timeout = httpx.Timeout(5, read=_SILENCE_SECONDS)
        async with httpx.AsyncClient(timeout=timeout) as client:
            while True:
                with suppress(httpx.TransportError):
                    await self._listen(client)
                self.breaks += 1
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _listen(self, client: httpx.AsyncClient) -> None:
        arguments = f'companyId: "{COMPANY}", after: 0, afterCursor: $cursor'
        query = (
            f"subscription ($cursor: String) {{ {self._name}({arguments})"
            f" {{ cursor {self._field} }} }}"
        )
        cursor = self.told[-1][0] if self.told else None
        body = {"query": query, "variables": {"cursor": cursor}}
        headers = {"Accept": "text/event-stream"}
        url = self._url() + "/graphql"
        async with client.stream("POST", url, json=body, headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: ") and not self._is_told(json.loads(line[6:])):
                    return

    def _is_told(self, payload: dict[str, dict[str, dict[str, object]] | None]) -> bool:
        data = payload.get("data")
        if not data:
            return False
        change = data[self._name]
        self.told.append((str(change["cursor"]), change[self._field]))
        return True

    @property
    def fields(self) -> list[object]:
        return [each for _, each in self.told]

    async def heard(self, count: int) -> None:
        """Wait until it was told this many changes."""
        await until(lambda: len(self.told) >= count)


@asynccontextmanager
async def listeners(
    *urls: Callable[[], str], subscription: tuple[str, str] = APPENDED
) -> AsyncIterator[list[Listener]]:
    listening = [Listener(url, subscription) for url in urls]
    tasks = [asyncio.create_task(each.run()) for each in listening]
    try:
        yield listening
        assert not any(task.done() for task in tasks), "a subscriber gave up"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hold_against_positions(listener: Listener, last: int, row: Row) -> None:
    """Count into `row` what a subscriber to `eventAppended` missed, got twice or out of order."""
    await listener.heard(last)
    positions = [int(str(each)) for each in listener.fields]
    row.lost += len({*range(1, last + 1)} - {*positions})
    row.duplicated += len(positions) - len({*positions})
    row.out_of_order += sum(1 for before, after in pairwise(positions) if after <= before)
