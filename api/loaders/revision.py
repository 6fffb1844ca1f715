"""The revisions of things, and the events behind their values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from strawberry.utils.str_converters import to_camel_case

from api.errors import ClientError
from api.loaders.event import event
from api.loaders.lists import by_view
from api.lookahead import Ask, batch
from api.masking import of_view
from api.paging import BY_POSITION, connection_of, read_slice
from api.types.connection import Connection
from api.types.node import Node
from api.types.revision import FieldChange, Provenance, Revision
from api.types.scalars import JSON, Position, spell_date_time
from store.collections import Document
from store.event_pages import load_events
from store.listing import Page, Slice
from store.revisions import Revision as Found
from store.revisions import provenance, revisions
from store.view import View

_NAMES = ("Campaign", "Application", "Call", "Callback")


async def revisions_of(things: Sequence[Node], ask: Ask) -> list[Connection[Any]]:
    """Return a page of each thing's revisions; two reads for all of a kind."""
    wanted = read_slice(ask.arguments, BY_POSITION)
    made: dict[int, Connection[Any]] = {}
    for view, places in by_view(things).items():
        rows = await _rows(view, [things[place] for place in places])
        found = {place: revisions(rows[things[place].state.id_key]) for place in places}
        pages = {place: _cut(found[place], wanted) for place in places}
        events = await load_events(
            view, [each.position for _, page in pages.values() for each in page]
        )
        for place, (page, cut) in pages.items():
            shown = [_revision(view, each, events[each.position]) for each in cut]
            made[place] = connection_of(page, shown, BY_POSITION, len(found[place]))
    return [made[place] for place in range(len(things))]


async def _rows(view: View, things: Sequence[Node]) -> dict[str, list[Document]]:
    keys = {thing.state.id_key for thing in things}
    found: dict[str, list[Document]] = {key: [] for key in keys}
    for row in await view.rows(things[0].state.kind, keys):
        found[row["idKey"]].append(row)
    return found


def _cut(found: Sequence[Found], wanted: Slice) -> tuple[Page, list[Found]]:
    after = 0 if wanted.after is None else wanted.after[0]
    before = None if wanted.before is None else wanted.before[0]
    inside = [
        each
        for each in found
        if each.position > after and (before is None or each.position < before)
    ]
    more = len(inside) > wanted.limit
    start = max(0, len(inside) - wanted.limit) if wanted.backward else 0
    cut = inside[start : start + wanted.limit]
    places = [(each.position, "") for each in cut]
    return Page(
        [],
        places,
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    ), cut


def _revision(view: View, found: Found, row: Document) -> Revision:
    return Revision(
        position=Position(found.position),
        occurred_at=found.occurred_at,
        received_at=row["receivedAt"],
        changes=[
            FieldChange(
                field=field,
                before=_json(of_view(view, field, before)),
                after=_json(of_view(view, field, after)),
            )
            for field, (before, after) in sorted(found.changes.items())
        ],
        event=event(view, row),
    )


def _json(value: Any) -> JSON | None:  # noqa: ANN401 - any value of a fact
    return None if value is None else JSON(orjson.dumps(_shown(value)))


def _shown(value: Any) -> object:  # noqa: ANN401 - any value of a fact
    if isinstance(value, datetime):
        return spell_date_time(value)
    if isinstance(value, list):
        return [{"field": field, "value": text} for field, text in value]
    return value


async def provenance_of(things: Sequence[Node], ask: Ask) -> list[list[Provenance]]:
    """Return for each thing the events behind its values; two reads for all of a kind."""
    fields: list[str] | None = ask.arguments.get("fields")
    found: dict[int, list[Provenance]] = {}
    for view, places in by_view(things).items():
        rows = await _rows(view, [things[place] for place in places])
        winners = {place: provenance(rows[things[place].state.id_key]) for place in places}
        events = await load_events(
            view, [position for each in winners.values() for position in each.values()]
        )
        for place in places:
            _check(things[place], fields)
            found[place] = [
                _provenance(view, field, events[position])
                for field, position in sorted(winners[place].items())
                if fields is None or field in fields
            ]
    return [found[place] for place in range(len(things))]


def _check(thing: Node, fields: Sequence[str] | None) -> None:
    definition = type(thing).__strawberry_definition__  # type: ignore[attr-defined]
    known = {field.graphql_name or to_camel_case(field.python_name) for field in definition.fields}
    unknown = sorted(set(fields or ()) - known)
    if unknown:
        raise ClientError(
            "UNKNOWN_FIELD", f"{definition.name} has no field {unknown[0]!r}: name fields of it."
        )


def _provenance(view: View, field: str, row: Document) -> Provenance:
    return Provenance(
        field=field,
        position=Position(row["_id"]),
        occurred_at=row["occurredAt"],
        received_at=row["receivedAt"],
        event=event(view, row),
    )


for type_name in _NAMES:
    batch(type_name, "revisions")(revisions_of)
    batch(type_name, "provenance")(provenance_of)
