"""The mongod program: found, run in the parent's shadow, and quoted."""

import asyncio
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from store import die_with_parent
from store.data_folder import locked_folder
from store.errors import EmbeddedMongoError
from store.mongod import find_mongod, running_mongod


def a_program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def run_with_parent(pid: int, *program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", die_with_parent.__file__, str(pid), *program],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )


def test_the_mongod_on_the_path_comes_before_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = a_program(tmp_path / "mongod", "")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_mongod() == installed


def test_without_one_on_the_path_the_wheels_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_mongod().endswith("fiftyone/db/bin/mongod")


def test_with_neither_the_error_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("store.mongod._WHEEL", "no-such-wheel")

    with pytest.raises(EmbeddedMongoError, match="mongod was not found: set MONGODB_URI"):
        find_mongod()


async def test_a_mongod_that_will_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.mongod._STOP_TIMEOUT_SECONDS", 0.2)
    stubborn = a_program(tmp_path / "mongod", "trap '' TERM; echo up; while :; do sleep 0.1; done")

    async with (
        asyncio.timeout(10),
        locked_folder(tmp_path / "data") as folder,
        running_mongod(stubborn, folder) as process,
    ):
        while "up" not in folder.log.read_text():  # noqa: ASYNC110  a file cannot be awaited
            await asyncio.sleep(0.02)

    assert process.returncode == -9


async def test_a_log_that_grew_large_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.data_folder._MAX_LOG_BYTES", 10)

    async with locked_folder(tmp_path) as folder:
        folder.log.write_text("more than ten bytes")
        folder.keep_log_short()

        assert folder.log.read_text() == ""


async def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    async with locked_folder(tmp_path) as folder:
        folder.log.write_text("the first run")

    async with locked_folder(tmp_path) as folder:
        assert folder.log.read_text() == ""

    assert (tmp_path / "mongod.log.1").read_text() == "the first run"


async def test_a_mongod_left_behind_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.data_folder._PREDECESSOR_SECONDS", 0.1)
    (tmp_path / "db").mkdir()
    with (tmp_path / "db" / "mongod.lock").open("w") as left_behind:
        left_behind.write("4711\n")
        left_behind.flush()
        fcntl.flock(left_behind, fcntl.LOCK_EX)

        with pytest.raises(EmbeddedMongoError, match="in use by mongod 4711, whose server is gone"):
            async with locked_folder(tmp_path):
                pytest.fail("two mongods on one folder")


def test_a_program_whose_parent_is_gone_already_is_not_run() -> None:
    done = run_with_parent(1_000_000_000, "/bin/echo", "run")

    assert (done.returncode, done.stdout) == (1, "")
    assert "has ended already" in done.stderr


def test_a_program_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    done = run_with_parent(os.getpid(), str(tmp_path))

    assert done.stderr == f"cannot run {tmp_path}: Permission denied\n"
