"""Faults on demand: a MongoDB whose commands fail as told."""

import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from store.driver import run_command
from store.mongod import find_mongod


def mongod_with_failpoints(folder: Path) -> str:
    """Return the path of a mongod that knows `failCommand`, and soon ends what nobody commits."""
    program = folder / "mongod"
    parameters = ("enableTestCommands=1", "transactionLifetimeLimitSeconds=2")
    options = " ".join(['"$@"', *(f"--setParameter {each}" for each in parameters)])
    program.write_text(f"#!/bin/sh\nexec {shlex.quote(find_mongod())} {options}\n")
    program.chmod(0o700)
    return str(program)


@asynccontextmanager
async def failing(
    uri: str, *commands: str, code: int, times: int = 1, labels: Sequence[str] = ()
) -> AsyncIterator[None]:
    """Let the next commands of these names fail with an error code, without being carried out."""
    data: dict[str, object] = {"failCommands": list(commands), "errorCode": code}
    data["errorLabels"] = list(labels)
    await _configure(uri, {"times": times}, data)
    try:
        yield
    finally:
        await _configure(uri, "off", {})


@asynccontextmanager
async def closing_connection(uri: str, *commands: str, times: int = 1) -> AsyncIterator[None]:
    """Let the next commands of these names find their connection closed."""
    data: dict[str, object] = {"failCommands": list(commands), "closeConnection": True}
    await _configure(uri, {"times": times}, data)
    try:
        yield
    finally:
        await _configure(uri, "off", {})


async def _configure(uri: str, mode: object, data: dict[str, object]) -> None:
    command = {"configureFailPoint": "failCommand", "mode": mode}
    await run_command(uri, command | ({"data": data} if data else {}))
