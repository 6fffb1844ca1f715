"""What hangs below calls."""

from collections import defaultdict
from collections.abc import Sequence

from api import nodes
from api.loaders.application import campaigns_of
from api.loaders.lists import by_view
from api.lookahead import Ask, batch
from api.types.application import Application
from api.types.call import ApplicationMatch, Call
from api.types.callback import Callback
from api.types.campaign import Campaign
from api.types.enums import MatchedBy
from store.callbacks import Course, courses_of
from store.fold import State
from store.links import Match, callbacks_of, matches
from store.listing import sort_key
from store.view import View


@batch("Call", "campaign")
async def campaign(calls: Sequence[Call], ask: Ask) -> list[Campaign | None]:  # noqa: ARG001
    """Return each call's campaign."""
    return await campaigns_of(calls)


async def _matches(calls: Sequence[Call]) -> list[Match | None]:
    found: list[Match | None] = [None] * len(calls)
    for view, places in by_view(calls).items():
        linked = await matches(view, [calls[place].state for place in places])
        for place in places:
            found[place] = linked.get(calls[place].state.id_key)
    return found


@batch("Call", "applicationMatch")
async def application_match(calls: Sequence[Call], ask: Ask) -> list[ApplicationMatch | None]:  # noqa: ARG001
    """Return how each call's application was found (D17)."""
    return [None if match is None else _application_match(match) for match in await _matches(calls)]


def _application_match(match: Match) -> ApplicationMatch:
    return ApplicationMatch(
        matched_by=MatchedBy[match.matched_by], candidate_count=match.candidate_count
    )


@batch("Call", "application")
async def application(calls: Sequence[Call], ask: Ask) -> list[Application | None]:  # noqa: ARG001
    """Return each call's application (D17)."""
    linked = await _matches(calls)
    found: list[Application | None] = [None] * len(calls)
    for view, places in by_view(calls).items():
        keys = {place: match.application for place in places if (match := linked[place])}
        states = await view.known("application", list(keys.values()))
        for place, key in keys.items():
            found[place] = nodes.application(view, states[key])
    return found


@batch("Call", "redirections")
async def redirections(calls: Sequence[Call], ask: Ask) -> list[list[Call]]:  # noqa: ARG001
    """Return the other legs of each call (D20)."""
    found: list[list[Call]] = [[] for _ in calls]
    for view, places in by_view(calls).items():
        legs = await _legs(view, {_leg(calls[place].state) for place in places} - {None})
        for place in places:
            mine = calls[place].state
            others = [leg for leg in legs if _leg(leg) == _leg(mine) and leg is not mine]
            others = [leg for leg in others if leg.id_key != mine.id_key]
            found[place] = [nodes.call(view, leg) for leg in others]
    return found


async def _legs(view: View, redirections: set[str | None]) -> list[State]:
    if not redirections:
        return []
    scope = {"data.redirectionId": {"$in": sorted(each for each in redirections if each)}}
    states = await view.states("call", await view.things_in("call", scope))
    return sorted(
        states.values(), key=lambda leg: sort_key((leg.data.get("updatedDate"), leg.id_key))
    )


def _leg(state: State) -> str | None:
    """Return what the legs of one client call share; 0 is none (D20)."""
    redirection = state.data.get("redirectionId")
    return None if redirection == "0" else redirection


async def _courses(view: View, calls: Sequence[State]) -> list[tuple[State, Course]]:
    """Return the callbacks of the calls' applications, each with its course."""
    linked = await matches(view, calls)
    siblings = await callbacks_of(view, {match.application for match in linked.values()})
    callbacks = [callback for each in siblings.values() for callback in each]
    courses = await courses_of(view, callbacks) if callbacks else {}
    return [(callback, courses[callback.id_key]) for callback in callbacks]


@batch("Call", "callbacks")
async def callbacks(calls: Sequence[Call], ask: Ask) -> list[list[Callback]]:  # noqa: ARG001
    """Return the callbacks that were made in each call (D18), in the order that lists have."""
    found: list[list[Callback]] = [[] for _ in calls]
    for view, places in by_view(calls).items():
        courses = await _courses(view, [calls[place].state for place in places])
        courses.sort(key=lambda each: sort_key((each[0].data.get("recallAt"), each[0].id_key)))
        made: dict[str, list[State]] = defaultdict(list)
        for callback, course in courses:
            if course.created_during is not None:
                made[course.created_during.id_key].append(callback)
        for place in places:
            mine = made.get(calls[place].state.id_key, ())
            found[place] = [nodes.callback(view, callback) for callback in mine]
    return found


@batch("Call", "completedCallback")
async def completed_callback(calls: Sequence[Call], ask: Ask) -> list[Callback | None]:  # noqa: ARG001
    """Return the callback that each call completed (D19)."""
    found: list[Callback | None] = [None] * len(calls)
    for view, places in by_view(calls).items():
        courses = await _courses(view, [calls[place].state for place in places])
        completed = {
            course.completed_by.id_key: callback
            for callback, course in courses
            if course.completed_by
        }
        for place in places:
            callback = completed.get(calls[place].state.id_key)
            found[place] = None if callback is None else nodes.callback(view, callback)
    return found
