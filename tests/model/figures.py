"""The log's figures of one company: how much came, how often again, and what surprised."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from model.body import CALL_EVENT, CALLBACK_EVENT, STATUS_EVENT, TAC_EVENT, read
from model.contract import Answer
from model.event import Event, Intake
from model.json_text import Json
from model.values import (
    CALL_TYPE,
    CAMPAIGN_STATUS,
    RECALL_DESCRIPTION,
    RECALL_TYPE,
    enum_of,
    result_of,
    text_of,
)

FIGURES: Final = """query ($companyId: ID) {
  log(companyId: $companyId) {
    position eventCount lastReceivedAt duplicates quarantined
    deliveries {
      unknownEventNames { eventName field value count firstPosition lastPosition }
      unknownFields { eventName field value count firstPosition lastPosition }
      unknownValues { eventName field value count firstPosition lastPosition }
      lateSeconds { max }
    }
  }
  quarantine(companyId: $companyId, first: 500) {
    totalCount bodies: nodes { code companyId count raw }
  }
}"""

UNKNOWN_FIELD: Final = "unknownField"
"""The one that the feed carries."""

_KNOWN: Final = (STATUS_EVENT, TAC_EVENT, CALL_EVENT, CALLBACK_EVENT)
_ENUMS: Final[Mapping[tuple[str, str], Callable[[Json | None], str | None]]] = {
    (STATUS_EVENT, "status"): lambda given: enum_of(given, CAMPAIGN_STATUS),
    (CALL_EVENT, "status"): result_of,
    (CALL_EVENT, "callType"): lambda given: enum_of(given, CALL_TYPE),
    (CALL_EVENT, "recallDescription"): lambda given: enum_of(given, RECALL_DESCRIPTION),
    (CALL_EVENT, "recallType"): lambda given: enum_of(given, RECALL_TYPE),
    (CALLBACK_EVENT, "recallStatus"): lambda given: enum_of(given, RECALL_DESCRIPTION),
}


def figures(log: Sequence[Event], intake: Intake, company: str) -> Answer:
    """Return what the model answers to `FIGURES`."""
    events = [event for event in log if event.company_id == company]
    again = [raw for raw in intake.duplicates if read(raw).company == company]
    refused = [each for each in intake.rejected if each.company == company]
    kept = Counter((each.code, each.raw.decode(errors="replace")) for each in refused)
    late = [
        max(0, event.received_at - event.occurred_at) / 1000
        for event in events
        if event.occurred_at_source == "EVENT"
    ]
    return {
        "log": {
            "position": events[-1].position if events else 0,
            "eventCount": float(len(events)),
            "lastReceivedAt": events[-1].received_at if events else None,
            "duplicates": float(len(again)),
            "quarantined": float(len(refused)),
            "deliveries": _deliveries(events) | {"lateSeconds": {"max": max(late, default=None)}},
        },
        "quarantine": {
            "totalCount": len(kept),
            "bodies": [
                {"code": code, "companyId": company, "count": count, "raw": raw}
                for (code, raw), count in kept.items()
            ],
        },
    }


def _deliveries(events: Sequence[Event]) -> Answer:
    names = [(event, (event.event_name, None, None)) for event in events]
    fields = [
        (event, (event.event_name, UNKNOWN_FIELD, None))
        for event in events
        if event.event_name in _KNOWN and event.body.get(UNKNOWN_FIELD) is not None
    ]
    return {
        "unknownEventNames": _drifts([each for each in names if each[1][0] not in _KNOWN]),
        "unknownFields": _drifts(fields),
        "unknownValues": _drifts([each for event in events for each in _unknown_values(event)]),
    }


Surprise = tuple[str, str | None, str | None]


def _unknown_values(event: Event) -> Iterator[tuple[Event, Surprise]]:
    for (name, field), known in _ENUMS.items():
        given: Json | None = event.body.get(field) if event.event_name == name else None
        if text_of(given) is not None and known(given) is None:
            yield event, (name, field, text_of(given))


def _drifts(found: Sequence[tuple[Event, Surprise]]) -> Answer:
    positions: dict[Surprise, list[int]] = {}
    for event, surprise in found:
        positions.setdefault(surprise, []).append(event.position)
    return [
        {
            **dict(zip(("eventName", "field", "value"), surprise, strict=True)),
            "count": float(len(where)),
            "firstPosition": where[0],
            "lastPosition": where[-1],
        }
        for surprise, where in positions.items()
    ]
