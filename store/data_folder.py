"""The folder of an embedded MongoDB: its lock, its socket and its log."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from store.errors import EmbeddedMongoError

if sys.platform != "win32":
    import fcntl

REPLICA_SET = "dialgraph"

_MAX_LOG_BYTES = 16 * 1024 * 1024
_POLL_SECONDS = 0.05
_KILLED_SERVER_SECONDS = 1.0  # the kernel lets go of its files some time after the signal
_PREDECESSOR_SECONDS = 20.0


@dataclass(frozen=True)
class DataFolder:
    """A folder that this process has locked.

    Attributes:
        database: Where mongod keeps its data.
        socket: Where mongod listens; in a folder that only its owner can enter.
        log: What mongod says; the last run's is beside it as `mongod.log.1`.
    """

    database: Path
    socket: Path
    log: Path

    def uri(self) -> str:
        """Return what clients connect to, once the replica set is initiated."""
        return f"{self.server_uri()}?replicaSet={REPLICA_SET}"

    def server_uri(self) -> str:
        """Return the address of the one server, whatever the state of its replica set."""
        return f"mongodb://{quote(str(self.socket), safe='')}/"

    def keep_log_short(self) -> None:
        """Empty the log if it has grown large; mongod appends, so it goes on at the start."""
        with suppress(OSError):
            if self.log.stat().st_size > _MAX_LOG_BYTES:
                os.truncate(self.log, 0)


@asynccontextmanager
async def locked_folder(path: Path) -> AsyncIterator[DataFolder]:
    """Make the folder at `path` if it is missing (0700) and hold its lock.

    Raises:
        EmbeddedMongoError: Another process serves the folder, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(_open_to_lock(path / "lock"))
            await _lock(lock, path)
            await _wait_for_predecessor(_private(path / "db"))
            endpoint = stack.enter_context(_socket_path(_private(path / "run")))
            folder = DataFolder((path / "db").resolve(), endpoint, path / "mongod.log")
            _name_owner(lock, folder.uri())
            _start_log(folder.log)
        except OSError as error:
            raise EmbeddedMongoError(
                f"cannot use the data folder {path} ({error.strerror}):"
                " choose another one, or set MONGODB_URI to a replica set"
            ) from error
        yield folder


def served_uri(path: Path) -> str | None:
    """Return the URI of the MongoDB that another process serves the folder with, if one does."""
    try:
        with (path / "lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().decode().strip().partition("\n")[2]
    except FileNotFoundError:
        return None
    return None


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


@contextmanager
def _open_to_lock(path: Path) -> Iterator[int]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _lock(lock: int, path: Path) -> None:
    if await _locked_within(_KILLED_SERVER_SECONDS, lock):
        return
    pid, _, uri = os.pread(lock, 4096, 0).decode().strip().partition("\n")
    raise EmbeddedMongoError(
        f"the data folder {path} is served by process {pid}:"
        f" stop it, choose another folder, or join it with MONGODB_URI={uri}"
    )


async def _wait_for_predecessor(database: Path) -> None:
    """Wait until the mongod of a server that died has shut down: it holds a lock of its own."""
    with _open_to_lock(database / "mongod.lock") as lock:
        if await _locked_within(_PREDECESSOR_SECONDS, lock):
            return
        pid = os.pread(lock, 32, 0).decode().strip()
    raise EmbeddedMongoError(
        f"{database} is still in use by mongod {pid}, whose server is gone:"
        " stop it, or set MONGODB_URI to a replica set"
    )


async def _locked_within(seconds: float, descriptor: int) -> bool:
    for _ in range(int(seconds / _POLL_SECONDS)):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return True
    return False


def _name_owner(lock: int, uri: str) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n{uri}\n".encode(), 0)


@contextmanager
def _socket_path(run_folder: Path) -> Iterator[Path]:
    """Give a socket in `run_folder`, or else in a short-lived private folder for it alone.

    Raises:
        EmbeddedMongoError: There is no place for it.
    """
    with ExitStack() as stack:
        short = (stack.enter_context(_short_folder(place)) for place in _temporary_folders())
        folders = chain([run_folder], map(Path, short))
        paths = (folder.resolve() / "mongod.sock" for folder in folders)
        path = next(filter(_can_be_a_socket, paths), None)
        if path is None:
            raise EmbeddedMongoError(
                "no folder can have mongod's socket: set TMPDIR to another one"
            )
        yield path


def _temporary_folders() -> tuple[str, str]:
    return tempfile.gettempdir(), "/tmp"  # noqa: S108 - the folder made there is private


def _short_folder(place: str) -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="dialgraph-", dir=place)


def _can_be_a_socket(path: Path) -> bool:
    """Try it: a path over 107 bytes (103 on macOS) and some mounted file systems cannot."""
    if not _is_found_again(str(path)):
        return False
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True


def _is_found_again(path: str) -> bool:
    """Say whether mongod and the driver take a path as it is.

    The driver lowers the names that a replica set tells it, and takes a colon for that of a port;
    for mongod a comma ends a name.
    """
    return path == path.lower() and not set(path) & set(":,")


def _start_log(log: Path) -> None:
    if log.exists():
        log.replace(log.with_name("mongod.log.1"))
    log.touch(mode=0o600)
