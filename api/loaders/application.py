"""What hangs below applications."""

from collections.abc import Sequence
from typing import Any

from api import nodes
from api.filters import call_filter, callback_filter
from api.loaders.lists import by_view, connections_from, order_of
from api.lookahead import Ask, Selection, batch
from api.types.application import Application, ApplicationStatusChange
from api.types.campaign import Campaign
from api.types.connection import Connection
from api.types.enums import Direction
from store.fold import State
from store.links import callbacks_of, calls_of, campaign_of
from store.view import View


async def foresee_applications(
    view: View, selections: Sequence[Selection], id_keys: Sequence[str]
) -> None:
    """Read, beside the states of applications, what is asked for below and needs no state."""
    if any(each.wants("Application", "calls", "callbacks") for each in selections):
        await callbacks_of(view, id_keys)


async def foresee(view: View, selection: Selection, id_key: str) -> None:
    """Read, beside the state of an application, what is asked for below it; see above."""
    await foresee_applications(view, [selection], [id_key])


@batch("Application", "campaign")
async def campaign(applications: Sequence[Application], ask: Ask) -> list[Campaign | None]:  # noqa: ARG001
    """Return each application's campaign."""
    return await campaigns_of(applications)


async def campaigns_of(things: Sequence[Any]) -> list[Campaign | None]:
    """Return the campaigns of applications or calls; one read."""
    found: list[Campaign | None] = [None] * len(things)
    for view, places in by_view(things).items():
        keys = {place: campaign_of(things[place].state) for place in places}
        states = await view.known("campaign", [key for key in keys.values() if key is not None])
        for place, key in keys.items():
            if key is not None:
                found[place] = nodes.campaign(view, states[key])
    return found


@batch("Application", "statusHistory")
async def status_history(
    applications: Sequence[Application],
    ask: Ask,  # noqa: ARG001 - no arguments
) -> list[list[ApplicationStatusChange]]:
    """Return each application's status changes; they came with its state."""
    return [nodes.application_changes(application) for application in applications]


@batch("Application", "calls")
async def calls(applications: Sequence[Application], ask: Ask) -> list[Connection[Any]]:
    """Return a page of each application's calls (D17)."""
    order, descending = order_of(ask, "UPDATED_DATE", Direction.DESC)
    found: dict[int, Connection[Any]] = {}
    for view, places in by_view(applications).items():
        wanted = call_filter(view, ask.arguments.get("filter"))
        linked = await calls_of(view, [applications[place].state for place in places])
        lists = [await wanted.accept(linked[applications[place].state.id_key]) for place in places]
        made = connections_from(view, lists, ask, order, descending=descending)
        found |= zip(places, made, strict=True)
    return [found[place] for place in range(len(applications))]


@batch("Application", "callbacks")
async def callbacks(applications: Sequence[Application], ask: Ask) -> list[Connection[Any]]:
    """Return a page of each application's callbacks."""
    order, descending = order_of(ask, "RECALL_AT")
    found: dict[int, Connection[Any]] = {}
    for view, places in by_view(applications).items():
        mine = await _accepted_callbacks(view, [applications[place] for place in places], ask)
        lists = [mine[applications[place].state.id_key] for place in places]
        made = connections_from(view, lists, ask, order, descending=descending)
        found |= zip(places, made, strict=True)
    return [found[place] for place in range(len(applications))]


async def _accepted_callbacks(
    view: View, applications: Sequence[Application], ask: Ask
) -> dict[str, list[State]]:
    wanted = callback_filter(view, ask.arguments.get("filter"))
    mine = await callbacks_of(view, [each.state.id_key for each in applications])
    accepted = await wanted.accept([state for states in mine.values() for state in states])
    kept = {state.id_key for state in accepted}
    return {
        key: [state for state in states if state.id_key in kept] for key, states in mine.items()
    }
