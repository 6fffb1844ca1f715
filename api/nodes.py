"""From folded states to the graph's types."""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import strawberry

from api.masking import masked, of_view
from api.types.application import Application, ApplicationStatusChange, ClientSyncId
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign, CampaignStatusChange
from api.types.enums import (
    CallResult,
    CallType,
    CampaignStatus,
    RecallDescription,
    RecallType,
)
from api.types.node import Node
from api.types.scalars import JSON, Position
from api.views import is_open
from store.fold import State
from store.history import StatusChange, status_changed_at, status_changes
from store.view import View

Word = TypeVar("Word", bound=Enum)


Thing = TypeVar("Thing", bound=Node)

# What a thing shows of its state is worked out once; who sees it comes with each operation.
_UNSEEN: Mapping[str, Any] = {"view": None, "state": None}


def _seen(view: View, state: State, make: Callable[[State], Thing]) -> Thing:
    thing: Thing = state.once(make if is_open(view) else _MASKED[make])
    seen, shown = object.__new__(type(thing)), thing.__dict__.copy()
    shown["view"], shown["state"], shown["results"] = view, state, {}
    seen.__dict__ = shown
    return seen


def node(view: View, state: State) -> Node:
    """Return the thing as its own type."""
    return _MAKERS[state.kind](view, state)


def campaign(view: View, state: State) -> Campaign:
    """Return a campaign."""
    return _seen(view, state, _campaign)


def _campaign(state: State) -> Campaign:
    data = state.data
    return Campaign(
        **_UNSEEN,
        campaign_id=strawberry.ID(state.id),
        company_id=strawberry.ID(state.company),
        status=_word(CampaignStatus, data.get("status")),
        status_raw=data.get("statusRaw"),
        status_changed_at=status_changed_at(state),
    )


def application(view: View, state: State) -> Application:
    """Return an application."""
    return _seen(view, state, _application)


def _application(state: State) -> Application:
    data = state.data
    return Application(
        **_UNSEEN,
        application_id=strawberry.ID(state.id),
        company_id=strawberry.ID(state.company),
        campaign_id=_id(data.get("campaignId")),
        status=data.get("status"),
        status_changed_at=status_changed_at(state),
        max_call_count=data.get("maxCallCount"),
        called_count=data.get("calledCount"),
        last_call=data.get("lastCall"),
        next_call=data.get("nextCall"),
        next_phone_number=data.get("nextPhoneNumber"),
        sms_status=data.get("smsStatus"),
        sms_message=data.get("smsMessage"),
        error_message=data.get("errorMessage"),
        ccproject_call_status=data.get("ccprojectCallStatus"),
        has_recall=data.get("hasRecall"),
        processable=data.get("processable"),
        telemarket_client_parent_id=_id(data.get("telemarketClientParentId")),
        order_index=_json(data.get("orderIndex")),
        call_priority_index=_json(data.get("callPriorityIndex")),
        ccproject_status_called_count=_json(data.get("ccprojectStatusCalledCount")),
        agi_processing=_json(data.get("agiProcessing")),
        client_sync_ids=client_sync_ids(state),
    )


def call(view: View, state: State) -> Call:
    """Return a call."""
    return _seen(view, state, _call)


def _call(state: State) -> Call:
    data = state.data
    return Call(
        **_UNSEEN,
        statistic_id=strawberry.ID(state.id),
        company_id=strawberry.ID(state.company),
        campaign_id=_id(data.get("campaignId")),
        updated_date=data.get("updatedDate"),
        operator_id=_id(data.get("operatorId")),
        phone_number=data.get("phoneNumber"),
        operator_call_duration=data.get("operatorCallDuration"),
        general_call_duration=data.get("generalCallDuration"),
        status=_word(CallResult, data.get("status")),
        status_raw=data.get("statusRaw"),
        client_call_status=data.get("clientCallStatus"),
        operator_call_status=data.get("operatorCallStatus"),
        close_form_status=data.get("closeFormStatus"),
        call_type=_word(CallType, data.get("callType")),
        call_type_raw=data.get("callTypeRaw"),
        recall_description=_word(RecallDescription, data.get("recallDescription")),
        recall_description_raw=data.get("recallDescriptionRaw"),
        recall_type=_word(RecallType, data.get("recallType")),
        recall_type_raw=data.get("recallTypeRaw"),
        redirection_id=_id(data.get("redirectionId")),
        hungup_side=data.get("hungupSide"),
        external_id=data.get("externalId"),
        error_message=data.get("errorMessage"),
        called_count=data.get("calledCount"),
        client_sync_ids=client_sync_ids(state),
    )


def callback(view: View, state: State) -> Callback:
    """Return a callback."""
    return _seen(view, state, _callback)


def _callback(state: State) -> Callback:
    data = state.data
    return Callback(
        **_UNSEEN,
        callback_id=strawberry.ID(state.id),
        company_id=strawberry.ID(state.company),
        application_id=_id(data.get("applicationId")),
        created_at=data.get("createdAt"),
        autorecall=data.get("autorecall"),
        description=data.get("description"),
        name=data.get("name"),
        phone_number=data.get("phoneNumber"),
        recall_at=data.get("recallAt"),
        recall_status=_word(RecallDescription, data.get("recallStatus")),
        recall_status_raw=data.get("recallStatusRaw"),
        operator_id=_id(data.get("operatorId")),
        client_sync_ids=client_sync_ids(state),
    )


_MAKERS = {
    "campaign": campaign,
    "application": application,
    "call": call,
    "callback": callback,
}


def _masked(make: Callable[[State], Node], state: State) -> Node:
    return make(masked(state))


# One function for each, because a state remembers what it was asked for by the function.
_MASKED: Mapping[Callable[[State], Any], Callable[[State], Any]] = {
    make: partial(_masked, make) for make in (_campaign, _application, _call, _callback)
}


def client_sync_ids(state: State) -> list[ClientSyncId]:
    """Return a thing's client sync pairs, in the sender's order (D16)."""
    pairs = state.data.get("clientSyncIds") or ()
    return [ClientSyncId(field=field, value=value) for field, value in pairs]


def campaign_changes(subject: Campaign) -> list[CampaignStatusChange]:
    """Return a campaign's status history (D11)."""
    return [campaign_change(subject, change) for change in status_changes(subject.state)]


def campaign_change(subject: Campaign, change: StatusChange) -> CampaignStatusChange:
    """Return one change of a campaign's status."""
    return CampaignStatusChange(
        position=Position(change.position),
        cursor=change.cursor,
        occurred_at=change.at,
        previous_status=_word(CampaignStatus, change.previous),
        status=_word(CampaignStatus, change.status),
        status_raw=change.raw if change.status else of_view(subject.view, "statusRaw", change.raw),
        campaign=subject,
    )


def application_changes(subject: Application) -> list[ApplicationStatusChange]:
    """Return an application's status history (D11)."""
    return [application_change(subject, change) for change in status_changes(subject.state)]


def application_change(subject: Application, change: StatusChange) -> ApplicationStatusChange:
    """Return one change of an application's status."""
    return ApplicationStatusChange(
        position=Position(change.position),
        cursor=change.cursor,
        occurred_at=change.at,
        previous_status=of_view(subject.view, "status", change.previous),
        status=of_view(subject.view, "status", change.status),
        application=subject,
    )


def _word(words: type[Word], name: str | None) -> Word | None:
    return None if name is None else words[name]


def _id(text: str | None) -> strawberry.ID | None:
    return None if text is None else strawberry.ID(text)


def _json(text: str | None) -> JSON | None:
    return None if text is None else JSON(text.encode())
