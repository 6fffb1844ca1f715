"""The embedded MongoDB, tried with real servers: it starts, lasts, and leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from store.driver import run_command
from store.embedded import embedded_mongo
from store.errors import EmbeddedMongoError

SERVER = """
import asyncio, sys
from pathlib import Path
from store.embedded import embedded_mongo

async def serve():
    async with embedded_mongo(Path(sys.argv[1])):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(serve())
"""


@pytest.fixture(autouse=True)
def no_databases_are_left(tmp_path: Path) -> Iterator[None]:
    # pytest keeps the last runs' folders; these are 300 MB each.
    yield
    shutil.rmtree(tmp_path)


@asynccontextmanager
async def serving(
    folder: Path, *, mongod: str | None = None, on_lost: Callable[[str], None] | None = None
) -> AsyncIterator[str]:
    async with (
        asyncio.timeout(20),
        embedded_mongo(folder, mongod=mongod, on_lost=on_lost) as uri,
    ):
        yield uri


@asynccontextmanager
async def a_server_process(folder: Path) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        str(folder),
        stdout=PIPE,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        async with asyncio.timeout(20):
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
            yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def mongods_on(folder: Path) -> list[int]:
    """The pids of the mongods that serve `folder`, by their command lines."""
    dbpath = f"--dbpath\0{folder}/db\0".encode()
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if dbpath in command_line(pid)]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def sockets_of(pid: int) -> set[str]:
    links = map(target, Path(f"/proc/{pid}/fd").iterdir())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed since it was listed
        return ""


def tcp_sockets() -> set[str]:
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    return {row.split()[9] for table in tables for row in table.read_text().splitlines()[1:]}


async def eventually(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  other processes' state cannot be awaited
            await asyncio.sleep(0.02)


async def keep(uri: str, name: str) -> None:
    await run_command(uri, {"insert": "kept", "documents": [{"_id": name}]})


async def kept(uri: str) -> list[str]:
    answer = await run_command(uri, {"find": "kept"})
    return [document["_id"] for document in answer["cursor"]["firstBatch"]]


def a_program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


async def test_the_first_start_gives_the_writable_primary_of_a_replica_set(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as uri:
        hello = await run_command(uri, {"hello": 1})

    assert hello["isWritablePrimary"]
    assert uri.endswith(f"?replicaSet={hello['setName']}")


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path) -> None:
    async with serving(tmp_path) as uri:
        await keep(uri, "before")

    async with serving(tmp_path) as uri:
        await keep(uri, "after")

        assert await kept(uri) == ["before", "after"]


async def test_a_folder_can_be_moved_between_runs(tmp_path: Path) -> None:
    async with serving(tmp_path / "here") as uri:
        await keep(uri, "before")
    (tmp_path / "here").rename(tmp_path / "there")

    async with serving(tmp_path / "there") as uri:
        await keep(uri, "after")

        assert await kept(uri) == ["before", "after"]


async def test_a_path_too_long_for_a_socket_is_served(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)

    async with serving(folder) as uri:
        await keep(uri, "it")
        used = await kept(uri)

    assert used == ["it"]


async def test_a_path_with_spaces_and_percent_signs_is_served(tmp_path: Path) -> None:
    async with serving(tmp_path / "a %2F é") as uri:
        await keep(uri, "it")

        assert await kept(uri) == ["it"]


async def test_only_the_owner_may_enter_the_folder_and_no_tcp_port_listens(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    async with serving(folder):
        [pid] = mongods_on(folder)

        assert (folder.stat().st_mode & 0o777, (folder / "run").stat().st_mode & 0o777) == (
            0o700,
            0o700,
        )
        assert sockets_of(pid)
        assert sockets_of(pid).isdisjoint(tcp_sockets())


async def test_leaving_ends_mongod(tmp_path: Path) -> None:
    async with serving(tmp_path):
        running = mongods_on(tmp_path)

    assert len(running) == 1
    assert mongods_on(tmp_path) == []


async def test_a_second_server_on_the_folder_is_told_who_serves_it(tmp_path: Path) -> None:
    async with a_server_process(tmp_path) as pid:
        with pytest.raises(EmbeddedMongoError, match=rf"served by process {pid}:.*MONGODB_URI="):
            async with serving(tmp_path):
                pytest.fail("two servers on one folder")


async def test_a_killed_server_leaves_no_mongod_and_its_folder_is_served_again(
    tmp_path: Path,
) -> None:
    async with a_server_process(tmp_path) as pid:
        os.kill(pid, signal.SIGKILL)

        async with serving(tmp_path):
            successor = mongods_on(tmp_path)

    assert len(successor) == 1
    await eventually(lambda: mongods_on(tmp_path) == [])


async def test_a_killed_mongod_is_reported_once_and_recovers_at_the_next_start(
    tmp_path: Path,
) -> None:
    reports: list[str] = []

    async with serving(tmp_path, on_lost=reports.append) as uri:
        await keep(uri, "before")
        [pid] = mongods_on(tmp_path)
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: bool(reports))

    async with serving(tmp_path) as uri:
        assert await kept(uri) == ["before"]
    assert reports == ["the embedded MongoDB was lost: mongod was ended by SIGKILL"]


async def test_a_mongod_that_was_asked_to_end_is_not_reported(tmp_path: Path) -> None:
    reports: list[str] = []

    async with serving(tmp_path, on_lost=reports.append):
        pass

    assert reports == []


@pytest.mark.parametrize("delay_seconds", [0.0, 0.03, 0.15])
async def test_a_start_that_is_cancelled_leaves_no_mongod(
    tmp_path: Path, delay_seconds: float
) -> None:
    starting = asyncio.create_task(serving(tmp_path).__aenter__())
    await asyncio.sleep(delay_seconds)
    starting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await starting

    assert mongods_on(tmp_path) == []


async def test_a_missing_mongod_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedMongoError, match="no-such-mongod was not found: set MONGODB_URI"):
        async with serving(tmp_path, mongod="no-such-mongod"):
            pytest.fail("served by nothing")


async def test_a_mongod_that_ends_at_the_start_is_quoted(tmp_path: Path) -> None:
    mongod = a_program(tmp_path / "mongod", "echo 'bad option: --replSet'; exit 2")

    with pytest.raises(EmbeddedMongoError, match=r"exited with code 2: bad option.*MONGODB_URI"):
        async with serving(tmp_path / "data", mongod=mongod):
            pytest.fail("served by a program that ended")


async def test_a_mongod_without_its_libraries_says_which_to_install(tmp_path: Path) -> None:
    said = "error while loading shared libraries: libcurl.so.4: cannot open shared object file"
    mongod = a_program(tmp_path / "mongod", f"echo '{said}' >&2; exit 127")

    with pytest.raises(EmbeddedMongoError, match=r"libcurl\.so\.4.*needs libcurl4 and OpenSSL 3"):
        async with serving(tmp_path / "data", mongod=mongod):
            pytest.fail("served without libraries")


async def test_a_folder_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(EmbeddedMongoError, match=r"data folder .*file/data \(Not a directory\)"):
        async with serving(tmp_path / "file" / "data"):
            pytest.fail("served from a file")


async def test_a_damaged_database_is_an_error_with_mongods_own_words(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "storage.bson").write_text("this is no database")

    with pytest.raises(EmbeddedMongoError, match=r"mongod (exited|was ended).*: .*MONGODB_URI"):
        async with serving(tmp_path):
            pytest.fail("served from rubbish")
