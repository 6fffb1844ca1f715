"""One event among 499 good ones that MongoDB refuses: the good ones are appended."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from factories import a_campaign_event, a_tac_event, an_application
from serving import RunningServer, a_server

from store.rejections import MAX_ELEMENTS, MAX_NESTING
from unbreakable.ledger import findings
from unbreakable.table import Row, new_row

_GOOD = 499
_MIB = 2**20
_HEAD = b'{"eventName":"x","companyId":"acme","a":'

# As much as DESIGN has room for: without its decoded body, if need be.
APPENDED = {
    "its BSON is over 16 MiB": _HEAD + b"[" + b",".join([b"1"] * (2 * _MIB)) + b"]}",
    "an array of 100,000": _HEAD + b"[" + b",".join([b"{}"] * 100_000) + b"]}",
    "nested too deep for MongoDB": _HEAD + b"[" * 400 + b"]" * 400 + b"}",
    "a lone surrogate": _HEAD + b'"\\ud800"}',
    "a lone surrogate in an id": a_campaign_event(campaignId="\ud800"),
    "a lone surrogate in the company": a_campaign_event(companyId="\ud800"),
    "NUL in a key": _HEAD + b'{"k\\u0000":1}}',
    "NUL in an id": a_campaign_event(campaignId="a\0b"),
    "an integer of 300 digits": _HEAD + b"9" * 300 + b"}",
    "a number beyond doubles": _HEAD + b"1e999}",
    "7 MiB of text": a_campaign_event(text="x" * 7 * _MIB),
}
REJECTED = {
    "over 500 levels": (_HEAD + b"[" * MAX_NESTING + b"]" * MAX_NESTING + b"}", "INVALID_JSON"),
    "100,000 elements": (
        a_tac_event(*[an_application(id=each) for each in range(10 * MAX_ELEMENTS)]),
        "TOO_MANY_ELEMENTS",
    ),
    "an id of 14 MiB, so facts over 16": (
        a_campaign_event(campaignId="x" * 14 * _MIB),
        "UNSTORABLE",
    ),
}


@pytest.fixture(scope="module")
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    async with a_server(mongo_uri, max_body_bytes=15 * _MIB) as server:
        yield server


@pytest.fixture(scope="module")
def row() -> Row:
    return new_row("one event of 500 that MongoDB refuses, each kind in turn")


def among_good_ones(poison: bytes) -> bytes:
    good = [a_campaign_event(of=str(hash(poison)), place=place) for place in range(_GOOD)]
    return b"[" + b",".join([*good[:200], poison, *good[200:]]) + b"]"


async def post(server: RunningServer, body: bytes) -> httpx.Response:
    return await server.client.post("/events", content=body, timeout=60)


@pytest.mark.parametrize("poison", APPENDED.values(), ids=APPENDED)
async def test_an_event_that_bson_has_no_room_for_is_appended_with_the_good_ones(
    server: RunningServer, row: Row, poison: bytes
) -> None:
    before = len(await server.events())

    answer = await post(server, among_good_ones(poison))

    assert (answer.status_code, answer.json()["appended"]) == (httpx.codes.OK, _GOOD + 1)
    assert bytes((await server.events(before))[200]["raw"]) == poison
    row.rounds, row.acknowledged = row.rounds + 1, row.acknowledged + _GOOD + 1


@pytest.mark.parametrize(("poison", "code"), REJECTED.values(), ids=REJECTED)
async def test_an_event_that_cannot_be_held_is_rejected_and_the_good_ones_are_appended(
    server: RunningServer, row: Row, poison: bytes, code: str
) -> None:
    answer = await post(server, among_good_ones(poison))

    receipt = answer.json()
    assert (answer.status_code, receipt["appended"]) == (httpx.codes.UNPROCESSABLE_ENTITY, _GOOD)
    assert [(each["index"], each["code"]) for each in receipt["rejected"]] == [(200, code)]
    row.rounds, row.acknowledged = row.rounds + 1, row.acknowledged + _GOOD


async def test_others_are_answered_while_a_monster_is_read(server: RunningServer) -> None:
    longest = 0.0
    monster = _HEAD + b"[" + b",".join([b"2"] * (2 * _MIB)) + b"]}"

    started = at = time.monotonic()
    posting = asyncio.create_task(post(server, monster))
    while not posting.done():
        answer = await post(server, a_campaign_event(at=at))
        longest, at = max(longest, time.monotonic() - at), time.monotonic()
        assert answer.status_code == httpx.codes.OK

    assert longest < (time.monotonic() - started) * 3 / 4


async def test_what_mongodb_took_of_all_that_is_sound(server: RunningServer) -> None:
    assert await findings(server.log.database) == []
