"""What it takes to tell many subscribers: dialgraph beside GraphQL Yoga, frame for frame.

    PYTHONPATH=.:tests python tests/bench/fan_out.py

1,000 clients over WebSockets (graphql-transport-ws) follow the statuses of the applications of 200
campaigns, five clients each; one program in Node.js, the same for both sides, posts 500 events a
second one by one and notes when each was sent, acknowledged, and told to each of its five clients.
It counts the frames: one that is missing, double, astray or in disorder ends the run. The peer is
GraphQL Yoga with npm graphql-ws in Node.js: it gets the same posts and publishes them through its
PubSub, without a database; what we acknowledge is durable on a majority.

The sides are driven in turn, after a warm-up. Shown are, by round, the 50th and 99th percentile
from the sending of a POST to a client's frame in milliseconds and their ratio; of ours also the
part until the acknowledgment, the part from there to the frame, and the CPU of both servers in
percent of a core; then the medians with the spread over the rounds, the frames per second when
posts of many events never pause, and what a silent subscriber costs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PEERS = Path(__file__).parent / "peers"
DIALGRAPH = (sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0")
CAMPAIGNS, SUBSCRIBERS_EACH = 200, 5
SETTLING_SECONDS = 3
IDLE_SECONDS = 5
HEADS = (
    *("our p50", "its p50", "x p50", "our p99", "its p99", "x p99"),
    *("ack p50", "ack p99", "then p50", "then p99", "our CPU", "its CPU"),
)
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass
class Side:
    """A server and the program that posts to it and listens."""

    name: str
    server: int
    clients: "subprocess.Popen[str]"
    kilobytes_each: float = 0
    idle_percent: float = 0

    def run(self, **work: float) -> dict[str, Any]:
        """Post as `work` says; return what was measured, and the server's CPU seconds."""
        before = cpu_seconds(self.server)
        print(json.dumps(work), file=self.clients.stdin, flush=True)
        measured = answer(self.clients)
        return {**measured, "cpu": cpu_seconds(self.server) - before}


def answer(clients: "subprocess.Popen[str]") -> dict[str, Any]:
    """Read the next line that the clients say."""
    assert clients.stdout
    line = clients.stdout.readline()
    if not line:
        raise SystemExit("the clients gave up")
    told: dict[str, Any] = json.loads(line)
    return told


def cpu_seconds(process: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def resident_kilobytes(process: int) -> int:
    """Return the memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@contextmanager
def started(*command: str, **environ: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a program; end it in the end."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def dialgraph() -> Iterator[tuple[int, int]]:
    """Serve on an embedded MongoDB of its own; yield the process and its port."""
    with (
        tempfile.TemporaryDirectory(prefix="dialgraph-") as folder,
        started(*DIALGRAPH, DIALGRAPH_DATA=folder) as process,
    ):
        assert process.stdout
        listens = next(line for line in process.stdout if "listens on" in line)
        yield process.pid, int(listens.rpartition(":")[2])


@contextmanager
def yoga() -> Iterator[tuple[int, int]]:
    """Serve the peer; yield the process and its port."""
    with started("node", str(PEERS / "yoga.mjs")) as process:
        assert process.stdout
        yield process.pid, int(process.stdout.readline())


@contextmanager
def listened_to(name: str, server: int, port: int) -> Iterator[Side]:
    """Connect the clients to a server, and measure what they cost while nothing happens."""
    before = resident_kilobytes(server)
    given = {"port": port, "campaigns": CAMPAIGNS, "perCampaign": SUBSCRIBERS_EACH}
    with started("node", str(PEERS / "subscribers.mjs"), json.dumps(given)) as clients:
        side = Side(name, server, clients)
        subscribers = answer(clients)["subscribers"]
        time.sleep(SETTLING_SECONDS)
        side.kilobytes_each = (resident_kilobytes(server) - before) / subscribers
        used = cpu_seconds(server)
        time.sleep(IDLE_SECONDS)
        side.idle_percent = 100 * (cpu_seconds(server) - used) / IDLE_SECONDS
        yield side


def drive(ours: Side, theirs: Side, given: argparse.Namespace) -> list[dict[str, float]]:
    """Drive both in turn; return each round's figures."""
    for side in (ours, theirs):
        side.run(seconds=given.warm_up, rate=given.rate)
    print(("{:>9}" * len(HEADS)).format(*HEADS))
    rounds = []
    for _ in range(given.rounds):
        mine, its = (side.run(seconds=given.seconds, rate=given.rate) for side in (ours, theirs))
        rounds.append(figures(mine, its, given.seconds))
        print("".join(map("{:9.2f}".format, rounds[-1].values())), flush=True)
    return rounds


def figures(mine: dict[str, Any], its: dict[str, Any], seconds: float) -> dict[str, float]:
    """Return what one row of the table shows."""
    row: dict[str, float] = {}
    for part in ("p50", "p99"):
        row[f"our {part}"] = mine["total"][part]
        row[f"its {part}"] = its["total"][part]
        row[f"x {part}"] = mine["total"][part] / its["total"][part]
    row["ack p50"], row["ack p99"] = mine["acknowledged"]["p50"], mine["acknowledged"]["p99"]
    row["then p50"], row["then p99"] = mine["then"]["p50"], mine["then"]["p99"]
    row["our CPU"], row["its CPU"] = (100 * each["cpu"] / seconds for each in (mine, its))
    return row


def conclude(rounds: list[dict[str, float]]) -> None:
    """Print the medians, and the spread of the ratios: the noise."""
    print("medians:")
    for head in HEADS:
        values = sorted(row[head] for row in rounds)
        print(
            f"  {head:10}{statistics.median(values):9.2f}   ({values[0]:.2f} to {values[-1]:.2f})"
        )


def saturate(side: Side, given: argparse.Namespace) -> None:
    """Print what a side does when posts never pause, and what silence costs it."""
    told = side.run(seconds=given.seconds / 2, together=50, requests=4)
    print(
        f"{side.name}: {told['framesPerSecond']:,.0f} frames/s at saturation;"
        f" a silent subscriber holds {side.kilobytes_each:.1f} KiB,"
        f" all of them {side.idle_percent:.1f} % of a core"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8, help="how long each round posts")
    parser.add_argument("--warm-up", type=float, default=8, help="seconds before the first round")
    parser.add_argument("--rate", type=int, default=500, help="events per second")
    given = parser.parse_args()
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=PEERS, check=True)
    with ExitStack() as stack:
        ours = stack.enter_context(listened_to("dialgraph", *stack.enter_context(dialgraph())))
        theirs = stack.enter_context(listened_to("peer", *stack.enter_context(yoga())))
        conclude(drive(ours, theirs, given))
        for side in (ours, theirs):
            saturate(side, given)


if __name__ == "__main__":
    main()
