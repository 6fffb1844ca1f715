"""An event made ready for the log: its document, its facts' rows, its key rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from store.body import digest
from store.collections import Document
from store.driver import stored_body
from store.facts import Fact
from store.ids import id_key
from store.moment import fact_number
from store.reader import read_envelope, read_event


@dataclass(slots=True)
class PreparedEvent:
    """An event that waits for its position."""

    company: str
    digest: bytes
    event: Document
    facts: list[Document]
    keys: list[Document]

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
    common = {"company": envelope.company_id, "at": envelope.occurred_at}
    return PreparedEvent(
        company=envelope.company_id,
        digest=event["digest"],
        event=event,
        facts=[_fact_row(fact, common) for fact in facts],
        keys=[row for fact in facts for row in _key_rows(fact, common)],
    )


def _fact_row(fact: Fact, common: Document) -> Document:
    row: Document = {"_id": 0, **common, "kind": fact.kind, "idKey": id_key(fact.id)}
    campaign = fact.id if fact.kind == "campaign" else fact.data.get("campaignId")
    if campaign is not None:
        row["campaign"] = id_key(campaign)
    if "campaignId" in fact.data:
        row["campaignAt"] = common["at"]
    if "applicationId" in fact.data:
        row["applicationAt"] = common["at"]
    if fact.data.get("applicationId") is not None:
        row["application"] = id_key(fact.data["applicationId"])
    if "status" in fact.data:
        row["statusAt"] = common["at"]
    if fact.keys:
        row["keys"] = list(fact.keys)
    row["data"] = dict(fact.data)
    return row


def _key_rows(fact: Fact, common: Document) -> Iterable[Document]:
    for key in fact.keys:
        yield {"_id": 0, **common, "key": key, "kind": fact.kind, "idKey": id_key(fact.id)}
