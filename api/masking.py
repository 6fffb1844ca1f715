"""What is personal, and how it is shown to callers without the scope `personal-data`.

Every text and every JSON of the schema stands in one of two lists here, so that a new field is
neither shown nor hidden by chance.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from api.errors import ClientError
from api.views import is_open
from store.fold import State
from store.json_text import Json
from store.personal import PHONES, Part, parts_of, rewritten
from store.values import read_plain
from store.view import View

MASK = "•••"
_MOST_IN_FRONT, _BEHIND, _HIDDEN, _SHORTEST = 6, 4, 3, 11
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]*[0-9]")


def whole(text: object) -> str:  # noqa: ARG001 - nothing of it is shown
    """Show that there is a text, and nothing of it."""
    return MASK


def phone(text: object) -> str:
    """Show the country and the last four digits, `+38050•••4567`; of a short number nothing."""
    given = str(text)
    if len(given) < _SHORTEST or not _PHONE.fullmatch(given):
        return MASK
    front = min(_MOST_IN_FRONT, len(given) - _BEHIND - _HIDDEN)
    return f"{given[:front]}{MASK}{given[-_BEHIND:]}"


def _pairs(pairs: Any) -> list[list[str]]:  # noqa: ANN401 - as facts hold them
    return [[field, MASK] for field, _ in pairs]


Mask = Callable[[Any], Any]

PERSONAL: Mapping[str, Mask] = {
    "Application.nextPhoneNumber": phone,
    "Application.smsMessage": whole,
    "Application.errorMessage": whole,
    "Call.phoneNumber": phone,
    "Call.errorMessage": whole,
    "Callback.phoneNumber": phone,
    "Callback.name": whole,
    "Callback.description": whole,
    "ClientSyncId.value": whole,
}
"""Fields of things, by type, each with what is shown of it instead."""

PERSONAL_BESIDE = frozenset(
    {
        *("FieldChange.before", "FieldChange.after"),  # as the field is that changed
        *("Event.body", "Event.rawBody"),  # part by part
        "Event.digest",  # tells whether a guess is right
        "QuarantinedBody.raw",
        "QuarantinedBody.message",  # MongoDB's own words, where it refused the body
        "Drift.value",
        *("Call.statusRaw", "Call.callTypeRaw", "Call.recallDescriptionRaw", "Call.recallTypeRaw"),
        *("Callback.recallStatusRaw", "Campaign.statusRaw"),  # shown where the word is known
        "CampaignStatusChange.statusRaw",
    }
)
"""Fields that hold what may be personal: masked where they are made."""

PERSONAL_INPUTS = frozenset(
    {
        "ApplicationFilter.phoneNumber",
        "ApplicationFilter.clientSyncId",
        "CallFilter.phoneNumber",
        *("ClientSyncIdInput.field", "ClientSyncIdInput.value"),
    }
)
"""Inputs by which a caller could try guesses: refused."""

HARMLESS = frozenset(
    {
        *("Application.status", "Application.smsStatus", "Application.ccprojectCallStatus"),
        *("Application.orderIndex", "Application.callPriorityIndex"),
        *("Application.ccprojectStatusCalledCount", "Application.agiProcessing"),
        *("ApplicationStatusChange.cursor", "ApplicationStatusChange.status"),
        "ApplicationStatusChange.previousStatus",
        *("Call.clientCallStatus", "Call.operatorCallStatus", "Call.closeFormStatus"),
        *("Call.hungupSide", "Call.externalId"),
        *("CallUpdate.cursor", "CallbackChange.cursor", "CampaignStatusChange.cursor"),
        *("ClientSyncId.field", "Drift.eventName", "Drift.field"),
        *("Event.cursor", "Event.eventName", "FieldChange.field", "Provenance.field"),
        *("PageInfo.startCursor", "PageInfo.endCursor", "QuarantinedBody.code"),
        *("Redaction.by", "Redaction.fields", "StatusCount.status"),
        *("ApplicationEdge.cursor", "CallEdge.cursor", "CallbackEdge.cursor"),
        *("CampaignEdge.cursor", "EventEdge.cursor", "QuarantinedBodyEdge.cursor"),
        "RevisionEdge.cursor",
    }
)
"""The other texts: words of the dialer's machinery, names of fields, places in lists."""

HARMLESS_INPUTS = frozenset({"ApplicationFilter.status", "EventFilter.eventNames"})

_OF_DATA: Mapping[str, Mask] = {
    **{name.partition(".")[2]: mask for name, mask in PERSONAL.items()},
    "clientSyncIds": _pairs,
}


def of_view(view: View, field: str, value: Any) -> Any:  # noqa: ANN401 - any value of a fact
    """Return what a view's caller is shown of a thing's field."""
    return value if is_open(view) else masked_value(field, value)


def masked_value(field: str, value: Any) -> Any:  # noqa: ANN401 - any value of a fact
    """Mask the value of one field of a thing; null stays null.

    A harmless field that the dialer filled with an object or array (D4) may hold anything, and so
    may a word as it was spelled.
    """
    if value is None:
        return None
    if field in _OF_DATA:
        return _OF_DATA[field](value)
    if field.endswith(_AS_SPELLED):
        return MASK
    is_structure = isinstance(value, str) and value[:1] in {"{", "["}
    return MASK if is_structure else value


def masked_json(field: str, text: str | None) -> str | None:
    """Mask the JSON text of one field."""
    return text if masked_value(field, text) == text else f'"{MASK}"'


_AS_SPELLED = "Raw"
_AS_JSON = frozenset(
    {"orderIndex", "callPriorityIndex", "ccprojectStatusCalledCount", "agiProcessing"}
)


def masked(state: State) -> State:
    """Return a state with the personal fields masked: to be shown, not to find others by."""
    data = {
        field: value if _is_known_word(state, field) else _shown(field, value)
        for field, value in state.data.items()
    }
    return replace(state, data=data)


def _is_known_word(state: State, field: str) -> bool:
    word = field.removesuffix(_AS_SPELLED)
    return word != field and state.data.get(word) is not None


def _shown(field: str, value: Any) -> Any:  # noqa: ANN401 - any value of a fact
    return masked_json(field, value) if field in _AS_JSON else masked_value(field, value)


def masked_body(raw: bytes) -> bytes:
    """Return an event with every part masked that is not known to be harmless.

    The rest is spelled as it came.
    """
    text = raw.decode()
    return rewritten(text, [(part, _masked_part(part)) for part in parts_of(text)]).encode()


def _masked_part(part: Part) -> str:
    scalar: Json = None if isinstance(part.value, dict | list) else read_plain(part.value)
    shown = phone(scalar) if part.name in PHONES and scalar is not None else MASK
    return orjson.dumps(shown).decode()


def refuse_personal(view: View, conditions: Mapping[str, object]) -> None:
    """Refuse conditions on personal data: answers to guesses would give them away.

    Args:
        view: Whose caller asks.
        conditions: By the name of the argument; `None` where it is not given.

    Raises:
        ClientError: PERSONAL_DATA.
    """
    given = next((name for name, wanted in conditions.items() if wanted is not None), None)
    if given is not None and not is_open(view):
        raise ClientError(
            "PERSONAL_DATA",
            f"Your token lacks the scope `personal-data`: do not filter by `{given}`.",
        )
