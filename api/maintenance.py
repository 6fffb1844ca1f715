"""The operator's commands: export, import of an export, verify, reindex, the quarantine."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from typing import BinaryIO, TypeVar

import click

from api.console import explained, reading
from api.serve import mongodb
from api.settings import Settings
from store.data_folder import served_uri
from store.driver import connect
from store.log import EventLog, open_log
from store.reindex import give_up, reindex
from store.retry import every_body, retry
from store.transfer import export_lines, import_lines, read_line
from store.verify import RedactedEvent, verify

Result = TypeVar("Result")

_LINES_PER_TRANSACTION = 500
_SHOWN_FINDINGS = 100
_SHOWN_CHARACTERS = 100


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[EventLog]:
    """Open the log: of MONGODB_URI, of the server that serves the data folder, or embedded."""
    async with _uri(settings) as uri, log_at(settings, uri) as log:
        yield log


@asynccontextmanager
async def log_at(settings: Settings, uri: str) -> AsyncIterator[EventLog]:
    """Open the log in the replica set at `uri`, without what a server has beside it."""
    async with (
        connect(uri, settings.database) as database,
        open_log(database, zone=settings.time_zone) as log,
    ):
        yield log


@asynccontextmanager
async def _uri(settings: Settings) -> AsyncIterator[str]:
    served = settings.mongodb_uri or served_uri(settings.data_folder)
    if served is not None:
        yield served
        return
    async with mongodb(settings) as embedded:
        yield embedded


def run(work: Callable[[EventLog], Awaitable[Result]]) -> Result:
    """Do `work` on the log and return what it gives; say in a sentence what went wrong."""

    async def on_log() -> Result:
        async with opened(Settings.from_environ(os.environ)) as log:
            return await work(log)

    with explained():
        return asyncio.run(on_log())


@click.command("export")
def export_command() -> None:
    """Write the log to the standard output, one event per line, byte for byte.

    `import --log` takes it back.
    """
    run(_export)


async def _export(log: EventLog) -> None:
    head = await log.head()
    with click.progressbar(length=head.position, label="exporting", file=sys.stderr) as bar:
        async for lines in export_lines(log.database, up_to=head.position):
            sys.stdout.buffer.write(b"".join(lines))
            bar.update(len(lines))


async def import_export(log: EventLog, file: BinaryIO) -> int:
    """Append the lines of an export at their own positions; return how many were new."""
    appended = 0
    with reading(file) as read_bytes:
        while lines := list(islice(file, _LINES_PER_TRANSACTION)):
            appended += await import_lines(log, [read_line(line) for line in lines if line.strip()])
            read_bytes(sum(map(len, lines)))
    return appended


@click.command("verify")
def verify_command() -> None:
    """Check every event's digest and position, and every fact against its event.

    Nothing is changed. Exits with status 1 if something is not as it must be.
    """
    if run(_verify):
        sys.exit(1)


async def _verify(log: EventLog) -> int:
    head = await log.head()
    findings = 0
    redacted: list[RedactedEvent] = []
    with click.progressbar(length=head.position, label="verifying", file=sys.stderr) as bar:
        async for progress in verify(log.database, head, zone=log.zone):
            bar.update(progress.position - bar.pos)
            redacted += progress.redacted
            for finding in progress.findings:
                findings += 1
                if findings <= _SHOWN_FINDINGS:
                    click.echo(f"position {finding.position}: {finding.problem}")
    _tell_redacted(redacted)
    of_which = f"{head.position:,} events of {log.database.handle.name}"
    click.echo(f"{findings:,} problems in {of_which}" if findings else f"{of_which}: all is well")
    return findings


def _tell_redacted(events: Sequence[RedactedEvent]) -> None:
    for each in events[:_SHOWN_FINDINGS]:
        fields = ", ".join(each.fields)
        click.echo(f"position {each.position}: redacted {each.at:%Y-%m-%d} by {each.by}: {fields}")
    if events:
        click.echo(f"{len(events):,} events are redacted: a person was forgotten")


@click.command("reindex")
@click.option("--restart", is_flag=True, help="Give up a reindex that was broken off, then begin.")
@click.option(
    "--grace",
    "grace_seconds",
    default=120.0,
    show_default=True,
    help="How many seconds the old facts stay for readers that are under way.",
)
def reindex_command(*, restart: bool, grace_seconds: float) -> None:
    """Rebuild the facts and keys from the log, while it goes on.

    To be run after an update that reads events differently.
    """
    run(lambda log: _reindex(log, restart=restart, grace_seconds=grace_seconds))


async def _reindex(log: EventLog, *, restart: bool, grace_seconds: float) -> None:
    if restart and await give_up(log.database):
        click.echo("gave up the reindex that was broken off")
    steps = reindex(log.database, zone=log.zone, grace_seconds=grace_seconds)
    head = await log.head()
    with click.progressbar(length=head.position, label="reindexing", file=sys.stderr) as bar:
        async for position, length in steps:
            bar.length = length
            bar.update(position - bar.pos)
    click.echo(f"the facts are generation {(await log.head()).generation} now")


@click.group("quarantine")
def quarantine_group() -> None:
    """Look at rejected bodies, or try them again."""


@quarantine_group.command("list")
def list_command() -> None:
    """List the rejected bodies, the oldest first."""
    run(_list)


async def _list(log: EventLog) -> None:
    async for body in every_body(log.database):
        text = bytes(body["raw"]).decode(errors="replace")[:_SHOWN_CHARACTERS]
        click.echo(f"{body['_id']}  {body['code']}  x{body['count']}  {text!r}")


@quarantine_group.command("retry")
@click.argument("ids", nargs=-1)
def retry_command(*, ids: tuple[str, ...]) -> None:
    """Try rejected bodies again, all or those with IDS: after an update that reads more.

    What is appended now leaves the quarantine; what is rejected again stays. What was refused as
    MAY_BE_FORGOTTEN is appended only if its id is named.
    """
    appended, rejected = run(lambda log: retry(log, set(ids) or None))
    click.echo(f"{appended:,} appended, {rejected:,} rejected again")


COMMANDS = (export_command, verify_command, reindex_command, quarantine_group)
