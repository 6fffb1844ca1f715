"""Which application a call belongs to (D17): the edge that the source does not carry."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from store.facts import Kind
from store.fold import State
from store.ids import id_key
from store.keys import PAIR, PHONE
from store.view import View

MatchedBy = Literal["CLIENT_SYNC_ID", "PHONE_NUMBER"]


@dataclass(frozen=True, slots=True)
class Match:
    """The application that a call belongs to, and how it was found.

    Attributes:
        application: Its id key.
        matched_by: What both carried.
        candidate_count: How many applications matched in that way.
    """

    application: str
    matched_by: MatchedBy
    candidate_count: int


def campaign_of(state: State) -> str | None:
    """Return the id key of the folded campaign of an application or a call."""
    return state.once(_campaign_of)


def _campaign_of(state: State) -> str | None:
    return campaign_in(state.data)


def campaign_in(data: Mapping[str, Any]) -> str | None:
    """Return the id key of the campaign that folded data name."""
    campaign = data.get("campaignId")
    return None if campaign is None else id_key(campaign)


def best(
    keys: Collection[str], candidates: Mapping[str, Collection[str]], matched_by: MatchedBy
) -> Match | None:
    """Choose among the applications that carry one of `keys`: most shared, then the smallest id.

    Args:
        keys: The call's link keys of one sort.
        candidates: For each link key, the applications of the call's campaign that carried it.
        matched_by: The sort of the keys.
    """
    carried = [candidates[key] for key in keys if candidates.get(key)]
    if not carried:
        return None
    if len(carried) == 1:
        return Match(min(carried[0]), matched_by, len(carried[0]))
    shared = Counter(application for applications in carried for application in applications)
    winner = min(shared, key=lambda application: (-shared[application], application))
    return Match(winner, matched_by, len(shared))


async def matches(view: View, calls: Sequence[State]) -> dict[str, Match]:
    """Return the match of each call that has one, by the call's id key; five reads at most."""
    by_key = {call.id_key: call for call in calls}

    async def load(keys: Sequence[str]) -> Mapping[str, Match | None]:
        return await _matches(view, [by_key[key] for key in keys])

    found = await view.remember("match", by_key, load)
    return {key: match for key, match in found.items() if match is not None}


async def _matches(view: View, calls: Sequence[State]) -> Mapping[str, Match | None]:
    """Match by pairs, else by phones: calls without pairs by phones at once."""
    by_pairs = {call.id_key: _keys(call, "CLIENT_SYNC_ID") for call in calls}
    first: dict[MatchedBy, list[State]] = {
        "CLIENT_SYNC_ID": [call for call in calls if by_pairs[call.id_key]],
        "PHONE_NUMBER": [call for call in calls if not by_pairs[call.id_key]],
    }
    found = await _matched(view, first)
    unmatched = [call for call in first["CLIENT_SYNC_ID"] if found[call.id_key] is None]
    return found | await _matched(view, {"PHONE_NUMBER": unmatched})


async def _matched(
    view: View, calls: Mapping[MatchedBy, Sequence[State]]
) -> dict[str, Match | None]:
    asked = [
        (call, matched_by, _keys(call, matched_by) if campaign_of(call) else frozenset[str]())
        for matched_by, mine in calls.items()
        for call in mine
    ]
    wanted = frozenset[str]().union(*(keys for _, _, keys in asked))
    candidates = await _candidates(view, wanted)
    chosen: dict[tuple[str | None, frozenset[str]], Match | None] = {}
    found: dict[str, Match | None] = {}
    for call, matched_by, keys in asked:
        mine = (campaign_of(call), keys)
        if mine not in chosen:
            chosen[mine] = best(keys, candidates.get(mine[0], {}), matched_by)
        found[call.id_key] = chosen[mine]
    return found


async def _candidates(
    view: View, keys: Collection[str]
) -> Mapping[str | None, Mapping[str, set[str]]]:
    """Return for each campaign and link key the applications that ever carried the key.

    What a callback carried counts for its folded application; phone numbers are all it carries.
    """
    holders = await view.holders(keys, "application", "callback")
    held = frozenset[tuple[Kind, str]]().union(*holders.values())
    owners = await view.applications_of([each for kind, each in held if kind == "callback"])
    carrying = {each for kind, each in held if kind == "application"}
    carrying |= {owner for owner in owners.values() if owner is not None}
    campaigns = await view.campaigns_of(carrying)
    found: dict[str | None, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for key, things in holders.items():
        for kind, each in things:
            application = each if kind == "application" else owners[each]
            if application is not None:
                found[campaigns[application]][key].add(application)
    return found


def _keys(state: State, matched_by: MatchedBy) -> frozenset[str]:
    return state.once(_pairs if matched_by == "CLIENT_SYNC_ID" else _phones)


def _pairs(state: State) -> frozenset[str]:
    return frozenset(key for key in state.keys if key.startswith(PAIR))


def _phones(state: State) -> frozenset[str]:
    return frozenset(key for key in state.keys if key.startswith(PHONE))


async def calls_of(view: View, applications: Sequence[State]) -> dict[str, list[State]]:
    """Return the calls of each application, by its id key; nine reads at most for any number.

    A call may share keys with several applications: it is counted to its best match only.
    """
    by_key = {application.id_key: application for application in applications}

    async def load(keys: Sequence[str]) -> Mapping[str, list[State]]:
        return await _calls_of(view, [by_key[key] for key in keys])

    return await view.remember("calls of", by_key, load)


async def _calls_of(view: View, applications: Sequence[State]) -> dict[str, list[State]]:
    wanted = await _link_keys(view, applications)
    holders = await view.holders(wanted, "call")
    ours = {campaign_of(application) for application in applications} - {None}
    found = await view.states("call", {each for held in holders.values() for _, each in held})
    calls = [call for call in found.values() if campaign_of(call) in ours]
    linked = await matches(view, calls)
    return _grouped(applications, calls, linked)


async def _link_keys(view: View, applications: Sequence[State]) -> frozenset[str]:
    """Return what calls find the applications by: their own keys, their callbacks' phones."""
    callbacks = await callbacks_of(view, [application.id_key for application in applications])
    things = [*applications, *(each for mine in callbacks.values() for each in mine)]
    return frozenset().union(*(thing.keys for thing in things))


async def callbacks_of(view: View, applications: Iterable[str]) -> dict[str, list[State]]:
    """Return the callbacks of each application (D14, folded), both by id key; one read."""

    async def load(keys: Sequence[str]) -> Mapping[str, list[State]]:
        named = await view.callbacks_naming(keys)
        ids = {callback for mine in named.values() for callback in mine}
        found: dict[str, list[State]] = {application: [] for application in keys}
        for callback in (await view.states("callback", sorted(ids))).values():
            application = application_of(callback)
            if application in found:
                found[application].append(callback)
        return found

    return await view.remember("callbacks of", applications, load)


def application_of(callback: State) -> str | None:
    """Return the id key of a callback's folded application."""
    application = callback.data.get("applicationId")
    return None if application is None else id_key(application)


def _grouped(
    applications: Iterable[State], calls: Iterable[State], linked: Mapping[str, Match]
) -> dict[str, list[State]]:
    grouped: dict[str, list[State]] = {application.id_key: [] for application in applications}
    for call in calls:
        match = linked.get(call.id_key)
        if match is not None and match.application in grouped:
            grouped[match.application].append(call)
    return grouped
