"""What becomes of callbacks: the call they were made in (D18), their completion (D19)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from store.fold import State
from store.links import application_of, callbacks_of, calls_of
from store.listing import sort_key
from store.view import View

CallbackState = Literal["SCHEDULED", "DUE", "COMPLETED"]

_MADE_WITHIN = timedelta(hours=1)
_CREATING = ("AUTO_CREATED", "PERSONAL_CREATED")


@dataclass(frozen=True, slots=True)
class Course:
    """The calls that a callback was made in and completed by, as far as there are any."""

    created_during: State | None = None
    completed_by: State | None = None


def state_when(
    callback: State, course: Course, has_come: Callable[[datetime], bool]
) -> CallbackState:
    """Return the state of a callback (D19) when some moments have come, and others have not."""
    if callback.data.get("recallStatus") == "COMPLETED":
        return "COMPLETED"
    if course.completed_by is not None and has_come(course.completed_by.data["updatedDate"]):
        return "COMPLETED"
    recall_at = callback.data.get("recallAt")
    return "DUE" if recall_at is not None and has_come(recall_at) else "SCHEDULED"


def state_at(callback: State, course: Course, at: datetime) -> CallbackState:
    """Return the state of a callback at a moment (D19)."""
    return state_when(callback, course, at.__ge__)


def courses(callbacks: Sequence[State], calls: Sequence[State]) -> dict[str, Course]:
    """Return the course of each callback of one application, given all of its calls."""
    completing = completions(callbacks, calls)
    return {
        callback.id_key: Course(made_in(callback, calls), completing.get(callback.id_key))
        for callback in callbacks
    }


def made_in(callback: State, calls: Iterable[State]) -> State | None:
    """Choose the call that a callback was made in (D18)."""
    created_at = callback.data.get("createdAt")
    if created_at is None:
        return None
    near = [
        ((call.data.get("recallDescription") not in _CREATING, distance, call.id_key), call)
        for call in calls
        if (updated_date := call.data.get("updatedDate")) is not None
        and (distance := abs(updated_date - created_at)) <= _MADE_WITHIN
    ]
    return min(near, key=lambda each: each[0])[1] if near else None


def completions(callbacks: Sequence[State], calls: Iterable[State]) -> Mapping[str, State]:
    """Return for each callback that a call completes that call, by the callback's id key (D19)."""
    completing = sorted(
        (call for call in calls if completes(call)),
        key=lambda call: (call.data["updatedDate"], call.id_key),
    )
    waiting = sorted(
        (each for each in callbacks if each.data.get("recallStatus") != "COMPLETED"),
        key=lambda each: sort_key((each.data.get("recallAt"), each.id_key)),
    )
    found: dict[str, State] = {}
    for call in completing:
        for callback in waiting:
            created_at = callback.data.get("createdAt")
            if created_at is not None and created_at <= call.data["updatedDate"]:
                found[callback.id_key] = call
                waiting.remove(callback)
                break
    return found


def completes(call: State) -> bool:
    """Say whether a call completes some callback, if its application has one (D19)."""
    data = call.data
    return data.get("recallDescription") == "COMPLETED" and data.get("updatedDate") is not None


async def courses_of(view: View, callbacks: Sequence[State]) -> dict[str, Course]:
    """Return the course of each callback, by its id key; ten reads at most.

    A callback is completed in competition with the others of its application, so all of those are
    looked at.
    """
    wanted = {each for callback in callbacks if (each := application_of(callback)) is not None}
    applications = await view.known("application", wanted)
    calls = await calls_of(view, list(applications.values()))
    siblings = await callbacks_of(view, wanted)
    found = {callback.id_key: Course() for callback in callbacks}
    for application in wanted:
        found |= courses(siblings[application], calls[application])
    return found
