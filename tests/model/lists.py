"""Filters and orders of lists (the section on lists)."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from model.dates import moment
from model.ids import id_key
from model.thing import Thing
from model.values import digits_of

if TYPE_CHECKING:
    from model.application import Application
    from model.call import Call
    from model.callback import Callback
    from model.campaign import Campaign
    from model.event import Event

__all__ = ["TYPE_CHECKING", "Callable", "Filter", "Order", "by_date"]

Filter = Mapping[str, Any] | None
"""As a client writes it; dates are RFC 3339 texts."""
Order = Mapping[str, str] | None
_Thing = TypeVar("_Thing", bound=Thing)


def campaigns(found: "Iterable[Campaign]", where: Filter, order: Order) -> "list[Campaign]":
    """Return the campaigns that a filter leaves, in order."""
    where = where or {}
    left = [
        one
        for one in found
        if _is_among(one.status, where.get("status"))
        and _is_among(one.campaign_id, where.get("campaignIds"))
    ]
    return _ordered(left, order, {"CAMPAIGN_ID": "", "STATUS_CHANGED_AT": "status_changed_at"})


def applications(
    found: "Iterable[Application]", where: Filter, order: Order
) -> "list[Application]":
    """Return the applications that a filter leaves, in order."""
    where = where or {}
    left = [
        one
        for one in found
        if _is_among(one.status, where.get("status"))
        and _is(one.processable, where.get("processable"))
        and _is(one.has_recall, where.get("hasRecall"))
        and _is_within(one.next_call, where.get("nextCall"))
        and _is_phone(one.next_phone_number, where.get("phoneNumber"))
        and _has_pair(one, where.get("clientSyncId"))
    ]
    fields = {"APPLICATION_ID": "", "NEXT_CALL": "next_call", "LAST_CALL": "last_call"}
    return _ordered(left, order, fields)


def calls(found: "Iterable[Call]", where: Filter, order: Order) -> "list[Call]":
    """Return the calls that a filter leaves, in order: the latest first."""
    where = where or {}
    left = [
        one
        for one in found
        if _is_among(one.status, where.get("status"))
        and _is(one.call_type, where.get("callType"))
        and _is(one.operator_id, where.get("operatorId"))
        and _is_within(one.updated_date, where.get("updatedDate"))
        and _is_phone(one.phone_number, where.get("phoneNumber"))
        and _is(one.application is not None, where.get("linked"))
    ]
    order = {"direction": "DESC", **(order or {"field": "UPDATED_DATE"})}
    return _ordered(left, order, {"UPDATED_DATE": "updated_date"})


def callbacks(found: "Iterable[Callback]", where: Filter, order: Order) -> "list[Callback]":
    """Return the callbacks that a filter leaves, in order."""
    where = where or {}
    at = None if where.get("at") is None else moment(where["at"])
    left = [
        one
        for one in found
        if _is_among(one.state_at(at), where.get("state"))
        and _is(one.operator_id, where.get("operatorId"))
        and _is_within(one.recall_at, where.get("recallAt"))
        and _is(one.autorecall, where.get("autorecall"))
        and _is(one.campaign and one.campaign.campaign_id, where.get("campaignId"))
    ]
    order = order or {"field": "RECALL_AT"}
    return _ordered(left, order, {"RECALL_AT": "recall_at", "CREATED_AT": "created_at"})


def events(found: "Iterable[Event]", where: Filter) -> "list[Event]":
    """Return the events that a filter leaves, by position."""
    where = where or {}
    return [
        one
        for one in found
        if _is_among(one.event_name, where.get("eventNames"))
        and _is_within(one.received_at, where.get("receivedAt"))
        and _is_within(one.occurred_at, where.get("occurredAt"))
    ]


def by_date(found: Iterable[_Thing], field: str, *, descending: bool = False) -> list[_Thing]:
    """Return things by a date, or by id where `field` is empty; null is greater than all."""

    def key(one: _Thing) -> object:
        date = getattr(one, field) if field else 0
        return (date is None, date or 0, id_key(one.thing_id))

    return sorted(found, key=key, reverse=descending)  # type: ignore[arg-type]


def _ordered(found: list[_Thing], order: Order, fields: Mapping[str, str]) -> list[_Thing]:
    field = fields[(order or {}).get("field", next(iter(fields)))]
    return by_date(found, field, descending=(order or {}).get("direction") == "DESC")


def _is(value: object, wanted: object) -> bool:
    return wanted is None or value == wanted


def _is_among(value: object, wanted: list[object] | None) -> bool:
    return wanted is None or value in wanted


def _is_within(value: int | None, span: Mapping[str, str | None] | None) -> bool:
    if span is None:
        return True
    start, end = span.get("from"), span.get("to")
    if value is None:
        return start is None and end is None
    return (start is None or moment(start) <= value) and (end is None or value < moment(end))


def _is_phone(value: str | None, wanted: str | None) -> bool:
    return wanted is None or digits_of(value) == digits_of(wanted)


def _has_pair(one: "Application", wanted: Mapping[str, str] | None) -> bool:
    return wanted is None or (wanted["field"], wanted["value"]) in one.client_sync_ids
