"""How long `dialgraph serve` takes on a large log, from its start to its first answer.

    PYTHONPATH=.:tests python tests/bench/start_up.py --data FOLDER

FOLDER is what `big_log.py` has made; nothing else may serve it. Each start is a new process with
its embedded MongoDB, asked for a page of 50 applications of another campaign as soon as it listens.
Shown are the seconds until it listened and until it had answered, and what of the memory of the
process and of its MongoDB is in RAM: then, and after a load of pages.
"""

import argparse
import os
import random
import statistics
import time
from pathlib import Path

from big_log import campaigns_of, database_of
from full_stack import page_at, pages
from ready_documents import FIELDS, PAGE
from sides import Side, install_peers, loading, mongod_of, serving

PAGES = 1_000


def show_memory(when: str, side: Side, folder: Path) -> None:
    mongod = mongod_of(folder)
    print(f"  resident {when}: {side.resident_mib:,.0f} MiB, mongod {mongod.resident_mib:,.0f} MiB")


def start(environ: dict[str, str], folder: Path, campaign: int) -> tuple[float, float]:
    """Return the seconds until the server listened, and until it had answered."""
    began = time.monotonic()
    with serving(environ) as side:
        listened = time.monotonic()
        page = side.ask(PAGE + FIELDS, **page_at((campaign, 0)))
        answered = time.monotonic()
        assert page["campaign"]["applications"]["nodes"]
        show_memory("after the first answer", side, folder)
    return listened - began, answered - began


def load_with_pages(environ: dict[str, str], folder: Path, campaigns: list[int]) -> None:
    bodies = [body for body, _ in zip(pages(campaigns, 1), range(PAGES), strict=False)]
    with serving(environ) as side, loading(folder) as load:
        load.run(side, bodies, 16)
        show_memory(f"after {len(bodies):,} pages", side, folder)
        load.run(side, bodies, 16)
        show_memory("after the same again", side, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    install_peers()
    campaigns = campaigns_of(given.events)
    random.Random(0).shuffle(campaigns)
    environ = {
        **{name: value for name, value in os.environ.items() if name != "MONGODB_URI"},
        "DIALGRAPH_DATA": str(given.data),
        "DIALGRAPH_DATABASE": database_of(given.events),
    }
    starts = [start(environ, given.data, campaign) for campaign in campaigns[: given.rounds]]
    for what, seconds in zip(("listened", "answered"), zip(*starts, strict=True), strict=True):
        least, most = min(seconds), max(seconds)
        print(f"{what} after {statistics.median(seconds):.2f} s ({least:.2f} to {most:.2f})")
    load_with_pages(environ, given.data, campaigns)


if __name__ == "__main__":
    main()
