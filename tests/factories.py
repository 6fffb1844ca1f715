"""Events as a dialer would send them; each test says only what matters to it."""

import json
from typing import Final

ABSENT: Final = object()
"""Given for a field, it leaves the field out."""


def a_campaign_event(**fields: object) -> bytes:
    return _an_event("TelemarketCampaignStatusChangedEvent", {"campaignId": "c1", **fields})


def a_tac_event(*applications: object, **fields: object) -> bytes:
    return _an_event("TACStatusUpdatedEvent", {"tac": list(applications), **fields})


def an_application(**fields: object) -> dict[str, object]:
    return {"id": "a1", **fields}


def a_call_event(**fields: object) -> bytes:
    return _an_event("TelemarketStatisticsUpdatedEvent", {"statisticId": "s1", **fields})


def a_callback_event(**fields: object) -> bytes:
    return _an_event("TelemarketCallbackCreatedEvent", {"id": "b1", **fields})


def _an_event(name: str, fields: dict[str, object]) -> bytes:
    envelope = {
        "eventName": name,
        "companyId": "acme",
        "eventCreationDate": "2026-01-31T10:00:00Z",
    }
    carried = {key: given for key, given in {**envelope, **fields}.items() if given is not ABSENT}
    return json.dumps(carried).encode()
