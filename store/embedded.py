"""The embedded MongoDB: a real server as a child of this process, on a folder of its own."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from store.data_folder import REPLICA_SET, DataFolder, locked_folder
from store.errors import EmbeddedMongoError
from store.mongod import find_mongod, running_mongod, why_it_ended
from store.replica_set import become_primary

# A large log that was not shut down is recovered before mongod listens.
_START_TIMEOUT_SECONDS = 120.0
_LOG_CHECK_SECONDS = 600.0
_POLL_SECONDS = 0.01


@asynccontextmanager
async def embedded_mongo(
    folder: Path, *, mongod: str | None = None, on_lost: Callable[[str], None] | None = None
) -> AsyncIterator[str]:
    """Serve `folder` with a MongoDB of our own while the context lasts.

    Enter from the main thread's loop: mongod is told to stop when the thread that started it ends.

    Args:
        folder: Where the data live; made (0700) if missing. One server at a time.
        mongod: A path or a name on PATH. By default `mongod` on PATH, else the one in the wheel.
        on_lost: Called once, with a sentence, if mongod ends before the context does.

    Yields:
        The URI of a replica set of one node, a writable primary, on a Unix socket that only this
        user can open. What a write acknowledges survives a crash.

    Raises:
        EmbeddedMongoError: It cannot be had; the message says why and what to set.
    """
    if sys.platform == "win32":
        raise EmbeddedMongoError("no embedded MongoDB on Windows: set MONGODB_URI to a replica set")
    program = find_mongod(mongod)
    async with (
        locked_folder(folder) as data,
        running_mongod(program, data) as process,
    ):
        await _wait_until_writable(process, data)
        watcher = asyncio.create_task(_watch(process, data, on_lost))
        try:
            yield data.uri()
        finally:
            watcher.cancel()


async def _wait_until_writable(process: Process, data: DataFolder) -> None:
    tasks = [asyncio.create_task(process.wait()), asyncio.create_task(_become_writable(data))]
    ended, ready = tasks
    try:
        await asyncio.wait(
            tasks, timeout=_START_TIMEOUT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not ready.done():
            raise EmbeddedMongoError(_why_not_ready(process, data, has_ended=ended.done()))
        ready.result()
    finally:
        ended.cancel()
        ready.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _why_not_ready(process: Process, data: DataFolder, *, has_ended: bool) -> str:
    stuck = f"mongod was not ready in {_START_TIMEOUT_SECONDS:.0f} s"
    why = why_it_ended(process, data) if has_ended else stuck
    return f"{why}; see {data.log}, or set MONGODB_URI to a replica set"


async def _become_writable(data: DataFolder) -> None:
    await _accepting(data.socket)
    await become_primary(data.server_uri(), REPLICA_SET, str(data.socket))


async def _accepting(socket: Path) -> None:
    """Return when somebody listens at `socket`; the driver itself would retry twice a second."""
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(socket)
        except OSError:
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return writer.close()


async def _watch(process: Process, data: DataFolder, on_lost: Callable[[str], None] | None) -> None:
    while process.returncode is None:
        try:
            async with asyncio.timeout(_LOG_CHECK_SECONDS):
                await process.wait()
        except TimeoutError:
            data.keep_log_short()
    lost = "the embedded MongoDB was lost"
    try:
        lost = f"{lost}: {why_it_ended(process, data)}"
    finally:  # whatever else is broken: a server without its store must not stay
        if on_lost:
            on_lost(lost)
