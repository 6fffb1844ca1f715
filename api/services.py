"""What lives as long as the server, and where its handlers find it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from api.gate import Gate
from api.metrics import Metrics
from api.persisted_documents import AutomaticDocuments, PersistedDocuments
from api.schema import schema
from api.settings import Settings
from api.throttle import Throttle
from api.trusted_documents import read_manifest
from api.web_settings import WebSettings
from store.collections import Limits
from store.driver import Database, connect
from store.follow import Follower
from store.log import EventLog, open_log


@dataclass(frozen=True, slots=True)
class Services:
    """The open log of one database and what goes with it."""

    settings: Settings
    database: Database
    log: EventLog
    follower: Follower
    following: asyncio.Task[None]
    gate: Gate = field(default_factory=Gate)
    metrics: Metrics = field(default_factory=Metrics)
    throttle: Throttle = field(default_factory=Throttle)
    documents: PersistedDocuments = field(default_factory=AutomaticDocuments)

    def end_subscriptions(self) -> None:
        """End those that are open, each with the news that it can be resumed."""
        self.following.cancel()


@asynccontextmanager
async def open_services(
    settings: Settings, *, uri: str, limits: Limits | None = None
) -> AsyncIterator[Services]:
    """Open the log in the replica set at `uri`, for the event loop that is running.

    Args:
        settings: Which database, and how.
        uri: Where it is.
        limits: The store's deadlines, by default its own.

    Raises:
        LogUnavailableError: It did not answer in time.
        SettingsError: The tokens, keys or documents that the settings name cannot be used.
    """
    gate = Gate.of(settings)
    documents, throttle = _documents(settings.web), Throttle(settings.web)
    async with (
        _watched(gate),
        connect(uri, settings.database, limits) as database,
        open_log(database, zone=settings.time_zone, queue_events=settings.queue_events) as log,
    ):
        follower = Follower(log)
        following = asyncio.create_task(follower.run(), name="follower")
        services = Services(
            settings,
            database,
            log,
            follower,
            following,
            gate,
            throttle=throttle,
            documents=documents,
        )
        services.metrics.watch(log, follower, settings.queue_events)
        services.metrics.watch_throttle(throttle)
        try:
            yield services
        finally:
            services.end_subscriptions()
            await asyncio.gather(following, return_exceptions=True)


def _documents(web: WebSettings) -> PersistedDocuments:
    """Return where the text of documents comes from that clients name."""
    if web.trusted_documents is None:
        return AutomaticDocuments()
    return read_manifest(web.trusted_documents, schema, web)


@asynccontextmanager
async def _watched(gate: Gate) -> AsyncIterator[None]:
    """Let the gate look for changed tokens."""
    watching = asyncio.create_task(gate.watch(), name="gate")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def services_of(connection: HTTPConnection) -> Services:
    """Return the services of the app that a request or a WebSocket came to."""
    services: Services = connection.app.state.services
    return services
