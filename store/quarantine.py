"""Rejected bodies (D6): kept with their bytes, the reason and the time, once per body."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from store.collections import QUARANTINE, Document
from store.driver import Database
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
