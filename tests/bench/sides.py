"""What the full-stack benchmarks compare: servers on one MongoDB, and the load that they get."""

import json
import os
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

PEERS = Path(__file__).parent / "peers"
SCHEMA = Path(__file__).parents[2] / "schema.graphql"
COMMAND = (sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0")
_LISTENS = "dialgraph listens on "
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Side:
    """A server, by its URL and its process."""

    name: str
    url: str
    process: int

    def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401 - any JSON
        """Return the data of one answer."""
        answered = self.post("/graphql", {"query": query, "variables": variables})
        assert not answered.get("errors"), answered
        return answered["data"]

    def post(self, path: str, content: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
        """Post JSON and return the answer."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, orjson.dumps(content), headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return orjson.loads(answer.read())

    @property
    def cpu_seconds(self) -> float:
        """What the process has spent so far."""
        stat = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / _TICKS_PER_SECOND

    @property
    def resident_mib(self) -> float:
        """What of its memory is in RAM."""
        pages = Path(f"/proc/{self.process}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of requests took; `cpu_ms` and `mongod_ms` are CPU time for each."""

    p50_ms: float
    per_second: float
    cpu_ms: float
    mongod_ms: float
    bytes: int


def body_of(query: str, **variables: object) -> str:
    """Write a request's body."""
    return json.dumps({"query": query, "variables": variables})


class Load:
    """autocannon in a process of its own.

    Args:
        process: It.
        mongod: The MongoDB of all sides.
    """

    def __init__(self, process: "subprocess.Popen[str]", mongod: Side) -> None:
        self._process = process
        self._mongod = mongod

    def run(
        self, side: Side, bodies: Sequence[str], connections: int = 1, path: str = "/graphql"
    ) -> Measured:
        """Send each of the bodies once, divided among the connections."""
        before = side.cpu_seconds, self._mongod.cpu_seconds
        told = self._tell({"url": side.url + path, "connections": connections, "bodies": bodies})
        after = side.cpu_seconds, self._mongod.cpu_seconds
        return Measured(
            p50_ms=statistics.median(told["milliseconds"]),
            per_second=len(bodies) / told["seconds"],
            cpu_ms=1000 * (after[0] - before[0]) / len(bodies),
            mongod_ms=1000 * (after[1] - before[1]) / len(bodies),
            bytes=told["bytes"] // len(bodies),
        )

    def _tell(self, work: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(work), file=self._process.stdin, flush=True)
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@dataclass
class Comparison:
    """Rounds of the same requests to both sides, and their table."""

    rounds: dict[str, list[tuple[Measured, Measured]]]

    def add(self, name: str, ours: Measured, theirs: Measured) -> None:
        """Note a round."""
        self.rounds.setdefault(name, []).append((ours, theirs))

    def show(self) -> None:
        """Print medians, and the median of each round's ratio with its spread."""
        heads = ("p50 ms", "its", "requests/s", "its", "CPU ms", "its", "mongod", "its")
        print(f"{'':44}" + "".join(f"{each:>11}" for each in heads) + f"{'p50 x':>21}{'r/s x':>21}")
        for name, rounds in self.rounds.items():
            figures = [
                statistics.median(getattr(pair[side], figure) for pair in rounds)
                for figure in ("p50_ms", "per_second", "cpu_ms", "mongod_ms")
                for side in (0, 1)
            ]
            shown = "".join(f"{figure:11.1f}" for figure in figures)
            slower = spread([ours.p50_ms / theirs.p50_ms for ours, theirs in rounds])
            faster = spread([ours.per_second / theirs.per_second for ours, theirs in rounds])
            print(f"{name:44}{shown}{slower:>21}{faster:>21}")


def spread(ratios: Sequence[float], digits: int = 2) -> str:
    """Spell the median with the least and the greatest."""
    median, least, most = (
        f"{each:.{digits}f}" for each in (statistics.median(ratios), min(ratios), max(ratios))
    )
    return f"{median} ({least}-{most})"


@contextmanager
def loading(folder: Path) -> Iterator[Load]:
    """Start the load generator, for servers on the MongoDB of a data folder."""
    with _child(["node", str(PEERS / "load.mjs")]) as process:
        yield Load(process, mongod_of(folder))


def mongod_of(folder: Path) -> Side:
    """Return the MongoDB that serves a data folder."""
    return Side("mongod", "", int((folder / "db" / "mongod.lock").read_text()))


@contextmanager
def dialgraph(uri: str, database: str) -> Iterator[Side]:
    """Start `dialgraph serve` on a database of a MongoDB that runs."""
    environ = {**os.environ, "MONGODB_URI": uri, "DIALGRAPH_DATABASE": database}
    with serving(environ) as side:
        yield side


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[Side]:
    """Start `dialgraph serve`."""
    with _child(COMMAND, environ) as process:
        assert process.stdout
        url = next(line for line in process.stdout if line.startswith(_LISTENS)).split()[-1]
        yield Side("dialgraph", url, process.pid)


@contextmanager
def materialised(uri: str, database: str) -> Iterator[Side]:
    """Start the peer on its ready documents."""
    command = ["node", str(PEERS / "materialised.mjs"), uri, database, str(SCHEMA)]
    with _child(command) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        yield Side("materialised", url, process.pid)


@contextmanager
def _child(
    command: Sequence[str], environ: dict[str, str] | None = None
) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def install_peers() -> None:
    """Install what package-lock.json names, unless it is there."""
    needed = json.loads((PEERS / "package.json").read_text())["dependencies"]
    if not all((PEERS / "node_modules" / name).exists() for name in needed):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS, check=True)
