"""Which call completes which callback of an application (D19)."""

from typing import TYPE_CHECKING

from model import lists

if TYPE_CHECKING:
    from model.application import Application
    from model.call import Call
    from model.callback import Callback


def completed(application: "Application") -> "list[tuple[Callback, Call]]":
    """Return the callbacks completed by calls: each call takes the earliest that is left."""
    made = [call for call in application.linked_calls if call.updated_date is not None]
    done = [call for call in made if call.recall_description == "COMPLETED"]
    left = [one for one in application.own_callbacks if one.recall_status != "COMPLETED"]
    pairs: list[tuple[Callback, Call]] = []
    for call in lists.by_date(done, "updated_date"):
        eligible = [one for one in left if _existed(one, call)]
        if eligible:
            first = lists.by_date(eligible, "recall_at")[0]
            left.remove(first)
            pairs.append((first, call))
    return pairs


def _existed(callback: "Callback", call: "Call") -> bool:
    if callback.created_at is None or call.updated_date is None:
        return False
    return callback.created_at <= call.updated_date
