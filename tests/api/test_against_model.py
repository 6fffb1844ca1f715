"""The graph against the naive model of the rules, over hostile feeds (D1-D22).

Longer runs by hand: DIALGRAPH_MODEL_SEEDS=100 DIALGRAPH_MODEL_BODIES=300 pytest …
"""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest
from model.asking import Asking, rounds
from model.compare import decode, differences
from model.dates import moment, rfc3339
from model.event import Event, Intake, events_of, take
from model.feed import Feed
from model.figures import FIGURES, figures
from model.requests import answer as answered
from model.requests import requests
from model.selection import Chooser
from model.spelling import COMPANIES, Speller
from model.subscribing import TOPICS, Following
from model.view import View
from model.whole import expected, whole
from serving import RunningServer, a_server
from throttles import unlimited

from api.encoding import encode
from api.operation import Caller
from api.schema import schema

SEEDS: Final = int(os.environ.get("DIALGRAPH_MODEL_SEEDS", "2"))
FIRST_SEED: Final = int(os.environ.get("DIALGRAPH_MODEL_FIRST_SEED", "1"))
BODIES: Final = int(os.environ.get("DIALGRAPH_MODEL_BODIES", "80"))
ROUNDS: Final = int(os.environ.get("DIALGRAPH_MODEL_ROUNDS", "10"))

every_seed = pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))

_LOG = """query ($companyId: ID!, $after: String) {
  events(companyId: $companyId, first: 500, after: $after) {
    nodes { position receivedAt rawBody digest } pageInfo { hasNextPage endCursor }
  }
}"""


@every_seed
async def test_every_answer_is_the_models(mongo_uri: str, seed: int) -> None:
    async with a_server(mongo_uri) as server:
        intake = await posted(server, Feed(seed).take(BODIES), Random(seed))
        log = await the_log(server, intake)

        found = await rounds(Asking(log, asked(server), seed, now()), ROUNDS)

    assert not found, report(seed, found)


@every_seed
async def test_every_change_told_is_the_models(mongo_uri: str, seed: int) -> None:
    bodies, random = Feed(seed).take(BODIES), Random(seed)
    async with a_server(mongo_uri) as server:
        await posted(server, bodies[: BODIES // 2], random)
        heard = followings(random)
        listening = [asyncio.create_task(each.hear(subscribed(server))) for each in heard]
        await posted(server, bodies[BODIES // 2 :], random, before=bodies[: BODIES // 2])
        log = await the_log(server, take(bodies))
        wanted = [each.expected(log, now()) for each in heard]
        await until_heard(heard, wanted)
        await ended(listening)

    pairs = zip(heard, wanted, strict=True)
    found = [line for following, told in pairs for line in following.differences(told)]
    assert not found, report(seed, found)


@every_seed
async def test_any_order_of_the_same_bodies_gives_the_same_graph(mongo_uri: str, seed: int) -> None:
    bodies, random = Feed(seed, is_garbled=False).take(BODIES), Random(seed)
    again = [*random.sample(bodies, len(bodies)), *random.choices(bodies, k=len(bodies) // 3)]

    first, log = await the_graph(mongo_uri, bodies, random)
    second, _ = await the_graph(mongo_uri, random.sample(again, len(again)), random)

    views = [View(log, company, now=now()) for company in COMPANIES]
    said = {view.company: expected(view) for view in views}
    assert not (found := [*differences(said, first)]), report(seed, found)
    assert not (found := [*differences(said, second)]), report(seed, found)


@every_seed
async def test_every_request_is_answered_as_the_model_says(mongo_uri: str, seed: int) -> None:
    sent: list[bytes] = []
    async with a_server(mongo_uri) as server:
        for request in requests(Feed(seed).take(BODIES), Random(seed)):
            answer = await server.post(request.content, request.content_type)

            status, content = answered(request, sent)
            assert answer.status_code == status, (seed, request)
            assert not [*differences(content, answer.json())], (seed, request, answer.text)
            sent += request.bodies
        log = await the_log(server, take(sent))
        for company in COMPANIES:
            said = await asked(server)(FIGURES, {"companyId": company})
            assert not (found := [*differences(figures(log, take(sent), company), said)]), report(
                seed, found
            )


async def the_graph(
    mongo_uri: str, bodies: Sequence[bytes], random: Random
) -> tuple[dict[str, Any], list[Event]]:
    """Return all that the graph of a new log says, and the log."""
    async with a_server(mongo_uri) as server:
        intake = await posted(server, bodies, random)
        said = {company: await whole(asked(server), company) for company in COMPANIES}
        return said, await the_log(server, intake)


class Asked:
    """The graph in this process, answering as a client gets it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = replace(caller, throttle=unlimited())

    async def __call__(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        result: Any = await schema.execute(
            query, variable_values=dict(variables), context_value=self._caller
        )
        assert not result.errors, (result.errors, query, variables)
        data: dict[str, Any] = decode(encode(result.data))
        return data


class Subscribed:
    """The subscriptions in this process."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def __call__(
        self, query: str, variables: Mapping[str, object]
    ) -> AsyncGenerator[dict[str, Any], None]:
        results: Any = await schema.subscribe(
            query, variable_values=dict(variables), context_value=self._caller
        )
        async for result in results:
            assert not result.errors, (result.errors, query, variables)
            yield decode(encode(result.data))


def asked(server: RunningServer) -> Asked:
    return Asked(Caller(server.log, server.services.follower))


def subscribed(server: RunningServer) -> Subscribed:
    return Subscribed(Caller(server.log, server.services.follower, throttle=unlimited()))


def now() -> int:
    return round(time.time() * 1000)


def report(seed: int, found: Sequence[str]) -> str:
    return "\n".join([f"seed {seed}", *found])


async def posted(
    server: RunningServer, bodies: Sequence[bytes], random: Random, *, before: Sequence[bytes] = ()
) -> Intake:
    """Append bodies in batches; hold each receipt against the model's."""
    known = list(before)
    sent = 0
    while sent < len(bodies):
        batch = bodies[sent : sent + random.choice((1, 1, 2, 5, 13))]
        was, known = take(known), [*known, *batch]
        becomes = take(known)
        receipt = await server.log.append(batch)
        codes = [each.code for each in receipt.rejected]
        assert codes == [each.code for each in becomes.rejected[len(was.rejected) :]], batch
        assert receipt.appended == len(becomes.appended) - len(was.appended), batch
        assert receipt.duplicates == len(becomes.duplicates) - len(was.duplicates), batch
        sent += len(batch)
    return take(known)


async def the_log(server: RunningServer, intake: Intake) -> list[Event]:
    """Read the log back: the model's events, with the times of their receipt."""
    found: list[dict[str, Any]] = []
    for company in COMPANIES:
        cursor, has_more = None, True
        while has_more:
            variables = {"companyId": company, "after": cursor}
            page = (await asked(server)(_LOG, variables))["events"]
            found += page["nodes"]
            cursor, has_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    found.sort(key=lambda event: event["position"])
    assert [event["rawBody"] for event in found] == [raw.decode() for raw in intake.appended]
    assert [event["position"] for event in found] == list(range(1, len(found) + 1))
    assert len({event["digest"] for event in found}) == len(found)
    return events_of(intake.appended, [moment(event["receivedAt"]) for event in found])


def followings(random: Random) -> list[Following]:
    """Return a few subscriptions of each kind."""
    speller = Speller(random)
    choose = Chooser(random, lambda: rfc3339(speller.moment()))
    return [
        Following(topic, company, choose, BODIES // 3) for topic in TOPICS for company in COMPANIES
    ]


async def until_heard(heard: Sequence[Following], wanted: Sequence[Sequence[object]]) -> None:
    """Wait until as much was heard as is wanted, and a little for what is too much."""
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while any(  # noqa: ASYNC110 - a test may look
                len(each.heard) < len(told) for each, told in zip(heard, wanted, strict=True)
            ):
                await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)


async def ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(outcome, asyncio.CancelledError), outcome
