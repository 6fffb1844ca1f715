"""The command that forgets a person."""

import click

from api.maintenance import run
from store.erasure import Figures, forget, resume, survey
from store.keys import pair_key, phone_key
from store.log import EventLog


@click.command("forget")
@click.option("--company", help="The company whose client the person is.")
@click.option("--client-sync-id", help="The person's client sync pair, as field=value.")
@click.option("--phone", help="The person's phone number; its digits count.")
@click.option("--by", required=True, help="Who wants it: kept with each redacted event.")
@click.option("--yes", is_flag=True, help="Erase. Without it, only count.")
@click.option("--resume", "is_resumed", is_flag=True, help="Go on with one that was broken off.")
def forget_command(  # noqa: PLR0913 - the options of one command
    *,
    company: str | None,
    client_sync_id: str | None,
    phone: str | None,
    by: str,
    yes: bool,
    is_resumed: bool,
) -> None:
    """Erase a person from the log: random words take the place of what is personal.

    This cannot be undone. Whatever else carries the log (backups, exports, MongoDB's oplog) keeps
    the person until it is gone.
    """
    if is_resumed:
        _tell(run(resume), "erased")
        return
    if company is None:
        raise click.UsageError("Say whose client the person is: --company.")
    sought = _sought(client_sync_id, phone)
    if yes:
        _tell(run(lambda log: forget(log, company, sought, by=by)), "erased")
    else:
        _tell(run(lambda log: _counted(log, company, sought)), "would be erased (--yes does it)")


async def _counted(log: EventLog, company: str, sought: str) -> Figures:
    return await survey(log, company, sought)


def _sought(client_sync_id: str | None, phone: str | None) -> str:
    """Return the link key that is asked for.

    Raises:
        UsageError: There is none, or there are two.
    """
    if (client_sync_id is None) == (phone is None):
        raise click.UsageError("Name the person either by --client-sync-id or by --phone.")
    if client_sync_id is not None:
        field, equals, value = client_sync_id.partition("=")
        if not field or not equals or not value:
            raise click.UsageError("Spell --client-sync-id as field=value.")
        return pair_key(field, value)
    key = phone_key(phone or "")
    if key is None:
        raise click.UsageError("Spell --phone with digits.")
    return key


def _tell(figures: Figures, what: str) -> None:
    click.echo(
        f"{figures.events:,} events and {figures.quarantined:,} rejected bodies {what}:"
        f" {figures.applications:,} applications, {figures.calls:,} calls,"
        f" {figures.callbacks:,} callbacks speak of the person"
    )
    if figures.shared:
        click.echo(f"{figures.shared:,} values are other clients' too: theirs stay")
    if figures.left:
        places = ", ".join(map(str, sorted(figures.left)[:20]))
        click.echo(f"in {len(figures.left):,} events a value stands in an id or a word: {places}")
