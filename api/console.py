"""How commands tell what went wrong."""

import asyncio
import os
import stat
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

import click
from uvicorn.loops.auto import auto_loop_factory

from api.settings import StartError
from store.errors import StoreError

Result = TypeVar("Result")

_SWITCH_SECONDS = 0.0002


def run_to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` on the event loop that uvicorn would take: uvloop, where there is one."""
    # A transaction's thread needs the interpreter a dozen times for a moment; by default it would
    # wait 5 ms each time while the event loop is busy.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)


@contextmanager
def explained() -> Iterator[None]:
    """Say what went wrong in a sentence, and exit with status 1."""
    try:
        yield
    except (StartError, StoreError) as error:
        raise click.ClickException(str(error)) from error


def size_of(file: BinaryIO) -> int | None:
    """Return the size of a regular file; what comes through a pipe has none."""
    status = os.fstat(file.fileno())
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@contextmanager
def reading(file: BinaryIO) -> Iterator[Callable[[int], object]]:
    """Show how much of a regular file is done with; yield what is to be told further bytes."""
    size = size_of(file)
    with click.progressbar(length=size or 1, hidden=not size, file=sys.stderr) as bar:
        yield bar.update
