"""`dialgraph serve`: the store, the demo and the server, started and stopped in order."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import click
import uvicorn

from api.access_log import show_access_log
from api.app import create_app
from api.connections import HttpConnection
from api.demo import running_demo
from api.graphql_request import MAX_REQUEST_BYTES
from api.listening import base_url
from api.services import Services, open_services
from api.settings import Settings, StartError
from store.embedded import embedded_mongo

_GRACE_SECONDS = 5
_LATE_SECONDS = 1.0
"""So long before the grace ends, who still waits for a commit is told to send again."""


class Server(uvicorn.Server):
    """Uvicorn for the app of `services`, in the event loop that they were opened in.

    Args:
        services: What the app serves; open before the server and closed after it.
        on_started: Called when requests are taken.
    """

    def __init__(self, services: Services, on_started: Callable[[], None]) -> None:
        web = services.settings.web
        config = uvicorn.Config(
            create_app(services),
            ssl_certfile=web.tls_cert,
            ssl_keyfile=web.tls_key,
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            http=HttpConnection,
            ws="websockets-sansio",
            ws_max_size=MAX_REQUEST_BYTES,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        super().__init__(config)
        self._services = services
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is begun; an endless answer is ended first, and a late post refused.

        Uvicorn would end a late one with a 500, which tells no sender to send again.
        """
        self._services.end_subscriptions()
        loop, log = asyncio.get_running_loop(), self._services.log
        late = loop.call_later(_GRACE_SECONDS - _LATE_SECONDS, log.dismiss)
        try:
            await super().shutdown(sockets)
        finally:
            late.cancel()

    def stop(self, reason: str | None = None) -> None:
        """End soon; with a `reason`, whoever waits for the store is answered at once."""
        if reason is not None:
            self._services.log.lose(reason)
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: uvicorn would end the process before mongod has stopped."""
        yield


class Stop:
    """Ends the task that it was made in: at once while it starts, in order once it serves."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.reason: str | None = None
        self._task = asyncio.current_task()

    def request(self, reason: str | None = None) -> None:
        """Stop; a `reason` is why there is no store any more."""
        self.reason = self.reason or reason
        if self.server is not None:
            self.server.stop(reason)
        elif self._task is not None:
            self._task.cancel()


async def serve(settings: Settings, sockets: list[socket.socket], *, demo: bool = False) -> None:
    """Serve on `sockets`, which are bound, until SIGINT or SIGTERM. Call in the main thread.

    Args:
        settings: How.
        sockets: Closed in the end.
        demo: Whether to fill the database with a call centre's day that goes on.

    Raises:
        StartError: The embedded MongoDB was lost.
        StoreError: The store cannot be had.
    """
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.request)
    try:
        async with (
            mongodb(settings, on_lost=stop.request) as uri,
            open_services(settings, uri=uri) as services,
            _demo(services, wanted=demo),
        ):
            # What lives by now stays alive: looking through it again and again would be a fifth of
            # what a large answer costs.
            gc.collect()
            gc.freeze()
            # What waits for a commit would grow old by Python's own measure (700), and each look
            # at all old objects stops a server with 1,000 subscribers for 0.2 s.
            gc.set_threshold(10_000, 20, 50)
            if settings.web.access_log:
                show_access_log()
            stop.server = Server(services, lambda: _announce(settings, sockets))
            await stop.server.serve(sockets)
    except asyncio.CancelledError:
        click.echo("stopped before it was ready", err=True)
    if stop.reason is not None:
        raise StartError(stop.reason)


@asynccontextmanager
async def mongodb(
    settings: Settings, *, on_lost: Callable[[str], None] | None = None
) -> AsyncIterator[str]:
    """Yield the URI of the replica set, started here where none is set."""
    if settings.mongodb_uri is not None:
        yield settings.mongodb_uri
        return
    async with embedded_mongo(settings.data_folder, mongod=settings.mongod, on_lost=on_lost) as uri:
        yield uri


@asynccontextmanager
async def _demo(services: Services, *, wanted: bool) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    click.echo("loading the demo's history ...")
    async with running_demo(services.log) as appended:
        click.echo(f"the demo appended {appended:,} events and goes on live")
        yield


def _announce(settings: Settings, sockets: list[socket.socket]) -> None:
    web = settings.web
    url = base_url(sockets[0], is_secure=web.tls_cert is not None)
    data = "the replica set of MONGODB_URI"
    if settings.mongodb_uri is None:
        data = str(settings.data_folder)
    click.echo(f"dialgraph listens on {url}")
    click.echo(f"  events    POST {url}/events")
    click.echo(f"  {'GraphQL ' if web.production else 'GraphiQL'}  {url}/graphql")
    click.echo(f"  data      {data}, database {settings.database}")
