"""Half an hour at a steady rate: does memory grow, do answers get slower, is anything lost?

`PYTHONPATH=.:tests python tests/bench/soak.py --minutes 30 --plot soak.png`

Two servers on one MongoDB get events, queries and subscribers. One stays, and its memory is what is
watched; the other is ended and started again all the time, in order and by SIGKILL in turn, and its
subscribers resume. Printed are a line for each part of the run, what the end of it was like beside
its beginning, and what subscribers missed or heard twice.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx
from factories import a_call_event, a_campaign_event, a_tac_event, an_application
from unbreakable.ledger import COMPANY, Ledger, hold_against_log
from unbreakable.listener import Listener, hold_against_positions, listeners
from unbreakable.server_process import ServerProcess
from unbreakable.table import Row

from store.driver import connect
from store.embedded import embedded_mongo

PARTS = 6
_DATABASE = "soak"
_SAMPLE_SECONDS = 5.0
_QUERY = """
query ($company: ID!, $campaign: ID!) {
  campaign(companyId: $company, campaignId: $campaign) {
    status
    applications(first: 20) {
      totalCount
      nodes { applicationId status calls(first: 5) { nodes { statisticId status } } }
    }
  }
}
"""

Url = Callable[[], str]


@dataclass
class Answered:
    """When something was asked, since the beginning, and how long its answer took."""

    at_seconds: list[float] = field(default_factory=list)
    took_ms: list[float] = field(default_factory=list)

    def note(self, began: float, asked: float) -> None:
        self.at_seconds.append(asked - began)
        self.took_ms.append((time.monotonic() - asked) * 1000)

    def between(self, first: float, last: float) -> list[float]:
        moments = zip(self.at_seconds, self.took_ms, strict=True)
        return [took for at, took in moments if first <= at < last]


@dataclass
class Sample:
    """What the server that stays holds at one moment."""

    at_seconds: float
    resident_mib: float
    descriptors: int
    mongod_mib: float


class Soak:
    """The load on two servers, and what was seen of them."""

    def __init__(self, rate: float, queries: float) -> None:
        self.began = time.monotonic()
        self.posts, self.queries = Answered(), Answered()
        self.samples: list[Sample] = []
        self.restarts: list[float] = []
        self.ledger = Ledger()
        self._rates = {"post": rate, "query": queries}
        self._dice = random.Random(5)
        self._made = 0

    def body(self) -> bytes:
        """Return an event of a campaign of 2,000 events, most about what was new lately."""
        self._made += 1
        campaign = f"c{self._made // 2_000}"
        newest = self._made // 8
        thing = f"t{self._dice.randint(max(1, newest - 200), newest + 1)}"
        status = self._dice.choice(("NEW", "BUSY", "DONE"))
        common = {"companyId": COMPANY, "place": self._made}
        if self._made % 2_000 == 1:
            return a_campaign_event(campaignId=campaign, status="IN_PROCESS", **common)
        if self._dice.random() < 0.5:
            return a_call_event(statisticId=f"s{self._made // 3}", campaignId=campaign, **common)
        application = an_application(id=thing, status=status, telemarketCampaignId=campaign)
        return a_tac_event(application, **common)

    async def at_a_steady_rate(self, kind: str, do: Callable[[], object]) -> None:
        """Begin one after another, whether those before have ended or not."""
        async with asyncio.TaskGroup() as group:
            for number in itertools.count():
                wanted = self.began + number / self._rates[kind]
                await asyncio.sleep(max(0.0, wanted - time.monotonic()))
                group.create_task(do())  # type: ignore[arg-type]

    async def post(self, client: httpx.AsyncClient, url: Url) -> None:
        body = self.body()
        self.ledger.sent.add(body)
        while True:
            asked = time.monotonic()
            try:
                answer = await client.post(url() + "/events", content=body)
            except httpx.TransportError:
                self.ledger.broken += 1
            else:
                if answer.status_code == httpx.codes.OK:
                    self.posts.note(self.began, asked)
                    self.ledger.answered([body], json.loads(answer.content)["position"], asked)
                    return
                self.ledger.refused += 1
            await asyncio.sleep(0.1)

    async def query(self, client: httpx.AsyncClient, url: Url) -> None:
        campaign = f"c{self._dice.randint(0, self._made // 2_000)}"
        content = {"query": _QUERY, "variables": {"company": COMPANY, "campaign": campaign}}
        asked = time.monotonic()
        answer = await client.post(url() + "/graphql", json=content)
        answered = answer.json()
        if answered.get("errors"):
            self.ledger.complaints.append(str(answered["errors"]))
        self.queries.note(self.began, asked)

    async def watch(self, process: int, mongod: int) -> None:
        """Note every few seconds what the server and MongoDB hold."""
        while True:
            descriptors = len(os.listdir(f"/proc/{process}/fd"))  # noqa: PTH208 - of a process
            at = time.monotonic() - self.began
            self.samples.append(
                Sample(at, resident_mib(process), descriptors, resident_mib(mongod))
            )
            await asyncio.sleep(_SAMPLE_SECONDS)

    async def restart(self, server: ServerProcess, every_seconds: float) -> None:
        """End a server and start it again, all the time."""
        for how in itertools.cycle((signal.SIGTERM, signal.SIGKILL)):
            await asyncio.sleep(every_seconds)
            self.restarts.append(time.monotonic() - self.began)
            os.kill(server.pid, how)
            await server.ended()
            await server.start()


def resident_mib(process: int) -> float:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def a_running_server(uri: str) -> AsyncIterator[ServerProcess]:
    server = ServerProcess({"MONGODB_URI": uri, "DIALGRAPH_DATABASE": _DATABASE})
    await server.start()
    try:
        yield server
    finally:
        await server.kill()


async def soak(given: argparse.Namespace, uri: str, mongod: int) -> tuple[Soak, Row]:
    async with AsyncExitStack() as stack:
        stays = await stack.enter_async_context(a_running_server(uri))
        restarted = await stack.enter_async_context(a_running_server(uri))
        limits = httpx.Limits(max_connections=None)
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=60, limits=limits))
        urls: list[Url] = [lambda: stays.url, lambda: restarted.url] * (given.subscribers // 2)
        heard = await stack.enter_async_context(listeners(*urls))
        seen = Soak(given.rate, given.queries)
        turns = itertools.cycle(urls[:2])
        tasks = [
            asyncio.create_task(work)
            for work in (
                seen.at_a_steady_rate("post", lambda: seen.post(client, next(turns))),
                seen.at_a_steady_rate("query", lambda: seen.query(client, urls[0])),
                seen.watch(stays.pid, mongod),
                seen.restart(restarted, given.restart_minutes * 60),
            )
        ]
        await asyncio.wait(tasks, timeout=given.minutes * 60, return_when="FIRST_COMPLETED")
        failed = [task for task in tasks if task.done()]
        await let_end(tasks, seen, restarted)
        for task in failed:
            task.result()
        return seen, await counted(seen, heard, uri)


async def let_end(tasks: list["asyncio.Task[None]"], seen: Soak, server: ServerProcess) -> None:
    """Begin nothing more; what was not answered is no loss."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if seen.restarts and time.monotonic() - seen.began - seen.restarts[-1] < 30:
        await server.kill()
        await server.start()


async def counted(seen: Soak, heard: Sequence[Listener], uri: str) -> Row:
    row = Row("soak", rounds=len(seen.restarts))
    async with connect(uri, _DATABASE) as database:
        await hold_against_log(seen.ledger, database, row)
    for listener in heard:
        await hold_against_positions(listener, max(seen.ledger.acknowledged.values()), row)
    return row


def report(seen: Soak, row: Row) -> None:
    whole = max(seen.posts.at_seconds)
    print("part  posts p50 / p99 ms  queries p50 / p99 ms  server MiB  open files  mongod MiB")
    parts = [(whole * part / PARTS, whole * (part + 1) / PARTS) for part in range(PARTS)]
    medians = []
    for number, span in enumerate(parts, start=1):
        posts, queries = seen.posts.between(*span), seen.queries.between(*span)
        held = [each for each in seen.samples if span[0] <= each.at_seconds < span[1]]
        memory = median(each.resident_mib for each in held)
        medians.append((median(posts), median(queries), memory))
        print(
            f"{number:4}  {median(posts):9.1f} / {quantiles(posts, n=100)[98]:6.1f}"
            f"  {median(queries):11.1f} / {quantiles(queries, n=100)[98]:6.1f}"
            f"  {memory:10.1f}  {median(each.descriptors for each in held):10.0f}"
            f"  {median(each.mongod_mib for each in held):10.1f}"
        )
    last = [f"{end / begin:.2f}" for begin, end in zip(medians[1], medians[-1], strict=True)]
    print(f"the last part beside the second: posts {last[0]}, queries {last[1]}, memory {last[2]}")
    print(
        f"{row.acknowledged:,} events in {whole / 60:.1f} minutes, {row.rounds} restarts: "
        f"{row.lost} lost, {row.duplicated} twice, {row.out_of_order} out of order; "
        f"{seen.ledger.broken} requests broken off and {row.refused} refused, all sent again"
    )


def draw(seen: Soak, path: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only who wants a plot needs it

    figure, (slow, full) = plt.subplots(2, 1, figsize=(8, 6), sharex=True, layout="constrained")
    for name, answered in {"posts": seen.posts, "queries": seen.queries}.items():
        minutes = range(int(max(answered.at_seconds) // 30))
        spans = [answered.between(each * 30, each * 30 + 30) for each in minutes]
        moments = [each / 2 for each in minutes]
        slow.plot(moments, [median(span or [0]) for span in spans], label=f"{name}, p50")
        high = [quantiles(span, n=100)[98] if len(span) > 1 else 0 for span in spans]
        slow.plot(moments, high, label=f"{name}, p99", alpha=0.5)
    slow.set(ylabel="ms", yscale="log", title="Answers, and restarts of the other server (dotted)")
    at = [each.at_seconds / 60 for each in seen.samples]
    full.plot(at, [each.resident_mib for each in seen.samples], label="the server that stays, MiB")
    full.plot(at, [each.mongod_mib for each in seen.samples], label="mongod, MiB")
    full.plot(at, [each.descriptors for each in seen.samples], label="its open files")
    full.set(xlabel="minutes", ylim=(0, None))
    for axes in (slow, full):
        axes.grid(alpha=0.3)
        axes.legend()
        for moment in seen.restarts:
            axes.axvline(moment / 60, color="grey", linestyle=":")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=40, help="events a second")
    parser.add_argument("--queries", type=float, default=4, help="queries a second")
    parser.add_argument("--subscribers", type=int, default=10)
    parser.add_argument("--restart-minutes", type=float, default=2)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        seen, row = asyncio.run(run(given, Path(folder)))
    report(seen, row)
    if given.plot is not None:
        draw(seen, given.plot)


async def run(given: argparse.Namespace, folder: Path) -> tuple[Soak, Row]:
    async with embedded_mongo(folder) as uri:
        return await soak(given, uri, int((folder / "db" / "mongod.lock").read_text()))


if __name__ == "__main__":
    main()
