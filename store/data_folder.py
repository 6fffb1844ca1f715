"""The folder of an embedded MongoDB: its lock, its socket and its log."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from store.errors import EmbeddedMongoError

if sys.platform != "win32":
    import fcntl

REPLICA_SET = "dialgraph"

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the last one a NUL.
_MAX_SOCKET_BYTES = 107 if sys.platform == "linux" else 103
_MAX_LOG_BYTES = 16 * 1024 * 1024
_LOCK_POLL_SECONDS = 0.05
_LOCK_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class DataFolder:
    """A folder that this process has locked.

    Attributes:
        database: Where mongod keeps its data.
        socket: Where mongod listens; in a folder that only its owner can enter.
        log: What mongod says; the last run's is beside it as `mongod.log.1`.
        lock: The descriptor that holds the lock. A child that inherits it keeps the folder locked
            until it ends, even if this process dies first.
    """

    database: Path
    socket: Path
    log: Path
    lock: int

    def uri(self) -> str:
        """Return what clients connect to, once the replica set is initiated."""
        return f"{self.server_uri()}?replicaSet={REPLICA_SET}"

    def server_uri(self) -> str:
        """Return the address of the one server, whatever the state of its replica set."""
        return f"mongodb://{quote(str(self.socket), safe='')}/"

    def keep_log_short(self) -> None:
        """Empty the log if it has grown large; mongod appends, so it goes on at the start."""
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
            lock = stack.enter_context(_lock_file(path))
            await _wait_for_lock(path, lock)
            socket = stack.enter_context(_socket_path(_private(path / "run")))
            folder = DataFolder(_private(path / "db"), socket, path / "mongod.log", lock)
            _start_log(folder.log)
            _name_owner(folder)
        except OSError as error:
            raise EmbeddedMongoError(
                f"cannot use the data folder {path} ({error.strerror}):"
                " choose another one, or set MONGODB_URI to a replica set"
            ) from error
        yield folder


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock
    finally:
        os.close(lock)


async def _wait_for_lock(path: Path, lock: int) -> None:
    """Take the lock; the mongod of a server that died holds it until it has shut down."""
    for _ in range(int(_LOCK_TIMEOUT_SECONDS / _LOCK_POLL_SECONDS)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _refuse_if_served(path, lock)
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        else:
            return
    raise EmbeddedMongoError(
        f"the data folder {path} is still in use by the mongod of a server that is gone:"
        " stop that mongod, or set MONGODB_URI to a replica set"
    )


def _refuse_if_served(path: Path, lock: int) -> None:
    pid, _, uri = os.pread(lock, 4096, 0).decode().strip().partition("\n")
    if pid and _is_running(int(pid)):
        raise EmbeddedMongoError(
            f"the data folder {path} is served by process {pid}:"
            f" stop it, choose another folder, or join it with MONGODB_URI={uri}"
        )


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _name_owner(folder: DataFolder) -> None:
    os.ftruncate(folder.lock, 0)
    os.pwrite(folder.lock, f"{os.getpid()}\n{folder.uri()}\n".encode(), 0)


@contextmanager
def _socket_path(run_folder: Path) -> Iterator[Path]:
    """Give a socket in `run_folder`, or in a short private folder if the path would be too long."""
    socket = run_folder.resolve() / "mongod.sock"
    if len(os.fsencode(socket)) <= _MAX_SOCKET_BYTES:
        yield socket
        return
    base = os.environ.get("XDG_RUNTIME_DIR") or None
    with tempfile.TemporaryDirectory(prefix="dialgraph-", dir=base) as short_folder:
        yield Path(short_folder).resolve() / "mongod.sock"


def _start_log(log: Path) -> None:
    if log.exists():
        log.replace(log.with_name("mongod.log.1"))
    log.touch(mode=0o600)
