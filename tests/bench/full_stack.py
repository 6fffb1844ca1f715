"""A page and a thing from a large log, over HTTP: dialgraph beside ready documents.

    PYTHONPATH=.:tests python tests/bench/full_stack.py --data FOLDER

FOLDER is what `big_log.py` and `ready_documents.py` have made. The peer is what a team would build
by hand: mercurius with `jit: 1` and the npm driver over a collection with one document per
application, its calls and callbacks inside, on the same MongoDB. Both get the same requests, made
by autocannon in a process of its own; their answers are the same JSON.

A page has 50 applications. Each round asks for others, all over the log: first for pages that
nobody has asked for before; then, now that MongoDB has them in its cache, from another process of
ours that was not asked for them before; then from the same process, in a document that differs, so
that the things are known and the answer is not; then in the same words. The sides take turns.
"""

import argparse
import asyncio
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import bson  # noqa: TID251 - the limit is the decoder itself
import orjson
from big_log import database_of, serving
from campaign_events import APPLICATIONS
from ready_documents import FIELDS, PAGE, peer_of, ready_campaigns
from sides import (
    Comparison,
    Load,
    Side,
    body_of,
    dialgraph,
    install_peers,
    loading,
    materialised,
)

from api.types.connection import spell_cursor
from store.driver import connect
from store.ids import id_key

PAGE_SIZE = 50
CLIENTS = 16
PAGES_ALONE, PAGES_TOGETHER = 40, 160
ONES_ALONE, ONES_TOGETHER = 100, 640
ONE = "query One($id: ID!) { application(applicationId: $id) { ...Fields } }"

Place = tuple[int, int]  # a campaign, and how many applications come before


def first_id(campaign: int) -> int:
    return 10_000_000 + campaign * APPLICATIONS


def page_at(place: Place) -> dict[str, object]:
    """Return the variables that ask for the page there."""
    campaign, before = place
    after = None
    if before:
        key = id_key(str(first_id(campaign) + before - 1))
        after = spell_cursor((None, key), "APPLICATION_ID")
    return {"campaign": str(campaign), "first": PAGE_SIZE, "after": after}


def pages(campaigns: Sequence[int], seed: int) -> Iterator[str]:
    """Yield the requests for all pages, in an order of chance."""
    places = [(each, n) for each in campaigns for n in range(0, APPLICATIONS, PAGE_SIZE)]
    random.Random(seed).shuffle(places)
    return (body_of(PAGE + FIELDS, **page_at(place)) for place in places)


def ones(campaigns: Sequence[int], seed: int) -> Iterator[str]:
    """Yield requests for single applications, in an order of chance."""
    ids = [first_id(each) + n for each in campaigns for n in range(APPLICATIONS)]
    random.Random(seed).shuffle(ids)
    return (body_of(ONE + FIELDS, id=str(each)) for each in ids)


def require_same(ours: Side, theirs: Side, campaigns: Sequence[int]) -> None:
    """Hold the answers of both sides to be the same."""
    for campaign in campaigns:
        for before in (0, APPLICATIONS // 2, APPLICATIONS - PAGE_SIZE):
            variables = page_at((campaign, before))
            mine, its = (each.ask(PAGE + FIELDS, **variables) for each in (ours, theirs))
            assert mine == its, f"the answers differ: {campaign} after {before}"
            assert len(mine["campaign"]["applications"]["nodes"]) == PAGE_SIZE
        one = {"id": str(first_id(campaign) + 7)}
        assert ours.ask(ONE + FIELDS, **one) == theirs.ask(ONE + FIELDS, **one)


def compare(
    load: Load, sides: Sequence[Side], name: str, requests: Iterator[str], amounts: tuple[int, int]
) -> Iterator[Comparison]:
    """Yield the comparison after each round, for as long as there are requests."""
    cold, warm, theirs = sides
    found = Comparison({})
    while True:
        for clients, amount in zip((1, CLIENTS), amounts, strict=True):
            bodies = [each for each, _ in zip(requests, range(amount), strict=False)]
            if len(bodies) < amount:
                return
            who = f"{name}, {clients} client{'s' * (clients > 1)}"
            others = [each.replace("query ", "query Other") for each in bodies]
            for visit, ours, asked in (
                ("MongoDB cold", cold, bodies),
                ("first", warm, bodies),
                ("in other words", warm, others),
                ("again", warm, bodies),
            ):
                mine = load.run(ours, asked, clients)
                found.add(f"{who}, {visit}", mine, load.run(theirs, asked, clients))
        yield found


def measure(load: Load, sides: Sequence[Side], campaigns: Sequence[int], rounds: int) -> None:
    """Warm all up, then measure and print."""
    warming, measured = campaigns[:1], campaigns[1:]
    for side in sides:
        for said in ("query ", "query Other"):
            load.run(side, [each.replace("query ", said) for each in pages(warming, 0)] * 10)
            load.run(side, [each.replace("query ", said) for each in ones(warming, 0)][:300])
    kinds = (
        ("page of 50", pages(measured, 1), (PAGES_ALONE, PAGES_TOGETHER)),
        ("one application", ones(measured, 2), (ONES_ALONE, ONES_TOGETHER)),
    )
    for name, requests, amounts in kinds:
        taken = compare(load, sides, name, requests, amounts)
        for _ in range(rounds):
            found = next(taken)
        found.show()
        print()


def show_limits(load: Load, theirs: Side, campaign: int) -> None:
    """Print what a page of ready documents costs at the very least."""
    variables = page_at((campaign, 0))
    theirs.post("/keep", {"query": PAGE + FIELDS, "variables": variables})
    page = {"campaignId": str(campaign), "documents": PAGE_SIZE}
    in_node = theirs.post("/limits", page)
    answer = theirs.ask(PAGE + FIELDS, **variables)
    documents = [bson.encode(each) for each in answer["campaign"]["applications"]["nodes"]]
    echo = load.run(theirs, ["{}"] * 500, path="/echo")
    print(f"BSON decode of {PAGE_SIZE} ready documents, {sum(map(len, documents)):,} bytes:")
    print(f"  node {in_node['decodeMs']:.2f} ms, Python {repeat(bson.decode, documents):.2f} ms")
    print(f"JSON encode of the answer, {len(orjson.dumps(answer)):,} bytes:")
    print(f"  node {in_node['encodeMs']:.2f} ms, orjson {repeat(orjson.dumps, [answer]):.2f} ms")
    print(f"the same bytes over HTTP from memory: p50 {echo.p50_ms:.2f} ms")


def repeat(work: object, items: Sequence[object]) -> float:
    """Return the milliseconds that `work` takes for all the items."""
    assert callable(work)
    rounds: list[float] = []
    for _ in range(100):
        began = perf_counter()
        for item in items:
            work(item)
        rounds.append(1000 * (perf_counter() - began))
    return statistics.median(rounds)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--events", type=int, default=4_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    install_peers()
    name = database_of(given.events)
    async with serving(given.data) as uri:
        async with connect(uri, peer_of(name)) as peer:
            campaigns = await ready_campaigns(peer)
        random.Random(0).shuffle(campaigns)
        with ExitStack() as started:
            load = started.enter_context(loading(given.data))
            theirs = started.enter_context(materialised(uri, peer_of(name)))
            ours = [started.enter_context(dialgraph(uri, name)) for _ in range(2)]
            require_same(ours[0], theirs, campaigns[:3])
            print(f"{name}, {len(campaigns)} campaigns, medians of {given.rounds} rounds\n")
            measure(load, [*ours, theirs], campaigns, given.rounds)
            show_limits(load, theirs, campaigns[0])


if __name__ == "__main__":
    asyncio.run(main())
