"""The one door to the MongoDB driver: nothing else imports motor, pymongo or bson."""

from collections.abc import Mapping
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from store.errors import LogUnavailableError


async def run_command(
    uri: str, command: Mapping[str, Any], *, timeout_seconds: float = 5.0
) -> dict[str, Any]:
    """Run one admin command directly on the server at `uri`, primary or not.

    Raises:
        LogUnavailableError: The server did not answer, or answered with an error; its text says
            which.
    """
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
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
