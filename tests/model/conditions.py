"""Random filters and orders, as a client writes them."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from model.body import CALL_EVENT, CALLBACK_EVENT, STATUS_EVENT, TAC_EVENT
from model.spelling import IDS

Where = dict[str, Any]
Moments = Callable[[], str]

ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "Campaign": ("CAMPAIGN_ID", "STATUS_CHANGED_AT"),
    "Application": ("APPLICATION_ID", "NEXT_CALL", "LAST_CALL"),
    "Call": ("UPDATED_DATE",),
    "Callback": ("RECALL_AT", "CREATED_AT"),
}
_PHONES: Final = ("79001112233", "+7 900 111 22 33", "8800-555", "555")
_CAMPAIGN_STATUSES: Final = ("NEW", "STOPPED", "IN_PROCESS", "PAUSED", "FINISHED")
_EVENT_NAMES: Final = (
    STATUS_EVENT,
    TAC_EVENT,
    CALL_EVENT,
    CALLBACK_EVENT,
    "SomethingElse",
    "tacstatusupdatedevent",
)


def _campaign(random: Random, _moments: Moments) -> Where:
    return {"status": _among(random, _CAMPAIGN_STATUSES), "campaignIds": _among(random, IDS)}


def _application(random: Random, moments: Moments) -> Where:
    pair = {"field": random.choice(("externalId", "crm")), "value": random.choice(IDS[:4])}
    return {
        "status": _among(random, ("NEW", "busy", "done", "1.50", "")),
        "processable": random.choice((True, False)),
        "hasRecall": random.choice((True, False)),
        "nextCall": _span(random, moments),
        "phoneNumber": random.choice(_PHONES),
        "clientSyncId": pair,
    }


def _call(random: Random, moments: Moments) -> Where:
    return {
        "status": _among(random, ("SUCCESSFUL", "NOT_SUCCESSFUL")),
        "callType": random.choice(("NORMAL", "CALLBACK")),
        "operatorId": random.choice(IDS),
        "updatedDate": _span(random, moments),
        "phoneNumber": random.choice(_PHONES),
        "linked": random.choice((True, False)),
    }


def _callback(random: Random, moments: Moments) -> Where:
    return {
        "state": _among(random, ("SCHEDULED", "DUE", "COMPLETED")),
        "at": moments(),
        "operatorId": random.choice(IDS),
        "recallAt": _span(random, moments),
        "autorecall": random.choice((True, False)),
        "campaignId": random.choice(IDS[:3]),
    }


def _event(random: Random, moments: Moments) -> Where:
    return {
        "eventNames": _among(random, _EVENT_NAMES),
        "receivedAt": _span(random, moments),
        "occurredAt": _span(random, moments),
    }


def _among(random: Random, values: tuple[str, ...]) -> list[str]:
    return random.sample(values, min(len(values), random.choice((0, 1, 2, 3))))


def _span(random: Random, moments: Moments) -> dict[str, str | None]:
    ends = {"from": moments(), "to": moments(), "both": None}
    kept = random.choice(("from", "to", "both"))
    if kept == "both":
        start, end = sorted(str(ends[name]) for name in ("from", "to"))
        return {"from": start, "to": end}
    return random.choice(({kept: ends[kept]}, {"from": None, "to": None, kept: ends[kept]}))


def _with_few(of: Callable[[Random, Moments], Where]) -> Callable[[Random, Moments], Where | None]:
    """Keep one or two conditions: more would leave nothing; some are null, which is none."""

    def draw(random: Random, moments: Moments) -> Where | None:
        if random.random() < 0.1:
            return None
        every = of(random, moments)
        kept = random.sample(sorted(every), random.choice((0, 1, 1, 2)))
        nulls = random.sample(sorted(every), random.choice((0, 0, 1)))
        return {name: None if name in nulls else every[name] for name in {*kept, *nulls}}

    return draw


FILTERS: Final = {
    "Campaign": _with_few(_campaign),
    "Application": _with_few(_application),
    "Call": _with_few(_call),
    "Callback": _with_few(_callback),
    "Event": _with_few(_event),
}
