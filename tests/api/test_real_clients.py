"""The clients that front ends use, against a real server."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from factories import a_campaign_event
from following import formed, simulated, until
from serving import RunningServer
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


async def listen(clients: Path, server: RunningServer, door: str, **asked: object) -> list[Any]:
    url = server.url.replace("http", "ws", 1) if door == "ws" else server.url
    settings = json.dumps({"door": door, "url": f"{url}/graphql", **asked})
    node = await asyncio.create_subprocess_exec(
        "node", "listen.mjs", settings, cwd=clients, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
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
