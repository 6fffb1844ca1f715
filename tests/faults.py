"""Faults on demand: a MongoDB whose commands fail as told."""

import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
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
    data = {"failCommands": list(commands), "errorCode": code, "errorLabels": list(labels)}
    async with _failpoint(uri, "failCommand", {"times": times}, data):
        yield


@asynccontextmanager
async def unconfirmed(uri: str, *commands: str, code: int, times: int = 1) -> AsyncIterator[None]:
    """Carry the next commands of these names out, and say that their write concern failed."""
    error = {"code": code, "errmsg": "waiting for replication failed"}
    data = {"failCommands": list(commands), "writeConcernError": error}
    async with _failpoint(uri, "failCommand", {"times": times}, data):
        yield


@asynccontextmanager
async def closing_connection(uri: str, *commands: str, times: int = 1) -> AsyncIterator[None]:
    """Let the next commands of these names find their connection closed."""
    data = {"failCommands": list(commands), "closeConnection": True}
    async with _failpoint(uri, "failCommand", {"times": times}, data):
        yield


@asynccontextmanager
async def stopped_replication(uri: str) -> AsyncIterator[None]:
    """Let this secondary fetch nothing more from the others."""
    async with _failpoint(uri, "stopReplProducer", "alwaysOn", {}):
        yield


@asynccontextmanager
async def _failpoint(
    uri: str, name: str, mode: object, data: Mapping[str, object]
) -> AsyncIterator[None]:
    await run_command(uri, {"configureFailPoint": name, "mode": mode, "data": data})
    try:
        yield
    finally:
        await run_command(uri, {"configureFailPoint": name, "mode": "off"})
