"""What hangs below callbacks."""

from collections.abc import Sequence
from datetime import datetime

from api import nodes
from api.loaders.lists import by_view
from api.lookahead import Ask, batch
from api.types.application import Application
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign
from api.types.enums import CallbackState
from store.callbacks import Course, courses_of, state_when
from store.links import application_of


@batch("Callback", "application")
async def application(callbacks: Sequence[Callback], ask: Ask) -> list[Application | None]:  # noqa: ARG001
    """Return each callback's application (D15: it exists because the callback names it)."""
    found: list[Application | None] = [None] * len(callbacks)
    for view, places in by_view(callbacks).items():
        keys = {place: application_of(callbacks[place].state) for place in places}
        states = await view.known("application", [key for key in keys.values() if key])
        for place, key in keys.items():
            if key is not None:
                found[place] = nodes.application(view, states[key])
    return found


@batch("Callback", "campaign")
async def campaign(callbacks: Sequence[Callback], ask: Ask) -> list[Campaign | None]:  # noqa: ARG001
    """Return the campaign of each callback's application."""
    found: list[Campaign | None] = [None] * len(callbacks)
    for view, places in by_view(callbacks).items():
        keys = {place: application_of(callbacks[place].state) for place in places}
        campaigns = await view.campaigns_of({key for key in keys.values() if key is not None})
        named = {place: campaigns.get(key or "") for place, key in keys.items()}
        states = await view.known("campaign", [key for key in named.values() if key is not None])
        for place, key in named.items():
            if key is not None:
                found[place] = nodes.campaign(view, states[key])
    return found


async def _courses(callbacks: Sequence[Callback]) -> list[Course]:
    found = [Course()] * len(callbacks)
    for view, places in by_view(callbacks).items():
        courses = await courses_of(view, [callbacks[place].state for place in places])
        for place in places:
            found[place] = courses[callbacks[place].state.id_key]
    return found


@batch("Callback", "state")
async def state(callbacks: Sequence[Callback], ask: Ask) -> list[CallbackState]:
    """Return the state of each callback at a moment (D19)."""
    courses = await _courses(callbacks)
    at: datetime | None = ask.arguments.get("at")
    return [
        CallbackState[
            state_when(callback.state, course, at.__ge__ if at else callback.view.has_come)
        ]
        for callback, course in zip(callbacks, courses, strict=True)
    ]


@batch("Callback", "createdDuring")
async def created_during(callbacks: Sequence[Callback], ask: Ask) -> list[Call | None]:  # noqa: ARG001
    """Return the call that each callback was made in (D18)."""
    courses = await _courses(callbacks)
    return [
        nodes.call(callback.view, course.created_during) if course.created_during else None
        for callback, course in zip(callbacks, courses, strict=True)
    ]


@batch("Callback", "completedBy")
async def completed_by(callbacks: Sequence[Callback], ask: Ask) -> list[Call | None]:  # noqa: ARG001
    """Return the call that completed each callback (D19)."""
    courses = await _courses(callbacks)
    return [
        nodes.call(callback.view, course.completed_by) if course.completed_by else None
        for callback, course in zip(callbacks, courses, strict=True)
    ]
