"""How fast queries that are made to hurt are refused, by a server over a socket.

    PYTHONPATH=.:tests python tests/bench/abuse.py

Each request is sent several times, each time another text, so that none is remembered; the figures
are medians. Beside it stands what an honest small query takes. The last lines are the dearest
queries that are still accepted, over a simulated campaign day: they must end within the time that
an operation has.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from abuses import ABUSES, DEAREST
from graph import a_day
from serving import RunningServer, a_server

from api.limits import OperationLimits
from store.embedded import embedded_mongo

ROUNDS = 7
APPLICATIONS = 1_000


async def timed(server: RunningServer, query: str) -> tuple[float, httpx.Response]:
    began = time.perf_counter()
    answer = await server.client.post("/graphql", json={"query": query}, timeout=60)
    return time.perf_counter() - began, answer


def outcome(answer: httpx.Response) -> str:
    content: dict[str, Any] = answer.json()
    [error, *_] = content.get("errors") or [{}]
    return f"{answer.status_code} {error.get('extensions', {}).get('code', '')}"


async def show_abuses(server: RunningServer) -> None:
    honest = statistics.median(
        [(await timed(server, f"query Q{n} {{ log {{ position }} }}"))[0] for n in range(20)]
    )
    print(f"{'':44}{'bytes':>12}{'refused in ms':>16}{'to a small query':>18}  by")
    for name, (query, _) in ABUSES.items():
        found = [await timed(server, query(salt)) for salt in range(ROUNDS)]
        seconds = statistics.median(each for each, _ in found)
        size = len(query(0))
        row = f"{name:44}{size:12,}{1000 * seconds:16.1f}{seconds / honest:18.1f}"
        print(f"{row}  {outcome(found[0][1])}")
    print(f"{'(a small query that is answered)':44}{'':12}{1000 * honest:16.1f}{1:18.1f}")


async def show_dearest(server: RunningServer) -> None:
    print(f"\n{'the dearest that are accepted':44}{'cost':>12}{'answered in s':>16}")
    for name, query in DEAREST.items():
        seconds, answer = await timed(server, query)
        told = answer.json().get("extensions", {}).get("cost", {})
        print(f"{name:44}{told.get('requested', 0):12,}{seconds:16.2f}  {outcome(answer)}")
    print(f"{'(an operation may take)':44}{'':12}{OperationLimits().operation_seconds:16.2f}")


async def main() -> None:
    """Measure and print."""
    applications = int(sys.argv[1]) if len(sys.argv) > 1 else APPLICATIONS
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with embedded_mongo(Path(folder)) as uri, a_server(uri) as server:
            await server.log.append(a_day(applications=applications))
            await show_abuses(server)
            await show_dearest(server)


if __name__ == "__main__":
    asyncio.run(main())
