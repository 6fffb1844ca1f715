"""The roles that the README gives suffice, on a MongoDB that knows no others, and allow no more."""

import asyncio
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from factories import a_call_event, a_campaign_event
from keyfile import a_mongod_with_users, add_users, readme_roles, signed
from unbreakable.ledger import COMPANY
from unbreakable.listener import listeners
from unbreakable.server_process import ServerProcess

from store.collections import COUNTERS, ERASURES, EVENTS, REDELIVERIES
from store.driver import Database, connect
from store.errors import LogUnavailableError
from store.quarantine import RejectedBody, quarantine
from store.rejections import RejectedError

SERVICE, OPERATOR = "dialgraph", "dialgraph_operator"
PHONE = "+380501234567"
CALL = a_call_event(companyId=COMPANY, phoneNumber=PHONE)
REJECTED = a_call_event(companyId=COMPANY, phoneNumber=PHONE, statisticId=None)


@dataclass(frozen=True)
class Store:
    """A database with the README's users, on a MongoDB that asks who one is."""

    root: str
    name: str

    def environ(self, user: str) -> dict[str, str]:
        uri = signed(self.root, user, self.name)
        return {"MONGODB_URI": uri, "DIALGRAPH_DATABASE": self.name}

    async def dialgraph(self, user: str, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run a command as a user; return what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from api.cli import main; main()", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environ(user)},
        )
        async with asyncio.timeout(60):
            out, complaint = await process.communicate(stdin)
        assert process.returncode == 0, complaint.decode()
        return out


@pytest.fixture(scope="module")
async def root() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="dialgraph-") as folder:
        async with a_mongod_with_users(Path(folder)) as uri:
            yield uri


@pytest.fixture
async def store(root: str) -> Store:
    store = Store(root, f"test-{uuid.uuid4().hex[:8]}")
    await add_users(root, store.name, readme_roles())
    return store


@pytest.fixture
async def as_service(store: Store) -> AsyncIterator[Database]:
    async with connect(store.environ(SERVICE)["MONGODB_URI"], store.name) as database:
        yield database


@pytest.fixture
async def server(store: Store) -> AsyncIterator[ServerProcess]:
    server = ServerProcess(store.environ(SERVICE))
    await server.start()
    yield server
    await server.kill()


async def post(server: ServerProcess, path: str, content: bytes) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        headers = {"Content-Type": "application/json"}
        return await client.post(path, content=content, headers=headers)


async def asked(server: ServerProcess, query: str) -> object:
    answer = await post(server, "/graphql", json.dumps({"query": query}).encode())
    content = answer.json()
    assert "errors" not in content, content
    return content["data"]


async def test_the_service_appends_answers_and_is_followed(
    server: ServerProcess, as_service: Database
) -> None:
    async with listeners(lambda: server.url) as [listener]:
        posted = await post(server, "/events", CALL)
        again = await post(server, "/events", CALL)
        rejected = await post(server, "/events", REJECTED)
        await listener.heard(1)

    assert (posted.json()["appended"], again.json()["duplicates"]) == (1, 1)
    assert rejected.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    query = '{ call(statisticId: "s1") { phoneNumber } quarantine { nodes { code } } }'
    assert await asked(server, query) == {
        "call": {"phoneNumber": PHONE},
        "quarantine": {"nodes": [{"code": "MISSING_ID"}]},
    }
    assert [row["count"] for row in await as_service.find(REDELIVERIES, {})] == [1]


async def test_the_service_is_woken_by_the_appends_of_others(
    server: ServerProcess, as_service: Database
) -> None:
    async with asyncio.timeout(20), aclosing(as_service.updates(COUNTERS)) as woken:
        waking = asyncio.ensure_future(anext(woken))
        while not waking.done():
            await post(server, "/events", a_call_event(companyId=COMPANY, at=time.monotonic()))
            await asyncio.sleep(0.1)

    assert waking.exception() is None


async def test_the_service_cannot_change_an_event(store: Store, as_service: Database) -> None:
    await store.dialgraph(SERVICE, "import", "-", stdin=CALL)

    with pytest.raises(LogUnavailableError, match="not authorized"):
        await as_service.update(EVENTS, {}, {"$set": {"raw": b"other"}})
    with pytest.raises(LogUnavailableError, match="not authorized"):
        await as_service.delete(EVENTS, 1)
    with pytest.raises(LogUnavailableError, match="not authorized"):
        await as_service.drop_collection(EVENTS)


async def test_the_service_looks_after_the_log(
    store: Store, server: ServerProcess, as_service: Database
) -> None:
    for body in (CALL, REJECTED):
        await post(server, "/events", body)
    readable_now = RejectedBody(a_campaign_event(), RejectedError("MISSING_ID"), "acme")
    await quarantine(as_service, [readable_now], datetime.now(UTC))

    exported = await store.dialgraph(SERVICE, "export")
    imported = await store.dialgraph(SERVICE, "import", "--log", "-", stdin=exported)
    verified = await store.dialgraph(SERVICE, "verify")
    listed = await store.dialgraph(SERVICE, "quarantine", "list")
    retried = await store.dialgraph(SERVICE, "quarantine", "retry")

    assert json.loads(exported)["raw"] == CALL.decode()
    assert imported == b"0 appended\n"
    assert b"all is well" in verified
    assert b"MISSING_ID" in listed
    assert retried == b"1 appended, 1 rejected again\n"


async def test_an_operator_forgets_a_person_and_rebuilds_the_facts_beside_the_service(
    store: Store, server: ServerProcess, as_service: Database
) -> None:
    for body in (CALL, REJECTED):
        await post(server, "/events", body)
    person = ("--company", COMPANY, "--phone", PHONE, "--by", "the officer", "--yes")

    rebuilt = await store.dialgraph(OPERATOR, "reindex", "--grace", "0")
    erased = await store.dialgraph(OPERATOR, "forget", *person)
    again = await post(server, "/events", CALL)
    verified = await store.dialgraph(SERVICE, "verify")

    assert rebuilt == b"the facts are generation 2 now\n"
    assert erased.startswith(b"1 events and 1 rejected bodies erased")
    assert again.json()["duplicates"] == 1
    assert b"all is well" in verified
    with pytest.raises(LogUnavailableError, match="not authorized"):
        await as_service.find(ERASURES, {})
