"""`dialgraph import`: lines of NDJSON into the log, many in one request."""

import gc
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from api.events import NDJSON, receipt_content
from api.maintenance import log_at
from api.posting import Post, Tally, in_parallel, posting_to
from api.serve import mongodb
from api.settings import Settings, StartError
from store.die_with_parent import die_with
from store.errors import EmbeddedMongoError

_BATCH_LINES = 500
_BATCH_BYTES = 2**20
_IN_FLIGHT = 4


@dataclass(slots=True)
class Batch:
    """Lines that are posted together, and their numbers from 1 in the file."""

    size_bytes: int = 0
    bodies: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def add(self, number: int, line: bytes) -> None:
        """Take one more line; a blank one only counts as read."""
        self.size_bytes += len(line)
        if line.strip():
            self.bodies.append(line.rstrip(b"\n"))
            self.numbers.append(number)


def batches(file: BinaryIO) -> Iterator[Batch]:
    """Yield the lines of `file` in batches of a size that one transaction holds."""
    batch = Batch()
    for number, line in enumerate(file, start=1):
        if batch.bodies and batch.size_bytes + len(line) > _BATCH_BYTES:
            yield batch
            batch = Batch()
        batch.add(number, line)
        if len(batch.bodies) == _BATCH_LINES:
            yield batch
            batch = Batch()
    yield batch


async def import_lines(file: BinaryIO, post: Post, read_bytes: Callable[[int], object]) -> Tally:
    """Post every line of `file` and return what became of them.

    Args:
        file: NDJSON, one event per line.
        post: Where to.
        read_bytes: Called with the number of bytes that are done with.
    """
    tally = Tally()
    unsent = batches(file)

    async def send() -> None:
        for batch in unsent:
            tally.add(await post(b"\n".join(batch.bodies)), batch.numbers)
            read_bytes(batch.size_bytes)

    await in_parallel(_IN_FLIGHT, send)
    return tally


def _collect_garbage_rarely() -> None:
    """Spare a fifth of the work: what is read for an event is all in use until it is committed."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@contextmanager
def reading_process() -> Iterator[Executor]:
    """Run a process that reads events while this one writes: together they would be half as fast.

    It is forked, so call this before there are threads.
    """
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, context, _begin_to_read, (os.getpid(),)) as helper:
        helper.submit(int).result()
        yield helper


def _begin_to_read(parent: int) -> None:
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    _collect_garbage_rarely()


@asynccontextmanager
async def destination(settings: Settings, url: str | None) -> AsyncIterator[Post]:
    """Open the server at `url`, or else the log itself.

    Raises:
        StartError: The data folder is served by a running server, or something else is wrong.
    """
    if url is not None:
        async with posting_to(url, NDJSON) as post:
            yield post
        return
    try:
        with reading_process() as helper:
            async with mongodb(settings) as uri, log_at(settings, uri) as log:

                async def deliver(body: bytes) -> dict[str, Any]:
                    return receipt_content(await log.append_lines(body, helper))

                _collect_garbage_rarely()
                yield deliver
    except BrokenProcessPool as error:
        raise StartError("a process of the import was killed: import the same again") from error
    except EmbeddedMongoError as error:
        hint = "; or import through its server with --url http://127.0.0.1:8000"
        raise StartError(f"{error}{hint}") from error
