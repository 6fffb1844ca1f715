"""What executing costs: CPU per request, from the request to the answer's bytes.

    PYTHONPATH=.:tests python tests/bench/bench_execution.py

A page of 100 applications, 15 fields each, with their calls and callbacks, lies in memory. Each
side gets the query as an HTTP request inside its own process, without a socket, and gives the
encoded answer: ours through the ASGI endpoint (request, caches, execution, orjson), stock
strawberry through the same endpoint and caches but with graphql-core's executor, mercurius with
`jit: 1` through fastify's `inject` (request, caches, compiled execution and serialization), once
with moments as `Date`, spelled for each answer as ours are, and once as ready text. The rounds are
interleaved; the figures are medians, the ratios medians of each round's ratio.
"""

import asyncio
import gc
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import strawberry
from memory import Memory, a_caller, a_schema, loading_from_memory

from api.encoding import encode
from api.endpoint import GraphQLEndpoint
from api.execution import CompilingExecutor
from api.gate import Gate
from api.lookahead import below, prefetch
from api.persisted_documents import AutomaticDocuments
from api.throttle import Throttle
from api.types.campaign import Campaign

PEERS = Path(__file__).parent / "peers"
ROUNDS = 15
QUERY = """
query Page {
  campaign {
    campaignId
    status
    applications(first: 100) {
      pageInfo { hasNextPage endCursor }
      edges {
        cursor
        node {
          id applicationId campaignId companyId status statusChangedAt maxCallCount calledCount
          lastCall nextCall nextPhoneNumber smsStatus hasRecall processable
          clientSyncIds { field value }
          calls { edges { node { statisticId updatedDate operatorId phoneNumber status } } }
          callbacks { nodes { callbackId createdAt recallAt state } }
        }
      }
    }
  }
}
"""

Side = Callable[[int], Awaitable[float]]

memory = Memory(applications=100)
_loaded: set[int] = set()  # the operations that it was loaded for


@strawberry.type(name="Query")
class Query:
    """One campaign, all of it loaded already."""

    @strawberry.field
    async def campaign(self, info: strawberry.Info) -> Campaign | None:
        if id(info.operation) not in _loaded:
            _loaded.add(id(info.operation))
            await prefetch([memory.campaign], below(info), "Campaign")
        campaign: Campaign = memory.campaign
        return campaign


class InProcess:
    """A schema behind the endpoint; requests come without a socket."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - strawberry's
        caller = a_caller()
        services = SimpleNamespace(
            log=caller.log,
            follower=caller.follower,
            gate=Gate(),
            throttle=Throttle(),
            documents=AutomaticDocuments(),
        )
        self.answer = b""
        self._endpoint = GraphQLEndpoint(a_schema(query=Query, **options))
        self._body = orjson.dumps({"query": QUERY})
        self._app = SimpleNamespace(state=SimpleNamespace(services=services))

    async def run(self, requests: int) -> float:
        """Return the CPU seconds per request."""
        began = time.process_time()
        for _ in range(requests):
            await self._request()
        return (time.process_time() - began) / requests

    async def _request(self) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 50_000),
            "app": self._app,
        }
        await self._endpoint(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self._body}

    async def _send(self, message: Any) -> None:  # noqa: ANN401 - ASGI's
        self.answer = message.get("body", b"")


class Peer:
    """A program that is told a number of requests per line, and tells their cost."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.bytes = 0

    async def run(self, requests: int) -> float:
        """Return the CPU seconds per request."""
        assert self._process.stdin
        assert self._process.stdout
        print(requests, file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        self.bytes = told["bytes"]
        return float(told["cpuMicroseconds"]) / 1e6


@contextmanager
def mercurius(answer: bytes, *, dates: bool) -> Iterator[Peer]:
    """Start the peer over what our answer shows."""
    given = {
        "schema": a_schema(query=Query).as_str(),
        "query": QUERY,
        "campaign": orjson.loads(answer)["data"]["campaign"],
        "dates": dates,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(given, file)
        file.flush()
        command = ["node", str(PEERS / "mercurius.mjs"), file.name]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield Peer(process)


def count_fields(value: object) -> int:
    """Count the fields of an answer."""
    if isinstance(value, dict):
        return sum(1 + count_fields(each) for each in value.values())
    return sum(map(count_fields, value)) if isinstance(value, list) else 0


async def measure(sides: dict[str, Side]) -> dict[str, list[float]]:
    """Return each side's seconds per request, round by round."""
    for side in sides.values():
        await side(200)
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            seconds[name].append(await side(20 if name.startswith("stock") else 100))
    return seconds


def show(seconds: dict[str, list[float]]) -> None:
    """Print the table."""
    ours = seconds["dialgraph"]
    print(f"{'':36}{'CPU ms/request':>16}{'spread':>16}{'ours to it':>12}")
    for name, each in seconds.items():
        milliseconds = sorted(1000 * second for second in each)
        ratio = statistics.median(mine / its for mine, its in zip(ours, each, strict=True))
        spread = f"{milliseconds[0]:.2f} to {milliseconds[-1]:.2f}"
        print(f"{name:36}{statistics.median(milliseconds):16.2f}{spread:>16}{ratio:12.3f}")


def inside(answer: bytes) -> None:
    """Print the part that encoding has of our figure: no executor can avoid it."""
    data = orjson.loads(answer)
    began = time.process_time()
    for _ in range(100):
        encode(data)
    print(f"\nof ours, orjson alone: {10 * (time.process_time() - began):.2f} ms")


async def main() -> None:
    """Measure and print."""
    ours, stock = InProcess(execution_context_class=CompilingExecutor), InProcess()
    with loading_from_memory():
        await ours.run(3)
        await stock.run(1)
        gc.freeze()  # as `dialgraph serve` does
        assert orjson.loads(ours.answer)["data"] == orjson.loads(stock.answer)["data"]
        answer = ours.answer
        with mercurius(answer, dates=True) as theirs, mercurius(answer, dates=False) as text:
            sides: dict[str, Side] = {
                "dialgraph": ours.run,
                "stock strawberry": stock.run,
                "mercurius + JIT": theirs.run,
                "mercurius + JIT, moments as text": text.run,
            }
            seconds = await measure(sides)
            print(f"\n{count_fields(orjson.loads(answer)['data'])} fields,", end=" ")
            print(f"{len(answer)} bytes, theirs {theirs.bytes}; {ROUNDS} rounds\n")
    show(seconds)
    inside(answer)


if __name__ == "__main__":
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS, check=True)
    asyncio.run(main())
