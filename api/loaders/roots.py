"""What the root fields load."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from api import nodes
from api.errors import ClientError
from api.filters import callback_filter, campaign_filter
from api.identity import PERSONAL_DATA
from api.limits import MAX_PAGE
from api.loaders import application, campaign
from api.loaders.event import events_of_company
from api.loaders.lists import SORT_FIELDS, order_name
from api.lookahead import Selection, below, prefetch
from api.masking import MASK
from api.operation import Operation
from api.paging import BY_RECEIPT, connection_of, read_slice
from api.types.campaign import Campaign
from api.types.connection import Connection
from api.types.inputs import CallbackFilter, CampaignFilter, DateTimeRange, EventFilter
from api.types.log import Log, QuarantinedBody
from api.types.node import Node, read_node_id
from api.types.scalars import Position
from store.collections import Document
from store.facts import Kind
from store.fold import empty_state
from store.history import status_changed_at
from store.ids import id_key
from store.listing import Listing, page_of, sort_key
from store.quarantine import count_bodies, quarantined_page
from store.rejections import UnstorableError
from store.statistics import log_figures
from store.sweep import counts
from store.view import View
from store.walk import pages


async def nodes_by_id(info: strawberry.Info, ids: Sequence[str]) -> list[Node | None]:
    """Return the things with these global ids, in order; one read per kind and company."""
    if len(ids) > MAX_PAGE:
        raise ClientError("PAGE_TOO_LARGE", f"Ask for at most {MAX_PAGE} ids at once.")
    operation: Operation = info.context
    wanted: dict[tuple[str, Kind], list[str]] = defaultdict(list)
    read = [read_node_id(each) for each in ids]
    for each in read:
        if each is not None and operation.may_see(each[1]):
            wanted[each[1], each[0]].append(id_key(each[2]))
    found: dict[tuple[Kind, str, str], Node] = {}
    for (company, kind), keys in wanted.items():
        view = await operation.view(company)
        for state in (await view.existing(kind, keys)).values():
            found[kind, company, state.id] = nodes.node(view, state)
    await prefetch(list(found.values()), below(info), "Node")
    return [None if each is None else found.get(each) for each in read]


# What can be read beside the thing itself, because it depends on its id alone.
_FORESEE: Mapping[Kind, Callable[[View, Selection, str], Awaitable[None]]] = {
    "campaign": campaign.foresee,
    "application": application.foresee,
}


async def _nothing_foreseen(view: View, selection: Selection, id_key: str) -> None:
    del view, selection, id_key


async def thing(info: strawberry.Info, view: View, kind: Kind, key: str) -> Node | None:
    """Return one thing by its id key, if it exists."""
    selection = below(info)
    foresee = _FORESEE.get(kind, _nothing_foreseen)
    found, _ = await asyncio.gather(view.existing(kind, [key]), foresee(view, selection, key))
    made = [nodes.node(view, state) for state in found.values()]
    await prefetch(made, selection, kind.title())
    return made[0] if made else None


async def log(info: strawberry.Info, company_id: str | None) -> Log:
    """Return the log of one company, or of all that the caller sees."""
    operation: Operation = info.context
    companies = operation.companies(company_id)
    database = operation.caller.log.database
    figures = await log_figures(database, companies, (await operation.head()).position)
    opened = Log(
        database=database,
        companies=companies,
        is_open=operation.caller.may(PERSONAL_DATA),
        position=Position(figures.position),
        event_count=figures.events,
        last_received_at=figures.last_received_at,
    )
    await prefetch([opened], below(info), "Log")
    return opened


async def campaigns(
    info: strawberry.Info,
    view: View,
    wanted: CampaignFilter | None,
    arguments: Mapping[str, Any],
) -> Connection[Campaign]:
    """Return a page of the company's campaigns; the folds of all only where they are needed."""
    order, descending = order_name(arguments, "CAMPAIGN_ID")
    keys = await view.campaign_keys()
    states = [empty_state("campaign", view.company, key) for key in keys]
    if wanted is not None or order != "CAMPAIGN_ID":
        known = (await view.known("campaign", keys)).values()
        states = [
            replace(state, data={**state.data, "statusChangedAt": status_changed_at(state)})
            for state in known
        ]
    listing = Listing("campaign", {}, SORT_FIELDS[order], descending, *campaign_filter(wanted))
    whole = await listing.accept(states)
    whole.sort(key=lambda state: sort_key(listing.place(state)), reverse=descending)
    page = page_of(whole, listing, read_slice(arguments, order))
    folded = await view.known("campaign", [state.id_key for state in page.states])
    made = [nodes.campaign(view, folded[state.id_key]) for state in page.states]
    connection = connection_of(page, made, order, len(whole))
    await prefetch([connection], below(info), "CampaignConnection")
    return connection


async def callbacks(
    info: strawberry.Info,
    view: View,
    wanted: CallbackFilter | None,
    arguments: Mapping[str, Any],
) -> Connection[Any]:
    """Return a page of the company's callbacks."""
    order, descending = order_name(arguments, "RECALL_AT")
    chosen = callback_filter(view, wanted)
    listing = Listing("callback", {}, SORT_FIELDS[order], descending, *chosen)
    page = (await pages(view, [listing], read_slice(arguments, order)))[0]
    selection = below(info)
    count = None
    if selection.wants("CallbackConnection", "totalCount"):
        [count] = await counts(view, [listing])
    made = [nodes.callback(view, state) for state in page.states]
    connection = connection_of(page, made, order, count)
    await prefetch([connection], selection, "CallbackConnection")
    return connection


async def events(
    info: strawberry.Info, view: View, wanted: EventFilter | None, arguments: Mapping[str, Any]
) -> Connection[Any]:
    """Return a page of the company's events."""
    wants_total = below(info).wants("EventConnection", "totalCount")
    return await events_of_company(
        view, _event_condition(wanted or EventFilter()), arguments, wants_total=wants_total
    )


def _event_condition(wanted: EventFilter) -> Document:
    condition: Document = {}
    if wanted.event_names is not None:
        condition["eventName"] = {"$in": wanted.event_names}
    if wanted.received_at is not None:
        condition["receivedAt"] = _range(wanted.received_at)
    if wanted.occurred_at is not None:
        condition["occurredAt"] = _range(wanted.occurred_at)
    return condition


def _range(wanted: DateTimeRange) -> Document:
    """Write from ≤ t < to for moments of whole milliseconds; the driver cuts off what is beyond."""
    bounds = {
        "$gt" if _has_rest(wanted.from_) else "$gte": wanted.from_,
        "$lte" if _has_rest(wanted.to) else "$lt": wanted.to,
    }
    return {name: bound for name, bound in bounds.items() if bound is not None} or {"$exists": True}


def _has_rest(moment: datetime | None) -> bool:
    return moment is not None and moment.microsecond % 1000 > 0


async def quarantine(
    info: strawberry.Info, company_id: str | None, arguments: Mapping[str, Any]
) -> Connection[QuarantinedBody]:
    """Return a page of the rejected bodies."""
    operation: Operation = info.context
    companies = operation.companies(company_id)
    database = operation.caller.log.database
    page, rows = await quarantined_page(database, companies, read_slice(arguments, BY_RECEIPT))
    wants_total = below(info).wants("QuarantinedBodyConnection", "totalCount")
    count = await count_bodies(database, companies) if wants_total else None
    return connection_of(
        page,
        [_quarantined(row, shown=operation.caller.may(PERSONAL_DATA)) for row in rows],
        BY_RECEIPT,
        count,
    )


def _quarantined(row: Document, *, shown: bool) -> QuarantinedBody:
    company, raw = row.get("company"), bytes(row["raw"]).decode(errors="replace")
    is_plain = shown or row["code"] != UnstorableError.code
    return QuarantinedBody(
        id=strawberry.ID(row["_id"]),
        received_at=row["receivedAt"],
        code=row["code"],
        message=row["message"] if is_plain else MASK,
        company_id=None if company is None else strawberry.ID(company),
        count=row["count"],
        raw=raw if shown else MASK,
    )
