"""What appending costs beside what MongoDB itself takes: posts, `import`, and the bare driver.

Run by hand: `PYTHONPATH=.:tests python tests/bench/append.py`. In each round the same events go
- one by one over 64 connections to a real `dialgraph serve`,
- through `dialgraph import`,
- as the very documents that appending them writes, made beforehand, with `insert_many(1000)` of the
  bare driver into collections with the same indexes (the peer: 1.00 in the table),
- likewise in transactions of 500 with the counter: what anything with positions could reach at
  best, one transaction after the other.
BSON encoding of the same documents and JSON parsing of the same bytes stand beside them. All that
is written is durable on a majority, journaled, on one mongod. It ends in a table of medians, each
with the spread of its rounds; that of the peer is the noise of the machine.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import bson  # noqa: TID251 - the peer is the bare driver
import orjson
from pymongo import MongoClient  # noqa: TID251 - the same
from pymongo.client_session import ClientSession  # noqa: TID251 - the same
from pymongo.write_concern import WriteConcern  # noqa: TID251 - the same

from api.simulation import campaign_day
from store.body import parse_body
from store.collections import COUNTERS, EVENTS, Document, facts_of, keys_of
from store.driver import connect
from store.embedded import embedded_mongo
from store.log import open_log
from store.rows import prepare

DIALGRAPH = (sys.executable, "-c", "from api.cli import main; main()")
LOAD = Path(__file__).with_name("posting_load.py")
CONNECTIONS = 64
STEP_SECONDS = 300
PER_INSERT = 1_000
PER_TRANSACTION = 500
PEER = "insert_many(1000), bare driver"

Database = Any
Rows = dict[str, list[Document]]


@dataclass
class Round:
    """The events of one round: as lines, and as the documents that appending them writes."""

    bodies: list[bytes]
    file: Path
    rows: Rows


class Peer:
    """The bare driver in a database of its own."""

    def __init__(self, uri: str, name: str) -> None:
        self._client: MongoClient[Document] = MongoClient(uri)
        majority = WriteConcern(w="majority", j=True)
        self._database = self._client.get_database(name, write_concern=majority)

    def insert(self, rows: Rows) -> None:
        for collection, documents in rows.items():
            for some in parts(documents, PER_INSERT):
                self._database[collection].insert_many(some)

    def transact(self, batches: Sequence[Rows]) -> None:
        with self._client.start_session() as session:
            for rows in batches:
                session.with_transaction(partial(self._insert_in, rows))

    def _insert_in(self, rows: Rows, session: ClientSession) -> None:
        self._database[COUNTERS].find_one_and_update(
            {"_id": "log"}, {"$inc": {"position": len(rows[EVENTS])}}, session=session
        )
        for collection, documents in rows.items():
            self._database[collection].insert_many(documents, session=session)


def parts(rows: Sequence[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


def rows_of(bodies: Sequence[bytes], first: int) -> Rows:
    """Make the documents that appending the bodies from a position on writes."""
    now = datetime(2026, 1, 7, tzinfo=UTC)
    rows: Rows = {EVENTS: [], facts_of(1): [], keys_of(1): []}
    for position, body in enumerate(bodies, start=first):
        prepared = prepare(body, parse_body(body).value, now, UTC)
        prepared.place(position)
        rows[EVENTS].append(prepared.event)
        rows[facts_of(1)] += prepared.facts
        rows[keys_of(1)] += prepared.keys
    return rows


def a_round(number: int, events: int, folder: Path) -> Round:
    day = campaign_day(
        day=date(2026, 1, 5), seed=number, applications_per_campaign=events // 30, redelivery_rate=0
    )
    bodies = [delivery.body for delivery in islice(day, events)]
    file = folder / f"{number}.ndjson"
    file.write_bytes(b"\n".join(bodies) + b"\n")
    return Round(bodies, file, rows_of(bodies, number * events + 1))


@contextmanager
def serving(environ: dict[str, str]) -> Iterator[int]:
    """Run `dialgraph serve` and yield its port."""
    process = subprocess.Popen(
        [*DIALGRAPH, "serve", "--port", "0"], env=environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        found = re.search(r":(\d+)$", process.stdout.readline().strip())
        assert found
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(timeout=30)


def post(round_: Round, port: int, share: int) -> float:
    """Post a share of the round's events and return the rate."""
    some = round_.bodies[: len(round_.bodies) // share]
    file = round_.file.with_suffix(".posts")
    file.write_bytes(b"\n".join(some))
    given = ["--port", str(port), "--connections", str(CONNECTIONS)]
    done = subprocess.run(
        [sys.executable, LOAD, file, *given],
        capture_output=True,
        text=True,
        check=True,
        timeout=STEP_SECONDS,
    )
    return len(some) / float(done.stdout.split()[0])


def import_file(round_: Round, environ: dict[str, str]) -> float:
    """Import the round's events; return the rate that the command says, its start included."""
    done = subprocess.run(
        [*DIALGRAPH, "import", round_.file],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=STEP_SECONDS,
    )
    assert done.stdout.startswith(f"{len(round_.bodies):,} appended"), done.stdout
    seconds = re.search(r"in ([0-9.]+) s", done.stdout)
    assert seconds
    return len(round_.bodies) / float(seconds[1])


def rate(round_: Round, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return len(round_.bodies) / (time.perf_counter() - started)


def encode(rows: Rows) -> None:
    for documents in rows.values():
        for document in documents:
            bson.encode(document)


def transactions_of(rows: Rows) -> list[Rows]:
    """Cut the rows of a round into transactions of about as many events."""
    count = max(1, len(rows[EVENTS]) // PER_TRANSACTION)
    cut = {name: list(parts(some, -(-len(some) // count))) for name, some in rows.items()}
    return [{name: some[at] for name, some in cut.items() if at < len(some)} for at in range(count)]


def measure(round_: Round, uri: str, port: int, environ: dict[str, str]) -> dict[str, float]:
    inserting, transacting = Peer(uri, "peer"), Peer(uri, "limit")
    batches = transactions_of(round_.rows)
    return {
        PEER: rate(round_, lambda: inserting.insert(round_.rows)),
        f"single posts, {CONNECTIONS} connections": post(round_, port, share=4),
        "dialgraph import": import_file(round_, environ),
        "limit: transactions of 500": rate(round_, lambda: transacting.transact(batches)),
        "limit: BSON encode": rate(round_, lambda: encode(round_.rows)),
        "limit: json.loads": rate(round_, lambda: [json.loads(it) for it in round_.bodies]),
        "limit: orjson.loads": rate(round_, lambda: [orjson.loads(it) for it in round_.bodies]),
    }


def show(measured: Sequence[dict[str, float]]) -> None:
    peer = statistics.median(each[PEER] for each in measured)
    print(f"{'':36} {'events/s':>9} {'ratio':>6}  spread of the rounds")
    for name in measured[0]:
        rates = [each[name] for each in measured]
        median = statistics.median(rates)
        low, high = min(rates) / median, max(rates) / median
        print(f"{name:36} {median:9,.0f} {median / peer:6.2f}  {low:.2f} to {high:.2f}")


async def run(events: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with embedded_mongo(Path(folder, "data")) as uri:
            for name in ("peer", "limit"):
                async with connect(uri, name) as database, open_log(database):
                    pass
            await asyncio.to_thread(compare, uri, Path(folder), events, rounds)


def compare(uri: str, folder: Path, events: int, rounds: int) -> None:
    serve = {**os.environ, "MONGODB_URI": uri, "DIALGRAPH_DATABASE": "posted"}
    imports = {**serve, "DIALGRAPH_DATABASE": "imported"}
    with serving(serve) as port:
        # The first round warms up: mongod's caches, the files, the server's connections.
        measured = [
            measure(a_round(number, events, folder), uri, port, imports)
            for number in range(rounds + 1)
        ][1:]
    print(f"{events:,} events per round; medians of {rounds} interleaved rounds")
    show(measured)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    asyncio.run(run(given.events, given.rounds))


if __name__ == "__main__":
    main()
