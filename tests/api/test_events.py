"""`POST /events`, line by line of its table."""

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count

import httpx
import pytest
from factories import a_campaign_event
from serving import RunningServer, a_server

from store.collections import QUARANTINE
from store.quarantine import count_bodies

NDJSON = "application/x-ndjson"

_numbers = count(1)


def a_new_event() -> bytes:
    return a_campaign_event(campaignId=f"campaign {next(_numbers)}")


async def raw_bodies(server: RunningServer, after: int) -> list[bytes]:
    return [event["raw"] for event in await server.events(after)]


@pytest.fixture
async def position(server: RunningServer) -> int:
    """The position before the test."""
    return (await server.log.head()).position


async def test_one_event_is_appended(server: RunningServer, position: int) -> None:
    answer = await server.post(a_new_event())

    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "appended": 1,
        "duplicates": 0,
        "rejected": [],
        "position": position + 1,
    }


async def test_an_event_seen_before_is_a_duplicate(server: RunningServer) -> None:
    event = a_new_event()
    first = await server.post(event)

    again = await server.post(b" " + event)

    assert again.status_code == httpx.codes.OK
    assert again.json() == {**first.json(), "appended": 0, "duplicates": 1}


async def test_the_same_event_twice_in_one_request_is_appended_once(server: RunningServer) -> None:
    event = a_new_event()

    answer = await server.post(b"[%b,%b]" % (event, event))

    assert (answer.json()["appended"], answer.json()["duplicates"]) == (1, 1)


async def test_an_array_keeps_each_element_as_it_was_spelled(
    server: RunningServer, position: int
) -> None:
    spelled = b'{"eventName" : "X","companyId":7, "n": 1.50, "big": 123456789012345678901234567890}'
    other = '{"companyId":"ю","eventName":"\\u0058","text":"\\ud83d\\n ї"}'.encode()

    answer = await server.post(b" [ %b\n,\t%b ]\r\n" % (spelled, other))

    assert answer.json()["appended"] == 2
    assert await raw_bodies(server, position) == [spelled, other]


async def test_ndjson_keeps_each_line_as_it_was_spelled(
    server: RunningServer, position: int
) -> None:
    lines = [b'{"eventName":"X","companyId":1,  "n":%d.0}' % n for n in range(3)]

    answer = await server.post(b"\xef\xbb\xbf%b\r\n\n  %b \n%b" % tuple(lines), NDJSON)

    assert answer.json()["appended"] == 3
    assert await raw_bodies(server, position) == lines


@pytest.mark.parametrize("content_type", [NDJSON, "Application/X-NDJSON; charset=utf-8"])
async def test_ndjson_is_known_by_its_content_type(
    server: RunningServer, content_type: str
) -> None:
    answer = await server.post(b"%b\n%b" % (a_new_event(), a_new_event()), content_type)

    assert answer.json()["appended"] == 2


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", ";;"])
async def test_every_other_content_type_is_read_as_json(
    server: RunningServer, content_type: str
) -> None:
    answer = await server.post(a_new_event(), content_type)

    assert answer.json()["appended"] == 1


@pytest.mark.parametrize(("body", "content_type"), [(b"[]", ""), (b"", NDJSON), (b"\n\n", NDJSON)])
async def test_no_event_at_all_is_fine(
    server: RunningServer, position: int, body: bytes, content_type: str
) -> None:
    answer = await server.post(body, content_type)

    assert answer.status_code == httpx.codes.OK
    assert answer.json() == {"appended": 0, "duplicates": 0, "rejected": [], "position": position}


async def test_a_token_in_the_address_leads_to_the_same_door(server: RunningServer) -> None:
    answer = await server.post(a_new_event(), path="/events/some-token")

    assert answer.json()["appended"] == 1


async def test_a_bad_element_is_rejected_and_the_others_are_durable(
    server: RunningServer, position: int
) -> None:
    good = [a_new_event(), a_new_event()]

    answer = await server.post(b"[%b, 42, %b]" % tuple(good))

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.json()["appended"] == 2
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [
        (1, "NOT_AN_OBJECT")
    ]
    assert await raw_bodies(server, position) == good


async def test_a_bad_line_is_counted_among_the_lines_that_are_not_blank(
    server: RunningServer,
) -> None:
    answer = await server.post(b"\n%b\n\n{oops\n%b" % (a_new_event(), a_new_event()), NDJSON)

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.json()["appended"] == 2
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [
        (1, "INVALID_JSON")
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"42", "NOT_AN_OBJECT"),
        (b"null", "NOT_AN_OBJECT"),
        (b"{}", "MISSING_EVENT_NAME"),
        (b'{"eventName":"X"}', "MISSING_COMPANY_ID"),
        (b'{"eventName":"X","companyId":1.5}', "MISSING_COMPANY_ID"),
        (a_campaign_event(campaignId=None), "MISSING_ID"),
        (
            b'{"eventName":"TACStatusUpdatedEvent","companyId":1,"tac":[%b]}'
            % b",".join([b'{"id":1}'] * 10_001),
            "TOO_MANY_ELEMENTS",
        ),
    ],
    ids=["number", "null", "empty", "no company", "half a company", "no id", "long"],
)
async def test_a_body_that_is_no_event_is_rejected_with_a_code(
    server: RunningServer, body: bytes, code: str
) -> None:
    answer = await server.post(body)

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [(0, code)]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"NaN", b'{"a":1}{"b":2}', b'[{"a":1}', b'{"a":"\xff"}', b"[" * 100_000],
    ids=["empty", "cut", "NaN", "two values", "open array", "not UTF-8", "deep"],
)
async def test_a_body_that_is_no_json_is_refused_and_kept(
    server: RunningServer, position: int, body: bytes
) -> None:
    answer = await server.post(body)

    rejected = answer.json()["rejected"]
    kept = await server.log.database.find_one(QUARANTINE, rejected[0]["quarantineId"])
    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert (answer.json()["appended"], answer.json()["position"]) == (0, position)
    assert [(each["index"], each["code"]) for each in rejected] == [(0, "INVALID_JSON")]
    assert kept is not None
    assert kept["raw"] == body


async def test_a_rejection_says_what_to_do(server: RunningServer) -> None:
    answer = await server.post(b'{"eventName":"X"}')

    assert "`companyId`" in answer.json()["rejected"][0]["message"]


@pytest.fixture(scope="module")
async def narrow_server(mongo_uri: str) -> AsyncIterator[RunningServer]:
    """A server that takes 1,000 bytes at once and lets one event wait."""
    async with a_server(mongo_uri, max_body_bytes=1_000, queue_events=1) as server:
        yield server


def a_body_of(size: int) -> bytes:
    return a_new_event().ljust(size)


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 300):
        yield body[start : start + 300]


async def test_a_body_of_the_limit_is_taken(narrow_server: RunningServer) -> None:
    answer = await narrow_server.post(a_body_of(1_000))

    assert answer.json()["appended"] == 1


async def test_a_body_over_the_limit_is_too_large(narrow_server: RunningServer) -> None:
    answer = await narrow_server.post(a_body_of(1_001))

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["error"]["code"] == "TOO_LARGE"
    assert "1000 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param(NDJSON, b"1\n" * 10_001, id="lines"),
        pytest.param("application/json", b"[1%b]" % (b",1" * 10_000), id="an array"),
    ],
)
async def test_more_events_than_are_taken_at_once_are_refused_as_a_whole(
    server: RunningServer, content_type: str, body: bytes
) -> None:
    before = await count_bodies(server.log.database, None)

    answer = await server.post(body, content_type)

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["error"]["code"] == "TOO_MANY_EVENTS"
    assert "10,000" in answer.json()["error"]["message"]
    assert await count_bodies(server.log.database, None) == before


async def test_a_chunked_body_of_the_limit_is_taken(narrow_server: RunningServer) -> None:
    answer = await narrow_server.client.post("/events", content=in_chunks(a_body_of(1_000)))

    assert answer.json()["appended"] == 1


async def test_a_chunked_body_over_the_limit_is_too_large(narrow_server: RunningServer) -> None:
    answer = await narrow_server.client.post("/events", content=in_chunks(a_body_of(1_001)))

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["error"]["code"] == "TOO_LARGE"


async def test_a_full_queue_is_unavailable_and_sending_again_is_safe(
    narrow_server: RunningServer,
) -> None:
    events = [a_new_event() for _ in range(20)]

    answers = await asyncio.gather(*(narrow_server.post(event) for event in events))

    refused = [answer for answer in answers if answer.status_code != httpx.codes.OK]
    assert refused
    assert {answer.status_code for answer in refused} == {httpx.codes.SERVICE_UNAVAILABLE}
    assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
    assert {answer.json()["error"]["code"] for answer in refused} == {"UNAVAILABLE"}
    again = [await narrow_server.post(event) for event in events]
    assert sum(each.json()["appended"] for each in again) == len(refused)


async def test_a_sender_that_does_not_wait_for_the_answer_has_its_event_appended(
    server: RunningServer, position: int
) -> None:
    event = a_new_event()
    address = httpx.URL(server.url)
    _, writer = await asyncio.open_connection(address.host, address.port)

    writer.write(b"POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(event), event))
    await writer.drain()
    writer.close()

    async with asyncio.timeout(5):
        while (await server.log.head()).position == position:
            await server.log.wait(0.1)
    assert await raw_bodies(server, position) == [event]


async def test_a_sender_that_leaves_in_the_middle_appends_nothing(
    server: RunningServer, position: int
) -> None:
    address = httpx.URL(server.url)
    _, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{")
    await writer.drain()

    writer.close()
    await writer.wait_closed()

    assert (await server.post(b"[]")).json()["position"] == position


async def test_a_fault_says_nothing_of_the_inside(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.services.log, "deliver", None)

    answer = await server.post(a_new_event())

    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert "NoneType" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status_code", "code"),
    [("GET", "/events", 405, "METHOD_NOT_ALLOWED"), ("GET", "/nowhere", 404, "NOT_FOUND")],
)
async def test_what_no_route_takes_is_refused_in_json(
    server: RunningServer, method: str, path: str, status_code: int, code: str
) -> None:
    answer = await server.client.request(method, path)

    assert answer.status_code == status_code
    assert json.loads(answer.content)["error"]["code"] == code
