"""Which things of a company speak of one person, and by which values they can be told.

It begins with one client sync pair or one phone number. Things that carried it are the person's,
and so are callbacks of these applications. What else they carry leads on to further things, unless
another client carries it too: then it is shared, and stays with the other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from store.collections import Document, Pipeline, facts_of, keys_of
from store.driver import Database
from store.errors import StoreError
from store.facts import Kind
from store.keys import PHONE, pair_key
from store.moment import position_of
from store.redaction import Person, Thing, is_erased
from store.telling import split_pair

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
        holders = await self._holders(person, person.keys)
        while holders:
            found = await self._related(person, set().union(*holders.values()))
            new = found - person.things
            person.things |= new
            if len(person.things) > MAX_THINGS:
                raise ErasureError(
                    f"over {MAX_THINGS:,} things carry it: that is not one person's value"
                )
            holders = await self._own_keys(person, new)
            person.keys |= holders.keys()
        return before != (len(person.things), len(person.keys))

    async def _own_keys(self, person: Person, things: Collection[Thing]) -> dict[str, set[Thing]]:
        """Return the keys that these things carried and no other client, each with its holders.

        Those that are shared are noted.
        """
        carried = {each for each in await self._keys_of(person, things) if not is_erased(each)}
        carried -= person.keys | person.shared
        known, own = person.keys | carried, dict[str, set[Thing]]()
        for key, holders in (await self._holders(person, carried)).items():
            if await self._is_own(person, holders - person.things, known):
                own[key] = holders
        person.shared |= carried - own.keys()
        return own

    async def _is_own(self, person: Person, others: set[Thing], known: set[str]) -> bool:
        """Say whether none of the others who carry a key is told apart by what was asked for.

        A pair asked for tells those apart who carry another value of its field; a phone number
        those who carry another one.
        """
        if len(others) > _MAX_HOLDERS:
            return False
        rivals = await self._keys_of(person, others) - known
        if self.sought[0] == PHONE:
            return not any(each[0] == PHONE for each in rivals)
        field, _ = split_pair(self.sought)
        return not any(each[0] != PHONE and split_pair(each)[0] == field for each in rivals)

    async def _holders(self, person: Person, keys: Iterable[str]) -> dict[str, set[Thing]]:
        """Return for each key the things that carried it; of a popular one as many as matter."""
        found = {key: await self._holders_by_key(person, key) for key in sorted(keys)}
        pairs = [list(split_pair(key)) for key in found if key[0] != PHONE]
        if not pairs:
            return found
        # Of callbacks these are no keys: all callbacks are looked at, so for all pairs at once.
        condition = {"data.clientSyncIds": {"$in": pairs}}
        fields = {"_id": 0, "idKey": 1, "data.clientSyncIds": 1}
        for row in await self._facts(person, "callback", condition, fields):
            for key in found.keys() & {pair_key(*pair) for pair in row["data"]["clientSyncIds"]}:
                found[key].add(("callback", row["idKey"]))
        return found

    async def _holders_by_key(self, person: Person, key: str) -> set[Thing]:
        found: set[Thing] = set()
        for kind in _LINKED:
            pipeline: Pipeline = [
                {"$match": {"company": person.company, "key": key, "kind": kind}},
                {"$group": {"_id": "$idKey"}},
                {"$limit": MAX_THINGS + _MAX_HOLDERS + 1},
            ]
            rows = await self.database.aggregate(keys_of(self.generation), pipeline)
            found.update((kind, row["_id"]) for row in rows)
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
