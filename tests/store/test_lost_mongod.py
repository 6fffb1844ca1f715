"""The embedded mongod ends by itself: the server is told, whatever else is broken."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store import embedded
from store.embedded import embedded_mongo


@pytest.fixture(autouse=True)
def no_databases_are_left(tmp_path: Path) -> Iterator[None]:
    # pytest keeps the last runs' folders; these are 300 MB each.
    yield
    shutil.rmtree(tmp_path)


def without_log(folder: Path) -> None:
    (folder / "mongod.log").unlink()


def without_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def with_odd_log(folder: Path) -> None:
    (folder / "mongod.log").write_text('{"of": "another program"}\n')


async def why_lost(folder: Path, broken: Callable[[Path], None]) -> str:
    """Break something, kill mongod, and return what the server is told."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.timeout(20), embedded_mongo(folder, on_lost=told.set_result):
        pid = int(await asyncio.to_thread((folder / "db" / "mongod.lock").read_text))
        broken(folder)
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(5):
            return await told


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (without_log, "was ended by SIGKILL: its log cannot be read (No such file or directory)"),
        (without_folder, "cannot be read: its log cannot be read (No such file or directory)"),
        (with_odd_log, "was ended by SIGKILL"),
    ],
    ids=["no log", "no folder", "an odd log"],
)
async def test_a_lost_mongod_is_reported_although_it_left_nothing_to_read(
    tmp_path: Path, broken: Callable[[Path], None], complaint: str
) -> None:
    why = await why_lost(tmp_path / "data", broken)

    assert why.startswith("the embedded MongoDB was lost: mongod was ended by SIGKILL")
    assert why.endswith(complaint)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_it_is_reported_although_nobody_can_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def puzzled(*_: object) -> str:
        raise ValueError("35 is not a valid Signals")

    monkeypatch.setattr(embedded, "why_it_ended", puzzled)

    assert await why_lost(tmp_path / "data", lambda _: None) == "the embedded MongoDB was lost"
