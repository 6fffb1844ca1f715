"""The old body of a redacted event, sent again: it is known for a redelivery, and not appended.

Of what was erased nothing is kept to compare with, not even a hash. What the body says beside it
has to be the same.
"""

from collections.abc import Mapping, Sequence

from store.body import digest, parse_body
from store.collections import EVENTS
from store.driver import Transaction
from store.errors import StoreError
from store.redaction import is_twin
from store.rows import PreparedEvent


class ForgottenError(StoreError):
    """Some of a batch were in the log before they were redacted; nothing was written.

    Attributes:
        positions: Where they stand, by digest.
    """

    code = "FORGOTTEN"

    def __init__(self, positions: Mapping[bytes, int]) -> None:
        super().__init__(f"the log holds it without a person's data at {min(positions.values())}")
        self.positions = positions


def refuse_forgotten(transaction: Transaction, batch: Sequence[PreparedEvent]) -> None:
    """Look for redacted events that came as one of the batch; for logs with redacted events only.

    Raises:
        ForgottenError: There are such.
    """
    by_stub: dict[bytes, list[PreparedEvent]] = {}
    for each in filter(_is_new, batch):
        by_stub.setdefault(digest(each.stub_values), []).append(each)
    query = {"stub": {"$in": sorted(by_stub)}}
    found: dict[bytes, int] = {}
    for row in transaction.find(EVENTS, query, fields={"stub": 1, "raw": 1}):
        redacted = parse_body(bytes(row["raw"])).value
        for each in by_stub[bytes(row["stub"])]:
            if is_twin(redacted, parse_body(each.event["raw"]).value):
                found[each.digest] = row["_id"]
    if found:
        raise ForgottenError(found)


def _is_new(prepared: PreparedEvent) -> bool:
    """Say whether an event comes from a sender, and not redacted already from an export."""
    return "redacted" not in prepared.event
