"""Rejected bodies (D6): kept with their bytes, the reason and the time, once per body."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex

from store.body import Delivery
from store.collections import QUARANTINE, Document
from store.driver import Database
from store.errors import LogUnavailableError
from store.listing import Page, Slice
from store.rejections import RejectedError
from store.values import read_id

# A longer one would not fit beside the body that it was read from.
_MAX_COMPANY_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class RejectedBody:
    """A body that was rejected.

    Attributes:
        raw: Its bytes.
        rejection: Why.
        company: Of which company it is, as far as it says so.
        senders: The companies that its sender sees; `None` is all.
    """

    raw: bytes
    rejection: RejectedError
    company: str | None
    senders: Sequence[str] | None = None

    @property
    def digest(self) -> bytes:
        """Names the bytes; those that name no company for each sender apart.

        Else the id in the quarantine would tell one that another sent the same, and when (D22).
        """
        is_shared = self.company is not None or self.senders is None
        sender = "" if is_shared else repr(sorted(self.senders or ()))
        return hashlib.sha256(sender.encode() + self.raw).digest()[:16]


def company_of(delivery: Delivery) -> str | None:
    """Read whose a body is, as far as it says so; too long a company is none."""
    value = delivery.value
    company = read_id(value.get("companyId")) if isinstance(value, dict) else None
    return company if len(company or "") <= _MAX_COMPANY_CHARS else None


async def quarantine(
    database: Database, bodies: Sequence[RejectedBody], received_at: datetime
) -> list[str]:
    """Keep rejected bodies and return their ids in the quarantine: one write and one read.

    The same bytes are kept once; `count` says how often they came.

    Raises:
        LogUnavailableError: One went away meanwhile (it was tried again, or a person forgotten), or
            the database does not answer; to send them again is safe.
    """
    if not bodies:
        return []
    digests = [body.digest for body in bodies]
    times = Counter(digests)
    updates: dict[bytes, Document] = {
        digest: {
            "$setOnInsert": _first(body, received_at),
            "$inc": {"count": times[digest]},
        }
        for digest, body in zip(digests, bodies, strict=True)
    }
    await database.upsert_all(QUARANTINE, updates, by="digest")
    found = await database.find(QUARANTINE, {"digest": {"$in": list(times)}}, fields={"digest": 1})
    keys = {bytes(row["digest"]): str(row["_id"]) for row in found}
    if len(keys) < len(times):
        raise LogUnavailableError("a rejected body left the quarantine meanwhile: send it again")
    return [keys[digest] for digest in digests]


def _first(body: RejectedBody, received_at: datetime) -> Document:
    return {
        # No part of the digest: whoever sees the id could try guesses of what the body says.
        "_id": f"{int(received_at.timestamp() * 1000):013d}-{token_hex(8)}",
        "company": body.company,
        "receivedAt": received_at,
        "code": body.rejection.code,
        "message": str(body.rejection),
        "raw": body.raw,
    }


def visible_to(companies: Sequence[str] | None) -> Document:
    """Return the condition for bodies that a caller of `companies` sees; `None` is all (D22)."""
    return {} if companies is None else {"company": {"$in": list(companies)}}


async def quarantined_page(
    database: Database, companies: Sequence[str] | None, wanted: Slice
) -> tuple[Page, list[Document]]:
    """Return a slice of the rejected bodies by the time they came first; one read."""
    bounds: Document = {}
    if wanted.after is not None:
        bounds["$gt"] = wanted.after[1]
    if wanted.before is not None:
        bounds["$lt"] = wanted.before[1]
    rows = await database.find(
        QUARANTINE,
        {**visible_to(companies), **({"_id": bounds} if bounds else {})},
        sort=[("_id", -1 if wanted.backward else 1)],
        limit=wanted.limit + 1,
    )
    more, kept = len(rows) > wanted.limit, rows[: wanted.limit]
    if wanted.backward:
        kept.reverse()
    page = Page(
        [],
        [(None, row["_id"]) for row in kept],
        has_next=wanted.has_next(more=more),
        has_previous=wanted.has_previous(more=more),
    )
    return page, kept


async def count_bodies(database: Database, companies: Sequence[str] | None) -> int:
    """Count the different rejected bodies; one read."""
    found = await database.aggregate(
        QUARANTINE, [{"$match": visible_to(companies)}, {"$count": "bodies"}]
    )
    return int(found[0]["bodies"]) if found else 0
