"""The disk under mongod is full: nothing acknowledged is lost, and with room again all goes on."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from factories import a_campaign_event

from store.collections import EVENTS
from store.driver import connect
from store.embedded import embedded_mongo
from unbreakable.ledger import findings
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row

_DISK_MIB = 800
_LEFT_BYTES = 24 * 2**20
_EVENT_BYTES = 200_000
_MOST_EVENTS = 1_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory; only root can have it."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "dialgraph", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(ballast: Path) -> None:
    free = shutil.disk_usage(ballast.parent).free
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - _LEFT_BYTES)


async def post_until_refused(client: httpx.AsyncClient, url: str) -> tuple[list[bytes], str]:
    """Return what was acknowledged, and what was said instead of that in the end."""
    acknowledged: list[bytes] = []
    for place in range(_MOST_EVENTS):
        padding = random.randbytes(_EVENT_BYTES // 2).hex()
        body = a_campaign_event(place=place, padding=padding)
        try:
            answer = await client.post(url + "/events", content=body)
        except httpx.TransportError as error:
            return acknowledged, type(error).__name__
        if answer.status_code != httpx.codes.OK:
            return acknowledged, str(answer.status_code)
        acknowledged.append(body)
    raise AssertionError("the disk did not get full")


async def test_a_full_disk_loses_nothing_and_with_room_again_all_goes_on(small_disk: Path) -> None:
    row = new_row("the disk under mongod full (tmpfs)")
    folder, ballast = small_disk / "data", small_disk / "ballast"
    server = ServerProcess({"MONGODB_URI": "", "DIALGRAPH_DATA": str(folder)})
    await server.start()

    async with httpx.AsyncClient(timeout=60) as client:
        first = await client.post(server.url + "/events", content=a_campaign_event())
        fill(ballast)
        acknowledged, said = await post_until_refused(client, server.url)
        ballast.unlink()
        ended = await server.ended()
        complaint = await server.said()
        await server.start()
        again = await client.post(server.url + "/events", content=a_campaign_event(place="later"))
    await server.kill()
    async with (
        embedded_mongo(folder) as uri,
        connect(uri, server.database) as database,
    ):
        held = {bytes(each["raw"]) for each in await database.find(EVENTS, {}, fields={"raw": 1})}
        found = await findings(database)

    row.rounds, row.acknowledged = 1, len(acknowledged) + 2
    row.lost = len(set(acknowledged) - held)
    assert first.status_code == again.status_code == httpx.codes.OK
    assert (row.lost, found) == (0, [])
    assert said == "503"
    assert (ended, "the embedded MongoDB was lost" in complaint) == (1, True)
