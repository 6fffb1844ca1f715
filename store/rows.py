"""An event made ready for the log: its document, its facts' rows, its key rows."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from store.body import digest
from store.collections import Document
from store.driver import stored_body
from store.facts import Fact
from store.ids import id_key
from store.json_text import Json
from store.moment import fact_number
from store.reader import read_envelope, read_event
from store.redaction import stub_values


@dataclass(slots=True)
class PreparedEvent:
    """An event that waits for its position."""

    company: str
    digest: bytes
    event: Document
    facts: list[Document]
    keys: list[Document]
    stub_values: list[Json]

    @property
    def size_bytes(self) -> int:
        """About what the event adds to a transaction."""
        return 2 * len(self.event["raw"]) + 400 * len(self.facts) + 200 * len(self.keys)

    def place(self, position: int) -> None:
        """Give the event, its facts and its keys their numbers; may be done again."""
        self.event["_id"] = position
        for rows in (self.facts, self.keys):
            for place, row in enumerate(rows):
                row["_id"] = fact_number(position, place)


def prepare(raw: bytes, value: Any, received_at: datetime, zone: tzinfo) -> PreparedEvent:  # noqa: ANN401 - any JSON
    """Read one body into what the log stores of it.

    Raises:
        RejectedError: The body is no event (D6).
    """
    envelope = read_envelope(value, received_at=received_at, zone=zone)
    facts = read_event(value, zone=zone)
    event: Document = {
        "_id": 0,
        "eventName": envelope.event_name,
        "company": envelope.company_id,
        "occurredAt": envelope.occurred_at,
        "occurredAtSource": envelope.occurred_at_source,
        "receivedAt": received_at,
        "digest": digest(value),
        "raw": raw,
    }
    body = stored_body(raw)
    if body is not None:
        event["body"] = body
    common = {"_id": 0, "company": envelope.company_id, "at": envelope.occurred_at}
    rows: list[Document] = []
    keys: list[Document] = []
    for fact in facts:
        key = id_key(fact.id)
        rows.append(_fact_row(fact, key, common))
        keys += [{**common, "key": each, "kind": fact.kind, "idKey": key} for each in fact.keys]
    return PreparedEvent(
        company=envelope.company_id,
        digest=event["digest"],
        event=event,
        facts=rows,
        keys=keys,
        stub_values=stub_values(value),
    )


def _fact_row(fact: Fact, key: str, common: Document) -> Document:
    data, at = fact.data, common["at"]
    row: Document = {**common, "kind": fact.kind, "idKey": key}
    campaign = data.get("campaignId")
    if fact.kind == "campaign":
        row["campaign"] = key
    elif campaign is not None:
        row["campaign"] = id_key(campaign)
    if "campaignId" in data:
        row["campaignAt"] = at
    if "applicationId" in data:
        row["applicationAt"] = at
    if data.get("applicationId") is not None:
        row["application"] = id_key(data["applicationId"])
    if "status" in data:
        row["statusAt"] = at
    if fact.keys:
        row["keys"] = list(fact.keys)
    row["data"] = data
    return row
