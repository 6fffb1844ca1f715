"""A server with a MongoDB of its own: its folder, its neighbours and its end."""

import asyncio
import random
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from factories import a_campaign_event

from unbreakable.rounds import rounds
from unbreakable.server_process import ServerProcess
from unbreakable.table import new_row
from unbreakable.waiting import until


def a_server_on(folder: Path) -> ServerProcess:
    return ServerProcess({"MONGODB_URI": "", "DIALGRAPH_DATA": str(folder)})


async def post(server: ServerProcess, **fields: object) -> dict[str, int]:
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        answer = await client.post("/events", content=a_campaign_event(**fields))
    answered: dict[str, int] = answer.json()
    return answered


def mongods_on(folder: Path) -> list[int]:
    """Return the processes that were started on the folder's database."""
    named = str(folder / "db").encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"--dbpath" in words and named in words:
                found.append(int(process.name))
    return found


async def test_a_second_server_on_a_folder_ends_with_a_word_and_the_first_goes_on(
    tmp_path: Path,
) -> None:
    first, second = a_server_on(tmp_path), a_server_on(tmp_path)
    await first.start()

    with pytest.raises(AssertionError, match=f"is served by process {first.pid}"):
        await second.start()
    code = await second.ended()
    receipt = await post(first)
    await first.kill()

    assert code == 1
    assert receipt["appended"] == 1


async def test_a_folder_that_is_moved_after_its_server_was_killed_is_served_whole(
    tmp_path: Path,
) -> None:
    server, moved = a_server_on(tmp_path / "here"), a_server_on(tmp_path / "there")
    await server.start()
    await post(server, place=1)
    await server.kill()
    await until(lambda: not mongods_on(tmp_path / "here"))
    (tmp_path / "here").rename(tmp_path / "there")

    await moved.start()
    again, another = await post(moved, place=1), await post(moved, place=2)
    await moved.kill()

    assert (again["duplicates"], again["position"]) == (1, 1)
    assert (another["appended"], another["position"]) == (1, 2)


async def test_a_server_killed_at_any_moment_leaves_no_mongod(tmp_path: Path) -> None:
    row = new_row("SIGKILL of a server, from its start on (recovery: the end of its mongod)")
    server = a_server_on(tmp_path)

    for _ in range(rounds(4)):
        starting = asyncio.create_task(server.start())
        await asyncio.wait([starting], timeout=random.uniform(0.3, 4))
        await server.kill()
        since = time.monotonic()
        await asyncio.gather(starting, return_exceptions=True)
        await until(lambda: not mongods_on(tmp_path))
        row.recoveries.append(time.monotonic() - since)
        row.rounds += 1

    await server.start()
    assert (await post(server))["position"] == 1
    await server.kill()
