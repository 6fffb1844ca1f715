"""GraphQL over HTTP, as the audits of npm graphql-http see it."""

import asyncio
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from serving import RunningServer

AUDITS = Path(__file__).parent
COUNT = 61


@pytest.fixture(scope="module")
async def audits(server: RunningServer) -> list[dict[str, Any]]:
    """What each audit says of a server in development mode."""
    assert shutil.which("npm"), "install the Debian package npm: these tests run its audits"
    installing = await asyncio.create_subprocess_exec(
        "npm", "ci", "--no-audit", "--no-fund", "--silent", cwd=AUDITS
    )
    assert await installing.wait() == 0
    running = await asyncio.create_subprocess_exec(
        "node", "audit.mjs", f"{server.url}/graphql", cwd=AUDITS, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        out, _ = await running.communicate()
    assert running.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


def test_every_audit_passes(audits: list[dict[str, Any]]) -> None:
    failed = [each for each in audits if each["status"] != "ok"]

    assert failed == []
    assert Counter(each["status"] for each in audits) == {"ok": COUNT}
