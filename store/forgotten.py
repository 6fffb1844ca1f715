"""The old body of a redacted event, sent again: it is not appended, and nobody else's is lost.

Of what was erased nothing is kept to compare with, not even a hash. What the body says beside it
has to be the same. If ids of applications, calls or callbacks are part of that, it is a redelivery.
Without them it may as well be another person's event: it is refused, and kept in the quarantine.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from store.body import digest, parse_body
from store.collections import EVENTS, Document, facts_of
from store.driver import Transaction
from store.errors import StoreError
from store.facts import Kind
from store.ids import id_key
from store.json_text import Object
from store.moment import position_of
from store.reader import read_event
from store.redaction import Holes, Thing, holes_in, kept_digest
from store.rejections import RejectedError
from store.rows import PreparedEvent

_MOST_COMPARED = 200
"""Of the redacted events that no id tells apart; a body that came as more of them is doubtful."""

_Things: TypeAlias = tuple[Thing, ...]


class MayBeForgottenError(RejectedError):
    """The body may be the old one of a redacted event, or another person's: nothing tells."""

    code = "MAY_BE_FORGOTTEN"

    def __init__(self) -> None:
        super().__init__(
            "A person was erased from an event of this name and date, and the event may be that "
            "one: if it is not, let an operator append it with `quarantine retry` and its id."
        )


class ForgottenError(StoreError):
    """Some of a batch were in the log before they were redacted, or may have been.

    Nothing was written.

    Attributes:
        positions: Where those stand that were, by digest.
        doubtful: The digests of those that may have been.
    """

    code = "FORGOTTEN"

    def __init__(self, positions: Mapping[bytes, int], doubtful: Collection[bytes]) -> None:
        super().__init__(
            f"the log holds {len(positions)} events without a person's data, maybe {len(doubtful)}"
        )
        self.positions = positions
        self.doubtful = doubtful


class _Kept:
    """What is left of the redacted events of one stub.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._has_more = count > _MOST_COMPARED
        self._positions: dict[_Things, dict[Holes, dict[bytes | None, int]]] = {}

    def add(self, position: int, raw: bytes) -> None:
        """Take a redacted event in."""
        value = parse_body(raw).value
        holes = holes_in(value)
        by_holes = self._positions.setdefault(_things_of(value), {})
        by_holes.setdefault(holes, {}).setdefault(kept_digest(value, holes), position)

    def position_of(self, things: _Things, value: Object) -> int | None:
        """Return the position of the one that an event may be; 0 for one that was not compared."""
        for holes, positions in self._positions.get(things, {}).items():
            found = positions.get(kept_digest(value, holes))
            if found is not None:
                return found
        return 0 if self._has_more and not things else None


def refuse_forgotten(
    transaction: Transaction, batch: Sequence[PreparedEvent], generation: int
) -> None:
    """Look for redacted events that came as one of the batch; for logs with redacted events only.

    Args:
        transaction: Reads the log.
        batch: The events.
        generation: Of the facts that lead to the events of a thing.

    Raises:
        ForgottenError: There are such, or there may be.
    """
    by_stub: dict[bytes, list[PreparedEvent]] = {}
    for each in batch:
        by_stub.setdefault(digest(each.stub_values), []).append(each)
    found: dict[bytes, int] = {}
    doubtful: set[bytes] = set()
    for stub, kept in _kept(transaction, by_stub, generation).items():
        for each in by_stub[stub]:
            things = _things(each)
            position = kept.position_of(things, parse_body(each.event["raw"]).value)
            if position is not None and things:
                found[each.digest] = position
            elif position is not None:
                doubtful.add(each.digest)
    for known in _in_log(transaction, [*found, *doubtful]):
        found.pop(known, None)
        doubtful.discard(known)
    if found or doubtful:
        raise ForgottenError(found, doubtful)


def _kept(
    transaction: Transaction, by_stub: Mapping[bytes, Sequence[PreparedEvent]], generation: int
) -> dict[bytes, _Kept]:
    """Read the redacted events with these stubs: those of the same things, and some of none."""
    places: dict[bytes, list[int]] = {}
    for row in transaction.find(EVENTS, {"stub": {"$in": sorted(by_stub)}}, fields={"stub": 1}):
        places.setdefault(bytes(row["stub"]), []).append(row["_id"])
    if not places:
        return {}
    alike = [each for stub in places for each in by_stub[stub]]
    wanted = _positions_of_things(transaction, alike, generation)
    wanted &= {position for positions in places.values() for position in positions}
    for stub, positions in places.items():
        if not all(map(_things, by_stub[stub])):
            wanted.update(positions[:_MOST_COMPARED])
    kept = {stub: _Kept(len(positions)) for stub, positions in places.items()}
    query: Document = {"stub": {"$in": sorted(kept)}, "_id": {"$in": sorted(wanted)}}
    for row in transaction.find(EVENTS, query, fields={"stub": 1, "raw": 1}):
        kept[bytes(row["stub"])].add(row["_id"], bytes(row["raw"]))
    return kept


def _positions_of_things(
    transaction: Transaction, events: Sequence[PreparedEvent], generation: int
) -> set[int]:
    """Return the positions of all events that speak of the same things as these."""
    ids: dict[tuple[str, Kind], set[str]] = {}
    for each in events:
        for kind, key in _things(each):
            ids.setdefault((each.company, kind), set()).add(key)
    found: set[int] = set()
    for (company, kind), keys in ids.items():
        query: Document = {"company": company, "kind": kind, "idKey": {"$in": sorted(keys)}}
        rows = transaction.find(facts_of(generation), query, fields={"_id": 1})
        found.update(position_of(row["_id"]) for row in rows)
    return found


def _in_log(transaction: Transaction, digests: Sequence[bytes]) -> list[bytes]:
    """Return those that an event of the log has as it is: they are its redeliveries."""
    if not digests:
        return []
    query: Document = {"digest": {"$in": digests}}
    return [bytes(row["digest"]) for row in transaction.find(EVENTS, query, fields={"digest": 1})]


def _things(prepared: PreparedEvent) -> _Things:
    """Name the applications, calls and callbacks that an event speaks of."""
    return tuple((row["kind"], row["idKey"]) for row in prepared.facts if row["kind"] != "campaign")


def _things_of(event: Object) -> _Things:
    return tuple(
        (fact.kind, id_key(fact.id)) for fact in read_event(event) if fact.kind != "campaign"
    )
