"""The events of things, and of a company."""

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from api.loaders.lists import by_view
from api.lookahead import Ask, batch
from api.masking import MASK, masked_body
from api.paging import BY_POSITION, connection_of, read_slice
from api.types.connection import Connection
from api.types.enums import OccurredAtSource
from api.types.event import Event, Redaction
from api.types.node import Node
from api.types.scalars import JSON, Position
from api.views import is_open
from store.collections import Document
from store.cursor import Cursor
from store.event_pages import (
    count_of_company,
    counts_of_things,
    load_events,
    positions_of_company,
    positions_of_things,
    thing_condition,
)
from store.listing import Page
from store.moment import fact_number
from store.view import View


def event(view: View, row: Document) -> Event:
    """Return an event of the log as the graph shows it to the view's caller."""
    position = int(row["_id"])
    raw, digest = bytes(row["raw"]), bytes(row["digest"]).hex()
    mark = row.get("redacted")
    if not is_open(view):
        raw, digest = masked_body(raw), MASK
    return Event(
        position=Position(position),
        cursor=str(Cursor(fact_number(position, 0), 0)),
        event_name=row["eventName"],
        company_id=strawberry.ID(row["company"]),
        occurred_at=row["occurredAt"],
        occurred_at_source=OccurredAtSource[row["occurredAtSource"]],
        received_at=row["receivedAt"],
        digest=digest,
        body=JSON(raw),
        raw_body=raw.decode(),
        redacted=None if mark is None else Redaction(**mark),
    )


async def events_of_things(things: Sequence[Node], ask: Ask) -> list[Connection[Any]]:
    """Return a page of the events of each thing; two reads for all."""
    wanted = read_slice(ask.arguments, BY_POSITION)
    found: dict[int, Connection[Any]] = {}
    for view, places in by_view(things).items():
        conditions = [
            thing_condition(things[place].state.kind, things[place].state.id_key)
            for place in places
        ]
        pages = await positions_of_things(view, conditions, wanted)
        wants_total = ask.below.wants(ask.type_name, "totalCount")
        counts = await counts_of_things(view, conditions) if wants_total else None
        made = await _connections(view, pages, counts or [None] * len(pages))
        found |= dict(zip(places, made, strict=True))
    return [found[place] for place in range(len(things))]


for type_name in ("Campaign", "Application", "Call", "Callback"):
    batch(type_name, "events")(events_of_things)


async def events_of_company(
    view: View, condition: Document, arguments: Mapping[str, Any], *, wants_total: bool
) -> Connection[Any]:
    """Return a page of a company's events that fulfil a condition."""
    wanted = read_slice(arguments, BY_POSITION)
    page = await positions_of_company(view, condition, wanted)
    total = await count_of_company(view, condition) if wants_total else None
    return (await _connections(view, [page], [total]))[0]


async def _connections(
    view: View, pages: Sequence[Page], totals: Sequence[int | None]
) -> list[Connection[Any]]:
    rows = await load_events(view, [place[0] for page in pages for place in page.places])
    return [
        connection_of(
            page, [event(view, rows[place[0]]) for place in page.places], BY_POSITION, total
        )
        for page, total in zip(pages, totals, strict=True)
    ]
