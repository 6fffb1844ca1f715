"""The clients that front ends use, against a real server."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from factories import a_campaign_event
from following import formed, simulated, until
from serving import RunningServer, a_server
from streams import first, over_socket

from store.topics import CALLS

CLIENTS = Path(__file__).parents[1] / "clients"

CALLS_QUERY = """
subscription ($company: ID!, $after: Position, $cursor: String) {
  callUpdated(companyId: $company, after: $after, afterCursor: $cursor) {
    cursor position created call { statisticId application { applicationId } }
  }
}
"""
STATUS_QUERY = """
subscription ($company: ID!, $after: Position) {
  campaignStatusChanged(companyId: $company, after: $after) { status campaign { campaignId } }
}
"""

both_doors = pytest.mark.parametrize("door", ["ws", "sse"])


@pytest.fixture(scope="module")
async def clients() -> Path:
    """The folder of the script, its packages installed as the lock names them."""
    assert shutil.which("npm"), "install the Debian package npm: these tests drive real clients"
    done = await asyncio.create_subprocess_exec(
        "npm", "ci", "--no-audit", "--no-fund", "--silent", cwd=CLIENTS
    )
    assert await done.wait() == 0
    return CLIENTS


def settings_of(server: RunningServer, door: str, **asked: object) -> str:
    url = server.url.replace("http", "ws", 1) if door == "ws" else server.url
    return json.dumps({"door": door, "url": f"{url}/graphql", **asked})


async def listen(clients: Path, server: RunningServer, door: str, **asked: object) -> list[Any]:
    return await said_by(clients, "listen.mjs", settings_of(server, door, **asked))


async def said_by(clients: Path, script: str, settings: str) -> list[Any]:
    node = await asyncio.create_subprocess_exec(
        "node", script, settings, cwd=clients, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(120):
        out, _ = await node.communicate()
    assert node.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


@both_doors
async def test_a_client_hears_a_change_as_it_happens(
    clients: Path, server: RunningServer, company: str, door: str
) -> None:
    variables = {"company": company}
    hearing = asyncio.create_task(
        listen(clients, server, door, query=STATUS_QUERY, variables=variables, count=1)
    )
    await until(lambda: server.services.follower.listening)

    await server.post(a_campaign_event(companyId=company, status="inProcess"))

    [heard] = await hearing
    change = {"status": "IN_PROCESS", "campaign": {"campaignId": "c1"}}
    assert heard["data"] == {"campaignStatusChanged": change}


@both_doors
async def test_a_client_that_drops_after_every_change_hears_what_one_that_stays_does(
    clients: Path, server: RunningServer, company: str, door: str
) -> None:
    await server.log.append(simulated(company))
    count = len(await formed(server.log, CALLS, company))
    staying = await first(over_socket(server, CALLS_QUERY, company=company, after=0), count)
    asked = {"query": CALLS_QUERY, "variables": {"company": company, "after": 0}, "count": count}

    at_once = await listen(clients, server, door, **asked)
    dropping = await listen(clients, server, door, resume=True, **asked)

    assert at_once == staying
    assert dropping == staying


@pytest.mark.parametrize("library", ["apollo", "urql"])
async def test_a_page_whose_socket_is_lost_after_every_change_hears_all(
    clients: Path, server: RunningServer, company: str, library: str
) -> None:
    await server.log.append(simulated(company))
    count = min(30, len(await formed(server.log, CALLS, company)))
    staying = await first(over_socket(server, CALLS_QUERY, company=company, after=0), count)
    asked = {"query": CALLS_QUERY, "variables": {"company": company, "after": 0}, "count": count}

    told = await said_by(clients, "resume.mjs", settings_of(server, "ws", library=library, **asked))

    assert told == [each["extensions"]["cursor"] for each in staying]


@pytest.mark.parametrize(("door", "word"), [("ws", b"closed 1012"), ("sse", b"connecting again")])
async def test_when_the_server_ends_a_client_comes_again_by_itself(
    clients: Path, mongo_uri: str, company: str, door: str, word: bytes
) -> None:
    async with a_server(mongo_uri) as server:
        settings = settings_of(server, door, query=CALLS_QUERY, variables={"company": company})
        node = await asyncio.create_subprocess_exec(
            *("node", "retry.mjs", settings),
            cwd=clients,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        await until(lambda: server.services.follower.listening)

    assert node.stderr is not None
    async with asyncio.timeout(20):
        first_word = await node.stderr.readline()
        await node.stderr.readline()  # of the next attempt: it has not given up
    assert first_word == word + b"\n"
    assert node.returncode is None
    node.kill()
    await node.communicate()
