"""Rejected bodies (D6): kept with their bytes, the reason and the time, once per body."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from store.collections import QUARANTINE, Document
from store.driver import Database
from store.listing import Page, Slice
from store.rejections import RejectedError


async def quarantine(
    database: Database,
    raw: bytes,
    rejection: RejectedError,
    *,
    company: str | None,
    received_at: datetime,
) -> str:
    """Keep a rejected body and return its id in the quarantine.

    The same bytes are kept once; `count` says how often they came.
    """
    digest = hashlib.sha256(raw).digest()[:16]
    key = f"{int(received_at.timestamp() * 1000):013d}-{digest.hex()[:16]}"
    first = {
        "_id": key,
        "company": company,
        "receivedAt": received_at,
        "code": rejection.code,
        "message": str(rejection),
        "raw": raw,
    }
    update = {"$setOnInsert": first, "$inc": {"count": 1}}
    return str(await database.upsert(QUARANTINE, {"digest": digest}, update))


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
