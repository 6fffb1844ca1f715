"""The command line: `dialgraph --help`."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.listening import bind
from api.serve import serve
from api.settings import Settings, StartError
from store.errors import StoreError


@contextmanager
def _explained() -> Iterator[None]:
    """Say what went wrong in a sentence, and exit with status 1."""
    try:
        yield
    except (StartError, StoreError) as error:
        raise click.ClickException(str(error)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dialgraph")
def main() -> None:
    """Keep a telemarketing dialer's events, and ask them as a graph."""


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--demo", is_flag=True, help="Show a simulated call centre, in its own database.")
@click.option("--insecure", is_flag=True, help="Let other machines in, though there are no tokens.")
def serve_command(*, host: str, port: int, demo: bool, insecure: bool) -> None:
    """Serve the log and its graph; on an embedded MongoDB unless MONGODB_URI is set."""
    with _explained():
        settings = Settings.from_environ(os.environ)
        sockets = bind(host, port, insecure=insecure)
        asyncio.run(serve(settings.for_demo() if demo else settings, sockets, demo=demo))
