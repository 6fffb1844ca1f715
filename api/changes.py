"""From the changes of a topic to what a subscription sends, one view for each."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import strawberry

from api import limits, nodes
from api.emissions import Selected, emissions
from api.errors import INTERNAL, UNAVAILABLE, ClientError
from api.execution import SharedEvent
from api.identity import PERSONAL_DATA
from api.loaders.event import event as event_of
from api.lookahead import prefetch
from api.operation import Caller, Operation
from api.types.application import ApplicationStatusChange
from api.types.call import CallUpdate
from api.types.callback import CallbackChange
from api.types.campaign import CampaignStatusChange
from api.types.enums import CallbackState
from api.types.event import Event
from api.types.scalars import Position
from api.views import OpenView
from store.changes import CallbackUpdate, Change, EventAppended, StatusUpdate
from store.changes import CallUpdate as CallChange
from store.cursor import BadCursorError, Cursor
from store.errors import LogUnavailableError
from store.event_pages import load_events
from store.follow import Follower
from store.head import last_position
from store.moment import Moment, position_of
from store.subscriber import SlowSubscriberError, Wanted
from store.topics import Topic
from store.view import View

C = TypeVar("C", bound=Change)
Make = Callable[[View, C], Awaitable[object]]

_log = logging.getLogger("dialgraph.graphql")
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Start:
    """Whose changes a subscription tells, and from where on; as its arguments say."""

    company_id: str | None
    after: int | None
    after_cursor: str | None


def among(**wanted: str | Collection[str] | None) -> Wanted:
    """Return which changes are asked for: each argument names values of a trait, or none."""
    return {
        name: frozenset([given] if isinstance(given, str) else given)
        for name, given in wanted.items()
        if given is not None
    }


async def told(
    info: strawberry.Info, topic: Topic[C], start: Start, wanted: Wanted, make: Make[C]
) -> AsyncGenerator[Any, None]:
    """Return what a subscription sends: an object for each change, all below it loaded.

    Whoever selects the same shares the object, its execution and its encoding; the one for whom it
    is made is charged, and waits while it is in debt.

    Raises:
        ClientError: BAD_CURSOR, COMPANY_REQUIRED, SUBSCRIPTION_LIMIT; OPERATION_TIMEOUT, where what
            one change tells takes longer to load than a query may.
    """
    operation: Operation = info.context
    _require_room(operation.caller.follower)
    cursor = _cursor(start.after_cursor, operation.caller)
    company = await operation.company(start.company_id)
    return _told(info, topic, company, start, cursor, wanted, make)


def _require_room(follower: Follower) -> None:
    if follower.subscribers >= limits.MAX_SUBSCRIPTIONS:
        raise ClientError("SUBSCRIPTION_LIMIT", "Too many subscriptions are open: try again later.")


def _cursor(given: str | None, caller: Caller) -> Cursor | None:
    """Read where to begin: a client that reconnects by itself says it beside the same query."""
    text = caller.last_event_id or given
    try:
        return None if text is None else Cursor.parse(text)
    except BadCursorError as error:
        raise ClientError(error.code, str(error)) from error


async def _told(  # noqa: PLR0913, PLR0917 - the parts of `told`
    info: strawberry.Info,
    topic: Topic[C],
    company: str,
    start: Start,
    cursor: Cursor | None,
    wanted: Wanted,
    make: Make[C],
) -> AsyncGenerator[SharedEvent, None]:
    operation: Operation = info.context
    follower, selection, after = operation.caller.follower, Selected(info), start.after
    try:
        if not company and start.company_id is None and operation.caller.companies != ():
            company, after = await _first_company(operation.caller), after or 0
        following = follower.subscribe(
            topic, company=company, after=after, after_cursor=cursor, wanted=wanted
        )
        _require_room(follower)  # again: many may have come while the company was looked up
        async with aclosing(following):
            async for change in following:
                await operation.caller.throttle.until_solvent(operation.caller.payer)
                emission = emissions.of(change, selection)
                event = await emission.event(
                    partial(_made, operation.caller, change, selection, make),
                    operation.caller.throttle.in_time,
                )
                operation.position, operation.cursor = change.position, emission.cursor
                yield event
    except Exception as error:
        raise await _told_why(operation.caller, error) from error


async def _told_why(caller: Caller, error: Exception) -> ClientError:
    """Say why a subscription ends; where that cannot be found out, say that instead."""
    if not isinstance(error, SlowSubscriberError):
        return _client_error(error)
    try:
        return _slow(error.code, await _own_place(caller, error.cursor))
    except LogUnavailableError as unavailable:
        return _client_error(unavailable)


async def _own_place(caller: Caller, cursor: Cursor) -> Cursor:
    """Return a place to resume at among the caller's companies: the log may be farther (D22)."""
    position = position_of(cursor.number)
    if caller.companies is None:
        return cursor
    last = await last_position(caller.log.database, caller.companies, position)
    return cursor if last == position else Cursor.after_position(last)


def _slow(code: str, cursor: Cursor) -> ClientError:
    slow = ClientError(code, str(SlowSubscriberError(cursor)))
    slow.extensions = {"code": code, "cursor": str(cursor)}
    return slow


async def _made(caller: Caller, change: C, selection: Selected, make: Make[C]) -> object:
    caller.throttle.charge_change(caller.payer, selection.cost)
    moment = Moment(change.position, None, caller.follower.generation)
    see = OpenView if caller.may(PERSONAL_DATA) else View
    view = see(caller.log.database, change.company, moment)
    made = await make(view, change)
    await prefetch([made], selection.below, selection.type_name)
    return made


async def _first_company(caller: Caller) -> str:
    """Wait for an empty log's first event: who subscribes without `companyId` means that one's."""
    while not (companies := (await caller.log.head(caller.companies)).companies):
        await caller.log.wait(_POLL_SECONDS)
    if len(companies) > 1:
        raise ClientError("COMPANY_REQUIRED", "Several companies came: say which in `companyId`.")
    return companies[0]


def _client_error(error: Exception) -> ClientError:
    """Say why a subscription ends; of faults no more than that there is one."""
    if isinstance(error, ClientError):
        return error
    if isinstance(error, LogUnavailableError):
        return ClientError(UNAVAILABLE, "The store does not answer: resume after the last cursor.")
    _log.error("a subscription failed", exc_info=error)
    return ClientError(INTERNAL, "Something went wrong on our side.")


async def campaign_status_change(view: View, change: StatusUpdate) -> CampaignStatusChange:
    """Return what `campaignStatusChanged` sends."""
    return nodes.campaign_change(nodes.campaign(view, change.state), change.entry)


async def application_status_change(view: View, change: StatusUpdate) -> ApplicationStatusChange:
    """Return what `applicationStatusChanged` sends."""
    return nodes.application_change(nodes.application(view, change.state), change.entry)


async def call_update(view: View, change: CallChange) -> CallUpdate:
    """Return what `callUpdated` sends."""
    return CallUpdate(
        position=Position(change.position),
        cursor=str(change.cursor),
        created=change.created,
        call=nodes.call(view, change.state),
    )


async def callback_change(view: View, change: CallbackUpdate) -> CallbackChange:
    """Return what `callbackChanged` sends."""
    return CallbackChange(
        position=Position(change.position),
        cursor=str(change.cursor),
        state=CallbackState[change.callback_state],
        callback=nodes.callback(view, change.state),
    )


async def event(view: View, change: EventAppended) -> Event:
    """Return what `eventAppended` sends; a large event is read only now."""
    row = change.event
    if "raw" not in row:
        row = (await load_events(view, [change.position]))[change.position]
    return event_of(view, row)
