"""`dialgraph token`: make, list and revoke the tokens of the file that DIALGRAPH_TOKENS names."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from api.console import explained
from api.environ import SettingsError
from api.identity import SCOPES, Identity
from api.tokens import digest_of, new_token, read_file, write_tokens

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,5})([smhdw])")


class Span(click.ParamType[timedelta]):
    """A length of time, such as 90d."""

    name = "span"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read a number and a unit."""
        match = _SPAN.fullmatch(str(value))
        if match is None:
            self.fail("use a number and one of s, m, h, d, w, such as 90d", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.group("token")
def token_group() -> None:
    """Make, list and revoke the tokens of machines.

    They are kept, as hashes, in the file that DIALGRAPH_TOKENS names. A running server reads it
    again when it changes.
    """


@token_group.command("create")
@click.option("--name", required=True, help="Of the machine that will hold it.")
@click.option("--company", "companies", multiple=True, help="One that it sees; may be repeated.")
@click.option("--all-companies", is_flag=True, help="It sees every company.")
@click.option(
    "--scope",
    "scopes",
    required=True,
    multiple=True,
    type=click.Choice(sorted(SCOPES)),
    help="What it may; may be repeated.",
)
@click.option("--expires-in", type=Span(), help="How long it holds, such as 90d; by default ever.")
def create_command(
    *,
    name: str,
    companies: tuple[str, ...],
    all_companies: bool,
    scopes: tuple[str, ...],
    expires_in: timedelta | None,
) -> None:
    """Make a token and print it; it is shown this once."""
    if bool(companies) == all_companies or "*" in companies:
        raise click.UsageError("say either --company, with a name, or --all-companies")
    token = new_token()
    identity = Identity(
        name=name,
        companies=None if all_companies else tuple(sorted(set(companies))),
        scopes=frozenset(scopes),
        expires_at=None if expires_in is None else datetime.now(UTC) + expires_in,
        key=digest_of(token),
    )
    with explained(), _changing() as known:
        if name in known:
            raise SettingsError(f"there is a token named {name} already: revoke it first")
        known[name] = identity
    click.echo(token)


@token_group.command("list")
def list_command() -> None:
    """List the tokens by name; what was printed once is not known any more."""
    with explained():
        for each in read_file(_path()):
            seen = "all companies" if each.companies is None else ",".join(each.companies)
            ends = "never" if each.expires_at is None else each.expires_at.isoformat("T", "seconds")
            state = "EXPIRED" if each.has_expired() else "expires"
            click.echo(f"{each.name}  {seen}  {','.join(sorted(each.scopes))}  {state} {ends}")


@token_group.command("revoke")
@click.argument("name")
def revoke_command(*, name: str) -> None:
    """Forget the token of NAME; its subscriptions end within seconds."""
    with explained(), _changing() as known:
        if known.pop(name, None) is None:
            raise SettingsError(f"there is no token named {name}")
    click.echo(f"revoked {name}")


def _path() -> Path:
    given = os.environ.get("DIALGRAPH_TOKENS", "")
    if not given or given.lstrip().startswith("{"):
        raise SettingsError("set DIALGRAPH_TOKENS to the path of the file that keeps the tokens")
    return Path(given).expanduser()


@contextmanager
def _changing() -> Iterator[dict[str, Identity]]:
    """Yield the tokens by name, and write what they became; two commands at once take turns."""
    path = _path()
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise SettingsError(f"there is no folder {path.parent}: make it first") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        known = {each.name: each for each in read_file(path)} if path.exists() else {}
        yield known
        _replace(path, write_tokens(known.values()))
    finally:
        os.close(folder)


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the file's place at once, for its owner alone (mode 0600)."""
    try:
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingsError(f"{path} cannot be written ({reason})") from error
