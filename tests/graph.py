"""The graph without a server: queries on a log of the test's own, answered as a client gets it."""

import os
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson
from throttles import unlimited

from api.encoding import encode
from api.operation import Caller
from api.schema import schema
from api.simulation import campaign_day
from store.driver import connect
from store.follow import Follower
from store.log import EventLog, open_log


def data_of(result: Any) -> Any:  # noqa: ANN401 - of queries or subscriptions; JSON
    """Return the data of a result as a client gets them."""
    return orjson.loads(encode(result.data))


@dataclass(frozen=True)
class Graph:
    """A log, and one who asks about it."""

    log: EventLog
    caller: Caller

    async def append(self, *events: bytes) -> int:
        """Append events and return the log's position."""
        receipt = await self.log.append(events)
        assert not receipt.rejected
        return receipt.position

    async def spelled(self, query: str, /, **variables: object) -> bytes:
        """Return the result of an operation as the bytes that a client gets."""
        result: Any = await schema.execute(
            query, variable_values=variables, context_value=self.caller
        )
        errors = [error.formatted for error in result.errors or ()]
        told = {"errors": errors} if errors else {}
        return encode({**told, "data": result.data, "extensions": result.extensions})

    async def ask(self, query: str, /, **variables: object) -> dict[str, Any]:
        """Return the result of an operation: data, perhaps errors, extensions."""
        answer: dict[str, Any] = orjson.loads(await self.spelled(query, **variables))
        return answer

    async def get(self, query: str, /, **variables: object) -> Any:  # noqa: ANN401 - JSON
        """Return the data of an operation that has but one root field, and no errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        [data] = answer["data"].values()
        return data

    async def code(self, query: str, /, **variables: object) -> str:
        """Return the code of the one error that an operation ends with."""
        [error] = (await self.ask(query, **variables))["errors"]
        code: str = error["extensions"]["code"]
        return code

    async def reads(self, query: str, /, **variables: object) -> int:
        """Return how many reads an operation makes that nobody has asked before."""
        self.log.cache.clear()
        return await self.reads_again(query, **variables)

    async def reads_again(self, query: str, /, **variables: object) -> int:
        """Return how many reads an operation without errors makes, after those before it."""
        before = self.log.database.reads
        await self.get(query, **variables)
        return self.log.database.reads - before

    def afresh(self) -> "Graph":
        """Return the graph as a process sees it that has read nothing yet; not to append."""
        log = EventLog(self.log.database)
        return Graph(log, replace(self.caller, log=log))

    def seen_by(self, *companies: str) -> "Graph":
        """Return the graph as a caller of these companies sees it."""
        return replace(self, caller=replace(self.caller, companies=companies))


@asynccontextmanager
async def a_graph(uri: str, *events: bytes) -> AsyncIterator[Graph]:
    """Append events to a new log, dropped in the end."""
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(uri, name) as database:
        async with open_log(database) as log:
            graph = Graph(log, Caller(log, Follower(log), throttle=unlimited()))
            await graph.append(*events)
            yield graph
        await database.drop()


def a_day(*, applications: int = 10, seed: int = 7) -> Sequence[bytes]:
    """Return what a dialer sends on a small day, some of it late or twice."""
    deliveries = campaign_day(
        day=date(2026, 1, 5),
        seed=seed,
        campaigns=4,
        applications_per_campaign=applications,
        redelivery_rate=0.02,
        late_rate=0.05,
    )
    return [delivery.body for delivery in deliveries]
