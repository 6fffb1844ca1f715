"""What can be followed: each topic says which facts form its changes, and how."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from store.callback_updates import callback_updates
from store.changes import (
    CallUpdate,
    Change,
    EventAppended,
    StatusUpdate,
    call_updates,
    status_updates,
)
from store.cursor import Cursor
from store.facts import Kind
from store.moment import fact_number
from store.window import Window

Change_co = TypeVar("Change_co", bound=Change, covariant=True)


@dataclass(frozen=True, slots=True, eq=False)
class Topic(Generic[Change_co]):
    """One sort of changes.

    Attributes:
        name: As the subscription is called.
        kinds: The kinds of the facts that form them; none where the events themselves do.
        form: Returns the changes of a window in their order, the same however the log was cut.
    """

    name: str
    kinds: tuple[Kind, ...]
    form: Callable[[Window], Awaitable[list[Change_co]]]


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


CAMPAIGN_STATUS = Topic("campaignStatusChanged", ("campaign",), _campaign_updates)
APPLICATION_STATUS = Topic("applicationStatusChanged", ("application",), _application_updates)
CALLS = Topic("callUpdated", ("call",), _call_updates)
CALLBACKS = Topic("callbackChanged", ("application", "call", "callback"), callback_updates)
EVENTS_APPENDED = Topic("eventAppended", (), _events_appended)

TOPICS = (CAMPAIGN_STATUS, APPLICATION_STATUS, CALLS, CALLBACKS, EVENTS_APPENDED)
