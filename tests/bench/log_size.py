"""What a page costs as the log grows: the same query on logs of 40,000 to 4,000,000 events.

    PYTHONPATH=.:tests python tests/bench/log_size.py --data FOLDER --plot log_size.png

FOLDER is what `big_log.py` has made. A page has 50 applications with their calls and callbacks, of
campaigns all over the log; a campaign has as many of everything in each log. The logs take turns,
page by page. Each page is asked for once by a process that shall only bring it into MongoDB's
cache, and then by another one for the first time (`first`) and once more (`again`). The plot needs
the extra `bench`.
"""

import argparse
import asyncio
import random
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from big_log import campaigns_of, database_of, serving
from full_stack import pages
from sides import Load, Measured, Side, dialgraph, install_peers, loading, spread

PAGES_PER_ROUND = 20
VISITS = ("MongoDB cold", "first", "again")

Rounds = dict[str, dict[int, list[Measured]]]
"""By the visit, and by the log's size."""


def visit_in_turn(
    load: Load, logs: Mapping[int, tuple[Side, Side]], requests: Mapping[int, Iterator[str]]
) -> dict[str, dict[int, Measured]]:
    """Ask each log for pages that it was not asked for before."""
    bodies = {size: [next(requests[size]) for _ in range(PAGES_PER_ROUND)] for size in logs}
    return {
        visit: {
            size: load.run(warming if visit == VISITS[0] else measured, bodies[size])
            for size, (warming, measured) in logs.items()
        }
        for visit in VISITS
    }


def measure(load: Load, logs: Mapping[int, tuple[Side, Side]], rounds: int) -> Rounds:
    requests: dict[int, Iterator[str]] = {}
    for size, sides in logs.items():
        campaigns = campaigns_of(size)
        random.Random(0).shuffle(campaigns)
        requests[size] = pages(campaigns[1:], 1)
        for side in sides:
            load.run(side, [*pages(campaigns[:1], 0)] * 10)
    found: Rounds = {visit: defaultdict(list) for visit in VISITS}
    for _ in range(rounds):
        for visit, by_size in visit_in_turn(load, logs, requests).items():
            for size, measured in by_size.items():
                found[visit][size].append(measured)
    return found


def show(found: Rounds, sizes: Sequence[int]) -> None:
    least = min(sizes)
    print(f"{'':14}{'events':>12}{'p50 ms':>9}{'CPU ms':>9}{'mongod':>9}{'to the least':>22}")
    for visit, by_size in found.items():
        for size in sizes:
            pairs = zip(by_size[size], by_size[least], strict=True)
            ratios = spread([mine.p50_ms / its.p50_ms for mine, its in pairs])
            figures = (median(by_size[size], each) for each in ("p50_ms", "cpu_ms", "mongod_ms"))
            shown = "".join(f"{figure:9.1f}" for figure in figures)
            print(f"{visit:14}{size:12,}{shown}{ratios:>22}")


def median(rounds: Sequence[Measured], figure: str) -> float:
    return float(statistics.median(getattr(each, figure) for each in rounds))


def plot(found: Rounds, sizes: Sequence[int], file: Path) -> None:
    """Draw the cost by the size of the log."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only who wants a plot needs it

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for visit in VISITS[1:]:
        medians = [median(found[visit][size], "p50_ms") for size in sizes]
        axes.plot(
            sizes,
            medians,
            marker="o",
            label={"first": "asked for the first time", "again": "asked again"}[visit],
        )
    axes.set(xscale="log", ylim=(0, None), xlabel="events in the log", ylabel="p50, ms")
    axes.set_title("A page of 50 applications with their calls and callbacks")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, nargs="+", default=[40_000, 400_000, 4_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    install_peers()
    async with serving(given.data) as uri:
        with ExitStack() as started:
            load = started.enter_context(loading(given.data))
            logs = {
                size: (
                    started.enter_context(dialgraph(uri, database_of(size))),
                    started.enter_context(dialgraph(uri, database_of(size))),
                )
                for size in given.events
            }
            found = measure(load, logs, given.rounds)
    show(found, given.events)
    if given.plot is not None:
        plot(found, given.events, given.plot)


if __name__ == "__main__":
    asyncio.run(main())
