"""The command line: `dialgraph --help`."""

import os
import sys
import time
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO

import click

from api.console import explained, reading, run_to_end
from api.forgetting import forget_command
from api.importing import destination, import_lines
from api.listening import bind
from api.maintenance import COMMANDS, import_export, run
from api.posting import Tally
from api.schema import schema
from api.serve import serve
from api.settings import Settings
from api.simulate import simulate
from api.token_commands import token_group

_LOCAL_URL = "http://127.0.0.1:8000"
_SHOWN_REJECTIONS = 20


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dialgraph")
def main() -> None:
    """Keep a telemarketing dialer's events, and ask them as a graph."""


for command in (*COMMANDS, forget_command, token_group):
    main.add_command(command)


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--demo", is_flag=True, help="Show a simulated call centre, in its own database.")
@click.option("--insecure", is_flag=True, help="Let other machines in, even without tokens.")
@click.option("--production", is_flag=True, help="Serve strangers: no GraphiQL or introspection.")
@click.option("--trusted-documents", help="A manifest of the only GraphQL documents to run.")
@click.option("--tls-cert", help="Serve HTTPS with this certificate and its chain, as PEM.")
@click.option("--tls-key", help="Its key, where it is not in the same file.")
def serve_command(
    *, host: str, port: int, demo: bool, insecure: bool, **web: str | bool | None
) -> None:
    """Serve the log and its graph.

    The store is the replica set that MONGODB_URI names, else an embedded MongoDB.
    """
    with explained():
        settings = Settings.from_environ({**os.environ, **_as_variables(web)})
        with ExitStack() as bound:
            sockets = bind(host, port, is_guarded=settings.asks_for_tokens or insecure)
            for each in sockets:
                bound.enter_context(each)
            run_to_end(serve(settings.for_demo() if demo else settings, sockets, demo=demo))


def _as_variables(options: Mapping[str, str | bool | None]) -> dict[str, str]:
    """Return options as the variables that say the same; those not given say nothing."""
    return {
        f"DIALGRAPH_{name.upper()}": "1" if value is True else str(value)
        for name, value in options.items()
        if value
    }


@main.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--url", help=f"Through a running server, such as {_LOCAL_URL}.")
@click.option("--log", "is_export", is_flag=True, help="FILE is an export: keep its positions.")
def import_command(*, file: BinaryIO, url: str | None, is_export: bool) -> None:
    """Append the events of FILE, one JSON object per line; - is the standard input.

    An import that was broken off can be run again: what the log holds already is counted as
    duplicates and not appended twice; with --log it is compared, then passed over.
    """
    if is_export:
        if url is not None:
            raise click.UsageError("--log writes to the store itself: leave --url out")
        click.echo(f"{run(lambda log: import_export(log, file)):,} appended")
        return
    with explained():
        _conclude(_import(Settings.from_environ(os.environ), file, url))


@main.command("simulate")
@click.option("--rate", default=10.0, show_default=True, help="Events per second; 0 is no limit.")
@click.option("--url", default=_LOCAL_URL, show_default=True, help="The running server.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another day.")
@click.option("--events", type=click.IntRange(1), help="How many; by default a small day's.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day; by default today.")
def simulate_command(
    *, rate: float, url: str, seed: int, events: int | None, day: datetime | None
) -> None:
    """Post a call centre's day to a running server; the same options post the same events."""
    with explained():
        chosen = (day or datetime.now(UTC)).date()
        _conclude(simulate(url, day=chosen, seed=seed, rate=rate, events=events))


@main.command("schema")
def schema_command() -> None:
    """Print the GraphQL schema."""
    click.echo(schema.as_str())


async def _import(settings: Settings, file: BinaryIO, url: str | None) -> Tally:
    async with destination(settings, url) as post:
        with reading(file) as read_bytes:
            return await import_lines(file, post, read_bytes)


def _conclude(work: Coroutine[Any, Any, Tally]) -> None:
    """Do the work and sum it up; exit with status 1 if something was rejected."""
    started_at = time.monotonic()
    tally = run_to_end(work)
    seconds = time.monotonic() - started_at
    click.echo(
        f"{tally.appended:,} appended, {tally.duplicates:,} duplicates,"
        f" {len(tally.rejected):,} rejected in {seconds:.1f} s"
        f" ({tally.events / seconds:,.0f} events/s)"
    )
    for each in tally.rejected[:_SHOWN_REJECTIONS]:
        click.echo(f"line {each.line}: {each.code}: {each.message}", err=True)
    if len(tally.rejected) > _SHOWN_REJECTIONS:
        click.echo("...", err=True)
    if tally.rejected:
        sys.exit(1)
