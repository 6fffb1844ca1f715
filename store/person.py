"""Which things of a company speak of one person, and by which values they can be told.

It begins with one client sync pair or one phone number. Things that carried it are the person's,
and so are callbacks of these applications. What else they carry leads on to further things, unless
another client carries it too: then it is shared, and stays with the other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from store.collections import Document, facts_of, keys_of
from store.driver import Database
from store.errors import StoreError
from store.facts import Kind
from store.keys import PHONE, pair_key
from store.moment import position_of
from store.redaction import Person, Thing, is_erased, split_pair

MAX_THINGS = 10_000
_MAX_HOLDERS = 1_000
_LINKED: tuple[Kind, ...] = ("application", "call", "callback")


class ErasureError(StoreError):
    """The erasure cannot begin or go on; the message says what to do."""

    code = "ERASURE"


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for a person's things in one generation of facts.

    Args:
        database: Where the log lies.
        generation: Of the facts.
        sought: The link key that the person is asked for by.
    """

    database: Database
    generation: int
    sought: str

    async def grow(self, person: Person) -> bool:
        """Add what speaks of the person and is not known yet; say whether there was anything.

        Raises:
            ErasureError: It is more than one person can have.
        """
        before = len(person.things), len(person.keys)
        fresh = set(person.keys)
        while fresh:
            found = await self._related(person, await self._holders(person, fresh))
            new = found - person.things
            person.things |= new
            if len(person.things) > MAX_THINGS:
                raise ErasureError(
                    f"over {MAX_THINGS:,} things carry it: that is not one person's value"
                )
            fresh = await self._own_keys(person, new)
            person.keys |= fresh
        return before != (len(person.things), len(person.keys))

    async def _own_keys(self, person: Person, things: Collection[Thing]) -> set[str]:
        """Return the keys that these things carried and no other client; note those shared."""
        carried = {each for each in await self._keys_of(person, things) if not is_erased(each)}
        carried -= person.keys | person.shared
        known = person.keys | carried
        own = {key for key in sorted(carried) if await self._is_own(person, key, known)}
        person.shared |= carried - own
        return own

    async def _is_own(self, person: Person, key: str, known: set[str]) -> bool:
        """Say whether nobody carries a key who is told apart from the person by what was asked for.

        A pair asked for tells those apart who carry another value of its field; a phone number
        those who carry another one.
        """
        others = await self._holders(person, {key}) - person.things
        if len(others) > _MAX_HOLDERS:
            return False
        rivals = await self._keys_of(person, others) - known
        if self.sought[0] == PHONE:
            return not any(each[0] == PHONE for each in rivals)
        field, _ = split_pair(self.sought)
        return not any(each[0] != PHONE and split_pair(each)[0] == field for each in rivals)

    async def _holders(self, person: Person, keys: Iterable[str]) -> set[Thing]:
        wanted = sorted(keys)
        rows = await self.database.find(
            keys_of(self.generation),
            {"company": person.company, "key": {"$in": wanted}},
            fields={"_id": 0, "kind": 1, "idKey": 1},
            limit=100 * MAX_THINGS,
        )
        found: set[Thing] = {(row["kind"], row["idKey"]) for row in rows}
        pairs = [list(split_pair(key)) for key in wanted if key[0] != PHONE]
        if pairs:  # of callbacks these are no keys
            condition = {"data.clientSyncIds": {"$in": pairs}}
            found |= await self._things(person, "callback", condition)
        return found

    async def _things(self, person: Person, kind: Kind, condition: Document) -> set[Thing]:
        rows = await self._facts(person, kind, condition, {"_id": 0, "idKey": 1})
        return {(kind, row["idKey"]) for row in rows}

    async def _facts(
        self, person: Person, kind: Kind, condition: Document, fields: dict[str, int]
    ) -> list[Document]:
        query = {"company": person.company, "kind": kind, **condition}
        return await self.database.find(facts_of(self.generation), query, fields=fields)

    async def _related(self, person: Person, found: set[Thing]) -> set[Thing]:
        """Add the applications of callbacks, then all callbacks of applications."""
        named = await self._facts(
            person,
            "callback",
            {"idKey": {"$in": _ids("callback", found)}, "application": {"$exists": True}},
            {"_id": 0, "application": 1},
        )
        applications: set[Thing] = {("application", row["application"]) for row in named}
        whole = found | applications
        condition = {"application": {"$in": _ids("application", whole)}}
        return whole | await self._things(person, "callback", condition)

    async def _keys_of(self, person: Person, things: Collection[Thing]) -> set[str]:
        """Return the keys that any of the things carried, the pairs of callbacks included."""
        found: set[str] = set()
        for kind in _LINKED:
            condition = {"idKey": {"$in": _ids(kind, things)}}
            fields = {"_id": 0, "keys": 1, "data.clientSyncIds": 1}
            for row in await self._facts(person, kind, condition, fields):
                found.update(row.get("keys", ()))
                pairs = row.get("data", {}).get("clientSyncIds") or ()
                found.update(pair_key(*pair) for pair in pairs)
        return found

    async def positions(self, person: Person) -> set[int]:
        """Return the positions of the events that speak of the person's things."""
        found: set[int] = set()
        for kind in _LINKED:
            condition = {"idKey": {"$in": _ids(kind, person.things)}}
            rows = await self._facts(person, kind, condition, {"_id": 1})
            found.update(position_of(row["_id"]) for row in rows)
        return found


def _ids(kind: Kind, things: Iterable[Thing]) -> list[str]:
    return sorted(key for each, key in things if each == kind)
