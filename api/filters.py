"""Filters as conditions on folded states."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from api.masking import refuse_personal
from api.types.inputs import (
    ApplicationFilter,
    CallbackFilter,
    CallFilter,
    CampaignFilter,
    ClientSyncIdInput,
    DateTimeRange,
)
from store.callbacks import courses_of, state_when
from store.fold import State
from store.ids import id_key
from store.links import application_of, matches
from store.listing import Accept, Prepare
from store.view import View

Condition = Callable[[State], bool]


class Filter(NamedTuple):
    """Which things a list shows.

    Attributes:
        accept: Keeps those that it shows.
        prepare: Reads what `accept` looks at, for the things of several lists at once.
    """

    accept: Accept
    prepare: Prepare


async def nothing(states: Sequence[State]) -> None:
    """Prepare for a filter that looks at the states alone."""


def accepting(*conditions: Condition | None) -> Accept:
    """Return what keeps the states that fulfil all conditions, without a read."""
    given = [each for each in conditions if each is not None]

    async def accept(states: Sequence[State]) -> list[State]:
        kept = list(states)
        for holds in given:
            kept = [state for state in kept if holds(state)]
        return kept

    return accept


def equals(field: str, wanted: object) -> Condition | None:
    """Hold for states with this value; for all where none is wanted."""
    if wanted is None:
        return None
    return lambda state: state.data.get(field) == wanted


def one_of(field: str, wanted: Sequence[object] | None) -> Condition | None:
    """Hold for states with one of these values: an empty list matches nothing."""
    if wanted is None:
        return None
    values = frozenset(wanted)
    return lambda state: state.data.get(field) in values


def within(field: str, wanted: DateTimeRange | None) -> Condition | None:
    """Hold for states with a moment in the range; a null moment is in none."""
    if wanted is None:
        return None
    return lambda state: is_within(state.data.get(field), wanted)


def is_within(moment: datetime | None, wanted: DateTimeRange) -> bool:
    """Say whether from ≤ moment < to."""
    if moment is None:
        return False
    is_after = wanted.from_ is None or wanted.from_ <= moment
    return is_after and (wanted.to is None or moment < wanted.to)


def same_digits(field: str, wanted: str | None) -> Condition | None:
    """Hold for states whose phone number has the same digits."""
    if wanted is None:
        return None
    digits = _digits(wanted)

    def holds(state: State) -> bool:
        number = state.data.get(field)
        return number is not None and _digits(number) == digits

    return holds


def _digits(number: str) -> str:
    return "".join(filter("0123456789".__contains__, number))


def names(wanted: Sequence[Any] | None) -> list[str] | None:
    """Return the names of the wanted enum values."""
    return None if wanted is None else [each.value for each in wanted]


def campaign_filter(wanted: CampaignFilter | None) -> Filter:
    """Return the filter of campaigns."""
    chosen = wanted or CampaignFilter()
    accept = accepting(
        one_of("status", names(chosen.status)),
        _one_of_ids(chosen.campaign_ids),
    )
    return Filter(accept, nothing)


def _one_of_ids(wanted: Sequence[str] | None) -> Condition | None:
    if wanted is None:
        return None
    ids = frozenset(wanted)
    return lambda state: state.id in ids


def application_filter(view: View, campaign: str, wanted: ApplicationFilter | None) -> Filter:
    """Return the filter of the applications of a campaign, which is an id key.

    Raises:
        ClientError: PERSONAL_DATA, where the caller asks by what it may not see.
    """
    chosen = wanted or ApplicationFilter()
    pair = chosen.client_sync_id
    refuse_personal(view, {"phoneNumber": chosen.phone_number, "clientSyncId": pair})
    accept = accepting(
        lambda state: belongs(state, campaign),
        one_of("status", chosen.status),
        equals("processable", chosen.processable),
        equals("hasRecall", chosen.has_recall),
        within("nextCall", chosen.next_call),
        same_digits("nextPhoneNumber", chosen.phone_number),
        _carries(pair),
    )
    return Filter(accept, nothing)


def _carries(wanted: ClientSyncIdInput | None) -> Condition | None:
    if wanted is None:
        return None
    pair = [wanted.field, wanted.value]
    return lambda state: pair in (state.data.get("clientSyncIds") or ())


def belongs(state: State, campaign: str) -> bool:
    """Say whether an application or a call is of a campaign by its folded state (D15)."""
    folded = state.data.get("campaignId")
    return folded is not None and id_key(folded) == campaign


def call_filter(view: View, wanted: CallFilter | None, *others: Condition) -> Filter:
    """Return the filter of calls; `linked` reads their matches.

    Raises:
        ClientError: PERSONAL_DATA, where the caller asks by what it may not see.
    """
    chosen = wanted or CallFilter()
    refuse_personal(view, {"phoneNumber": chosen.phone_number})
    by_itself = accepting(
        one_of("status", names(chosen.status)),
        equals("callType", None if chosen.call_type is None else chosen.call_type.value),
        equals("operatorId", chosen.operator_id),
        within("updatedDate", chosen.updated_date),
        same_digits("phoneNumber", chosen.phone_number),
    )

    async def linked(states: Sequence[State]) -> list[State]:
        if chosen.linked is None:
            return list(states)
        found = await matches(view, states)
        return [state for state in states if (state.id_key in found) == chosen.linked]

    return Filter(_each(by_itself, accepting(*others), linked), _reading(by_itself, linked))


def callback_filter(
    view: View,
    wanted: CallbackFilter | None,
    campaign: str | None = None,
    siblings: Collection[str] = (),
) -> Filter:
    """Return the filter of callbacks; `state` and the campaigns read their applications.

    Args:
        view: What is read.
        wanted: What is asked for.
        campaign: If given, only callbacks of this campaign, which is an id key.
        siblings: The campaigns, as id keys, whose lists are read at once.
    """
    chosen = wanted or CallbackFilter()
    by_itself = accepting(
        equals("operatorId", chosen.operator_id),
        within("recallAt", chosen.recall_at),
        equals("autorecall", chosen.autorecall),
    )
    named = None if chosen.campaign_id is None else {id_key(chosen.campaign_id)}

    def of(campaigns: Collection[str] | None) -> Accept:
        return partial(_of_campaigns, view, [each for each in (campaigns, named) if each])

    in_states = partial(_in_states, view, chosen)
    return Filter(
        _each(by_itself, of(None if campaign is None else {campaign}), in_states),
        _reading(by_itself, of(siblings), in_states),
    )


def _each(*parts: Accept) -> Accept:
    """Return what keeps the states that every part keeps; a part gets what those before kept."""

    async def accept(states: Sequence[State]) -> list[State]:
        kept = list(states)
        for part in parts:
            kept = await part(kept) if kept else kept
        return kept

    return accept


def _reading(*parts: Accept) -> Prepare:
    """Return what reads what the parts look at; what they keep does not matter."""

    async def prepare(states: Sequence[State]) -> None:
        await _each(*parts)(states)

    return prepare


async def _of_campaigns(
    view: View, wanted: Sequence[Collection[str]], callbacks: Sequence[State]
) -> list[State]:
    """Return the callbacks whose application's campaign is in each of the collections."""
    if not wanted:
        return list(callbacks)
    applications = {each for state in callbacks if (each := application_of(state)) is not None}
    found = await view.campaigns_of(applications)
    return [
        state
        for state in callbacks
        if all(found.get(application_of(state) or "") in each for each in wanted)
    ]


async def _in_states(view: View, wanted: CallbackFilter, callbacks: Sequence[State]) -> list[State]:
    if wanted.state is None:
        return list(callbacks)
    states = frozenset(names(wanted.state) or ())
    has_come = wanted.at.__ge__ if wanted.at else view.has_come
    courses = await courses_of(view, callbacks)
    return [
        each for each in callbacks if state_when(each, courses[each.id_key], has_come) in states
    ]
