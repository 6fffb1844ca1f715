"""The old body of a redacted event, sent again: it is known for a redelivery, and not appended.

Of what was erased nothing is kept to compare with, not even a hash. What the body says beside it
has to be the same.
"""

from collections.abc import Mapping, Sequence

from store.body import parse_body
from store.collections import EVENTS
from store.driver import Transaction
from store.errors import StoreError
from store.json_text import Json
from store.redaction import is_twin, stub_of
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
    values = {each.digest: parse_body(each.event["raw"]).value for each in batch if _is_new(each)}
    stubs = {digest: stub_of(value) for digest, value in values.items()}
    query = {"stub": {"$in": sorted(set(stubs.values()))}}
    redacted: dict[bytes, list[tuple[int, Json]]] = {}
    for row in transaction.find(EVENTS, query, fields={"stub": 1, "raw": 1}):
        value = parse_body(bytes(row["raw"])).value
        redacted.setdefault(bytes(row["stub"]), []).append((row["_id"], value))
    found = {
        digest: position
        for digest, value in values.items()
        for position, candidate in redacted.get(stubs[digest], ())
        if is_twin(candidate, value)
    }
    if found:
        raise ForgottenError(found)


def _is_new(prepared: PreparedEvent) -> bool:
    """Say whether an event comes from a sender, and not redacted already from an export."""
    return "redacted" not in prepared.event
