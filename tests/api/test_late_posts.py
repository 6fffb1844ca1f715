"""Posts that MongoDB is late for: answered within the time for an answer, and before the end."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from factories import a_campaign_event
from serving import RunningServer, a_server

from api import events, serve
from store import log

_BROKEN = b"{broken"
_REJECTED = b'{"companyId": 1}'


def late(work: Callable[..., Awaitable[Any]], seconds: float) -> Callable[..., Awaitable[Any]]:
    async def after_a_while(*given: object, **named: object) -> object:
        await asyncio.sleep(seconds)
        return await work(*given, **named)

    return after_a_while


def delay(monkeypatch: pytest.MonkeyPatch, place: object, name: str, seconds: float = 3) -> None:
    monkeypatch.setattr(place, name, late(getattr(place, name), seconds))


def is_to_be_sent_again(answer: httpx.Response) -> bool:
    code = answer.json()["error"]["code"]
    return (answer.status_code, code, "Retry-After" in answer.headers) == (503, "UNAVAILABLE", True)


@pytest.mark.parametrize("body", [_BROKEN, _REJECTED], ids=["no JSON", "no event"])
async def test_a_rejected_body_that_the_quarantine_is_late_for_is_answered_in_time(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(log, "ANSWER_SECONDS", 0.3)
    delay(monkeypatch, server.log.database, "upsert_all")

    async with asyncio.timeout(2):
        answer = await server.post(body)

    assert is_to_be_sent_again(answer)


async def test_so_is_one_that_the_position_is_late_for(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "ANSWER_SECONDS", 0.3)
    delay(monkeypatch, server.log, "head")

    async with asyncio.timeout(2):
        answer = await server.post(_BROKEN)

    assert is_to_be_sent_again(answer)


async def test_so_is_one_that_no_thread_is_free_to_read(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "ANSWER_SECONDS", 0.3)
    delay(monkeypatch, events, "_split")

    async with asyncio.timeout(2):
        answer = await server.post(a_campaign_event())

    assert is_to_be_sent_again(answer)


@pytest.mark.parametrize(
    ("slow", "body"), [("transaction", a_campaign_event()), ("upsert_all", _REJECTED)]
)
async def test_who_waits_for_mongodb_when_the_server_ends_is_told_to_send_again(
    mongo_uri: str, monkeypatch: pytest.MonkeyPatch, slow: str, body: bytes
) -> None:
    monkeypatch.setattr(serve, "_GRACE_SECONDS", 1.5)
    async with AsyncExitStack() as stack:
        async with a_server(mongo_uri) as server:
            delay(monkeypatch, server.log.database, slow)
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=server.url))
            posting = asyncio.create_task(client.post("/events", content=body))
            await asyncio.sleep(0.2)

        answer = await posting

    assert is_to_be_sent_again(answer)
