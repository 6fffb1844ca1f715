"""What can be followed: each topic says which facts form its changes, and how."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from store.callback_updates import callback_updates
from store.changes import (
    CallbackUpdate,
    CallUpdate,
    Change,
    EventAppended,
    StatusUpdate,
    call_updates,
    status_updates,
)
from store.cursor import Cursor
from store.facts import Kind
from store.ids import id_of
from store.moment import fact_number
from store.window import Window

Change_co = TypeVar("Change_co", bound=Change, covariant=True)

Traits = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Topic(Generic[Change_co]):
    """One sort of changes.

    Attributes:
        name: As the subscription is called.
        kinds: The kinds of the facts that form them; none where the events themselves do.
        form: Returns the changes of a window in their order, the same however the log was cut.
        traits: Returns by what a change can be asked for: a value, or none, for each name.
    """

    name: str
    kinds: tuple[Kind, ...]
    form: Callable[[Window], Awaitable[list[Change_co]]]
    traits: Callable[[Any], Traits]


async def _campaign_updates(window: Window) -> list[StatusUpdate]:
    return await _status_updates("campaign", window)


async def _application_updates(window: Window) -> list[StatusUpdate]:
    return await _status_updates("application", window)


async def _status_updates(kind: Kind, window: Window) -> list[StatusUpdate]:
    """Read the histories of those things only of which a status was said."""
    told = {row["idKey"] for row in window.rows if "status" in row["data"]}
    rows = [row for row in window.rows if row["idKey"] in told]
    return list(status_updates(rows, await window.foldings(kind, told)))


async def _call_updates(window: Window) -> list[CallUpdate]:
    foldings = await window.foldings("call", (row["idKey"] for row in window.rows))
    return list(call_updates(window.rows, foldings))


async def _events_appended(window: Window) -> list[EventAppended]:
    return [
        EventAppended(
            company=event["company"],
            cursor=Cursor(fact_number(event["_id"], 0), 0),
            occurred_at=event["occurredAt"],
            event=event,
        )
        for event in await window.events()
    ]


def _campaign_traits(change: StatusUpdate) -> Traits:
    return {"campaign": change.state.id}


def _application_traits(change: StatusUpdate) -> Traits:
    return {"campaign": change.state.data.get("campaignId"), "application": change.state.id}


def _call_traits(change: CallUpdate) -> Traits:
    data = change.state.data
    return {"campaign": data.get("campaignId"), "operator": data.get("operatorId")}


def _callback_traits(change: CallbackUpdate) -> Traits:
    campaign = None if change.campaign is None else id_of(change.campaign)
    return {"campaign": campaign, "operator": change.state.data.get("operatorId")}


def _event_traits(change: EventAppended) -> Traits:
    return {"eventName": change.event["eventName"]}


CAMPAIGN_STATUS = Topic("campaignStatusChanged", ("campaign",), _campaign_updates, _campaign_traits)
APPLICATION_STATUS = Topic(
    "applicationStatusChanged", ("application",), _application_updates, _application_traits
)
CALLS = Topic("callUpdated", ("call",), _call_updates, _call_traits)
CALLBACKS = Topic(
    "callbackChanged", ("application", "call", "callback"), callback_updates, _callback_traits
)
EVENTS_APPENDED = Topic("eventAppended", (), _events_appended, _event_traits)

TOPICS = (CAMPAIGN_STATUS, APPLICATION_STATUS, CALLS, CALLBACKS, EVENTS_APPENDED)
