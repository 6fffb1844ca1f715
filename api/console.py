"""How commands tell what went wrong."""

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

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
