"""Filters as conditions on folded states."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from api.types.inputs import (
    ApplicationFilter,
    CallbackFilter,
    CallFilter,
    CampaignFilter,
    DateTimeRange,
)
from store.callbacks import courses_of, state_at
from store.fold import State
from store.ids import id_key
from store.links import application_of, matches
from store.view import View

Condition = Callable[[State], bool]
Accept = Callable[[Sequence[State]], Awaitable[list[State]]]


def accepting(*conditions: Condition) -> Accept:
    """Return what keeps the states that fulfil all conditions, without a read."""

    async def accept(states: Sequence[State]) -> list[State]:
        return [state for state in states if all(holds(state) for holds in conditions)]

    return accept


def equals(field: str, wanted: object) -> Condition:
    """Hold for states with this value; for all where none is wanted."""
    return lambda state: wanted is None or state.data.get(field) == wanted


def one_of(field: str, wanted: Sequence[object] | None) -> Condition:
    """Hold for states with one of these values: an empty list matches nothing."""
    return lambda state: wanted is None or state.data.get(field) in wanted


def within(field: str, wanted: DateTimeRange | None) -> Condition:
    """Hold for states with a moment in the range; a null moment is in none."""

    def holds(state: State) -> bool:
        return wanted is None or is_within(state.data.get(field), wanted)

    return holds


def is_within(moment: datetime | None, wanted: DateTimeRange) -> bool:
    """Say whether from ≤ moment < to."""
    if moment is None:
        return False
    is_after = wanted.from_ is None or wanted.from_ <= moment
    return is_after and (wanted.to is None or moment < wanted.to)


def same_digits(field: str, wanted: str | None) -> Condition:
    """Hold for states whose phone number has the same digits."""

    def holds(state: State) -> bool:
        number = state.data.get(field)
        return wanted is None or (number is not None and _digits(number) == _digits(wanted))

    return holds


def _digits(number: str) -> str:
    return "".join(filter("0123456789".__contains__, number))


def names(wanted: Sequence[Any] | None) -> list[str] | None:
    """Return the names of the wanted enum values."""
    return None if wanted is None else [each.value for each in wanted]


def campaign_accepts(wanted: CampaignFilter | None) -> Accept:
    """Return the condition for campaigns."""
    chosen = wanted or CampaignFilter()
    ids = chosen.campaign_ids
    return accepting(
        one_of("status", names(chosen.status)),
        lambda state: ids is None or state.id in ids,
    )


def application_accepts(campaign: str, wanted: ApplicationFilter | None) -> Accept:
    """Return the condition for applications of a campaign, which is an id key."""
    chosen = wanted or ApplicationFilter()
    pair = chosen.client_sync_id
    return accepting(
        lambda state: belongs(state, campaign),
        one_of("status", chosen.status),
        equals("processable", chosen.processable),
        equals("hasRecall", chosen.has_recall),
        within("nextCall", chosen.next_call),
        same_digits("nextPhoneNumber", chosen.phone_number),
        lambda state: (
            pair is None or [pair.field, pair.value] in (state.data.get("clientSyncIds") or ())
        ),
    )


def belongs(state: State, campaign: str) -> bool:
    """Say whether an application or a call is of a campaign by its folded state (D15)."""
    folded = state.data.get("campaignId")
    return folded is not None and id_key(folded) == campaign


def call_accepts(view: View, wanted: CallFilter | None, *others: Condition) -> Accept:
    """Return the condition for calls; `linked` reads their matches."""
    chosen = wanted or CallFilter()
    plain = accepting(
        *others,
        one_of("status", names(chosen.status)),
        equals("callType", None if chosen.call_type is None else chosen.call_type.value),
        equals("operatorId", chosen.operator_id),
        within("updatedDate", chosen.updated_date),
        same_digits("phoneNumber", chosen.phone_number),
    )

    async def accept(states: Sequence[State]) -> list[State]:
        kept = await plain(states)
        if chosen.linked is None or not kept:
            return kept
        linked = await matches(view, kept)
        return [state for state in kept if (state.id_key in linked) == chosen.linked]

    return accept


def callback_accepts(view: View, wanted: CallbackFilter | None, *others: Condition) -> Accept:
    """Return the condition for callbacks; `state` and `campaignId` read their applications."""
    chosen = wanted or CallbackFilter()
    plain = accepting(
        *others,
        equals("operatorId", chosen.operator_id),
        within("recallAt", chosen.recall_at),
        equals("autorecall", chosen.autorecall),
    )
    states_wanted = names(chosen.state)
    at = chosen.at or view.now

    async def accept(states: Sequence[State]) -> list[State]:
        kept = await plain(states)
        if chosen.campaign_id is not None:
            kept = await of_campaign(view, kept, id_key(chosen.campaign_id))
        if states_wanted is None or not kept:
            return kept
        courses = await courses_of(view, kept)
        return [each for each in kept if state_at(each, courses[each.id_key], at) in states_wanted]

    return accept


async def of_campaign(view: View, callbacks: Sequence[State], campaign: str) -> list[State]:
    """Return the callbacks whose application belongs to a campaign, which is an id key."""
    applications = {each for state in callbacks if (each := application_of(state)) is not None}
    campaigns = await view.campaigns_of(applications)
    return [state for state in callbacks if campaigns.get(application_of(state) or "") == campaign]
