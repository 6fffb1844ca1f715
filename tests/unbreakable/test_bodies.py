"""Bodies that are broken, endless or hostile: each is answered, and the server lives on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from factories import a_campaign_event
from faults import failing, mongod_with_failpoints
from serving import RunningServer, a_server

from api import connections
from store.embedded import embedded_mongo
from unbreakable.rounds import rounds
from unbreakable.table import new_row

_DEEP = 100_000
_LIMIT_BYTES = 8 * 2**20

EVENTS, GRAPH = "/events", "/graphql"


def a_query(variables: bytes) -> bytes:
    return b'{"query": "{ __typename }", "variables": {"x": ' + variables + b"}}"


def an_event(value: bytes) -> bytes:
    return a_campaign_event()[:-1] + b', "x": ' + value + b"}"


VALUES = {
    "deep arrays": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"a":' * _DEEP + b"1" + b"}" * _DEEP,
    "deep and open": b"[" * _DEEP,
    "invalid UTF-8": b'"\xff\xfe\x80"',
    "overlong UTF-8": b'"\xc0\xaf"',
    "a huge integer": b"9" * _DEEP,
    "a huge exponent": b"1e999999999",
    "no number": b"NaN",
    "a NUL in the open": b'"a\x00b"',
    "a NUL": rb'"a\u0000b"',
    "a NUL in a key": rb'{"a\u0000b": 1}',
    "a lone surrogate": rb'"\ud800"',
    "a hundred thousand keys": b"{%b}" % b",".join(b'"%d":1' % n for n in range(_DEEP)),
    "a string without an end": b'"aaa',
}


@pytest.fixture(scope="module")
async def server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    async with a_server(mongo_uri) as server:
        yield server


async def lives_on(server: RunningServer) -> bool:
    """Say whether it still does its work."""
    posted = await server.post(a_campaign_event())
    asked = await server.client.post(GRAPH, json={"query": "{ __typename }"})
    ready = await server.client.get("/readyz")
    return posted.status_code == asked.status_code == ready.status_code == httpx.codes.OK


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize(
    ("door", "body_of"), [(EVENTS, an_event), (GRAPH, a_query)], ids=["events", "graphql"]
)
async def test_a_hostile_body_is_taken_or_refused_never_a_fault(
    server: RunningServer, door: str, body_of: type, value: bytes
) -> None:
    answer = await server.post(body_of(value), path=door)

    assert answer.status_code in {200, 400, 413, 422}
    assert answer.json()
    assert await lives_on(server)


@pytest.mark.parametrize("door", [EVENTS, GRAPH])
@pytest.mark.parametrize("body", [b"", b"\x00", b"{", b"\xff", b"[" * _DEEP])
async def test_a_body_that_is_no_json_is_refused(
    server: RunningServer, door: str, body: bytes
) -> None:
    answer = await server.post(body, path=door)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()
    assert await lives_on(server)


@pytest.mark.parametrize("door", [EVENTS, GRAPH])
async def test_a_body_one_byte_too_long_is_too_large(server: RunningServer, door: str) -> None:
    answer = await server.post(b" " * (_LIMIT_BYTES + 1), path=door)

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert await lives_on(server)


@pytest.mark.parametrize("door", [EVENTS, GRAPH])
async def test_a_body_of_chunks_without_an_end_is_cut_off_at_the_limit(
    server: RunningServer, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 2.0)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            yield b" " * 65_536
            sent += 65_536

    async with asyncio.timeout(60):
        headers = {"Content-Type": "application/json"}
        with suppress(httpx.TransportError):  # cut off while it was sending
            answer = await server.client.post(door, content=endless(), headers=headers)
            assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE

    assert sent >= 2**20
    assert await lives_on(server)


@pytest.mark.parametrize("door", [EVENTS, GRAPH])
async def test_truncated_bodies_leave_nothing_behind(server: RunningServer, door: str) -> None:
    row = new_row(f"bodies cut off in the middle, {door}")
    address = httpx.URL(server.url)
    head = f"POST {door} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert await lives_on(server)
    before = len(await server.events())

    for cut in range(rounds(1) * 50):
        _, writer = await asyncio.open_connection(address.host, address.port)
        body = a_campaign_event(place=cut)
        writer.write(
            f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: cut % len(body)]
        )
        await writer.drain()
        writer.close()
        row.rounds += 1

    assert await lives_on(server)
    assert len(await server.events()) == before


_OUT_OF_DISK_SPACE = 14031


@pytest.mark.parametrize("command", ["insert", "commitTransaction"])
async def test_a_full_disk_is_unavailable_and_sending_again_is_safe(
    tmp_path: Path, command: str
) -> None:
    row = new_row(f"MongoDB answers {command} with OutOfDiskSpace")
    program = mongod_with_failpoints(tmp_path)
    async with embedded_mongo(tmp_path / "data", mongod=program) as uri, a_server(uri) as server:
        bodies = [a_campaign_event(place=place) for place in range(20)]
        async with failing(uri, command, code=_OUT_OF_DISK_SPACE, times=1_000):
            refused = await asyncio.gather(*map(server.post, bodies))
        again = await asyncio.gather(*map(server.post, bodies))

        codes = {answer.status_code for answer in refused}
        assert codes == {httpx.codes.SERVICE_UNAVAILABLE}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert sum(json.loads(answer.content)["appended"] for answer in again) == len(bodies)
        assert len(await server.events()) == len(bodies)
        assert await lives_on(server)
        row.rounds, row.refused, row.acknowledged = 1, len(refused), len(bodies)
