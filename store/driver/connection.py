"""Clients: of a replica set for as long as a process serves it, and of one server for a command."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pymongo
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from store.collections import Document, Limits
from store.driver.abandoned import APP_NAME
from store.driver.database import Database
from store.driver.translation import translated
from store.errors import LogUnavailableError

_FAREWELL_SECONDS = 0.1


@asynccontextmanager
async def connect(uri: str, name: str, limits: Limits | None = None) -> AsyncIterator[Database]:
    """Open the database `name` of the replica set at `uri` for this event loop.

    Raises:
        LogUnavailableError: The address is none.
    """
    chosen = limits or Limits()
    with translated():
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            uri,
            serverSelectionTimeoutMS=int(chosen.server_selection_seconds * 1000),
            connectTimeoutMS=int(chosen.connect_seconds * 1000),
            heartbeatFrequencyMS=int(chosen.heartbeat_seconds * 1000),
            socketTimeoutMS=int(chosen.socket_seconds * 1000),
            maxPoolSize=chosen.pool_size,
            appname=APP_NAME,
        )
    try:
        yield Database(client, name, chosen)
    finally:
        _close(client)


def disconnect(database: Database) -> None:
    """Give up a database for good: what waits for it, in a thread too, fails at once."""
    _close(database.handle.client)


def _close(client: "AsyncIOMotorClient[Document]") -> None:
    """Close it, in the event loop's own thread: there is no time to look for a server first."""
    with pymongo.timeout(_FAREWELL_SECONDS):
        client.close()


async def run_command(
    uri: str, command: Mapping[str, Any], *, timeout_seconds: float = 5.0
) -> dict[str, Any]:
    """Run one admin command directly on the server at `uri`, primary or not.

    Raises:
        LogUnavailableError: The server did not answer, or answered with an error; its text says
            which.
    """
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        uri,
        directConnection=True,
        serverSelectionTimeoutMS=int(timeout_seconds * 1000),
        socketTimeoutMS=int(timeout_seconds * 1000),
    )
    try:
        return dict(await client.admin.command(dict(command)))
    except PyMongoError as error:
        raise LogUnavailableError(f"{next(iter(command))}: {error}") from error
    finally:
        client.close()
