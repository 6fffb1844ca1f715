"""A part of the log in memory, and views of it at any position: many evaluations, few reads.

What was loaded is seen at each position exactly as a `View` of the whole log sees it; what was not
loaded is not there. So the rules for edges stand once, in `store.links` and `store.callbacks`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from store.collections import Document, facts_of, keys_of
from store.facts import Kind
from store.fold import State, fold, order_of_effect
from store.links import application_of
from store.moment import Moment, fact_number
from store.parts import in_parts
from store.view import Held, View


class Excerpt:
    """Facts and keys up to the moment of `view`, loaded as far as they were asked for."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.rows: dict[tuple[Kind, str], list[Document]] = {}
        self.holders: dict[tuple[Kind, str], list[tuple[int, str]]] = {}
        self.campaigns: dict[str, list[Document]] = {}
        self.naming: dict[str, list[tuple[int, str]]] = {}

    def at(self, position: int) -> "ExcerptView":
        """Return what was known at a position."""
        return ExcerptView(self, position)

    def last(self, kind: Kind, key: str) -> list[Document]:
        """Return all loaded facts of a thing."""
        return self.rows.get((kind, key), [])

    async def load_things(self, kind: Kind, id_keys: Iterable[str]) -> None:
        """Load the facts of some things; one read."""
        missing = {key for key in id_keys if (kind, key) not in self.rows}
        self.rows.update({(kind, key): [] for key in missing})
        for row in await self._facts(kind, "idKey", missing):
            self.rows[kind, row["idKey"]].append(row)

    async def load_matches(self, calls: Iterable[str]) -> None:
        """Load all that decides which applications some loaded calls belong to; four reads."""
        link_keys = self._link_keys("call", calls)
        await self._load_holders("application", link_keys)
        await self._load_holders("callback", link_keys)
        callbacks = self._holding("callback", link_keys)
        await self.load_things("callback", callbacks)
        await self._load_campaigns(
            self._holding("application", link_keys) | self._ever_named(callbacks)
        )

    async def load_completions(self, applications: Iterable[str]) -> None:
        """Load all that decides which callbacks of the applications calls complete; ten reads."""
        wanted = set(applications)
        await self.load_things("application", wanted)
        await self._load_campaigns(wanted)
        await self._load_callbacks(wanted)
        callbacks = {key for each in wanted for _, key in self.naming[each]}
        link_keys = self._link_keys("application", wanted) | self._link_keys("callback", callbacks)
        await self._load_holders("call", link_keys)
        completing = await self.ever_completing(self._holding("call", link_keys))
        await self.load_things("call", completing)
        await self.load_matches(completing)

    async def ever_completing(self, calls: Collection[str]) -> set[str]:
        """Return those of the calls that ever said to complete a callback (D19); one read."""
        condition = {"data.recallDescription": "COMPLETED"}
        found = await self._facts("call", "idKey", calls, condition, fields={"idKey": 1})
        return {row["idKey"] for row in found}

    async def with_callbacks(self, applications: Collection[str]) -> set[str]:
        """Return those of the applications that any callback named; one covered read."""
        fields = {"_id": 0, "application": 1}
        found = await self._facts("callback", "application", applications, fields=fields)
        return {row["application"] for row in found}

    async def _load_callbacks(self, applications: Collection[str]) -> None:
        missing = {key for key in applications if key not in self.naming}
        self.naming.update({key: [] for key in missing})
        fields = {"application": 1, "idKey": 1}
        for row in await self._facts("callback", "application", missing, fields=fields):
            self.naming[row["application"]].append((row["_id"], row["idKey"]))
        await self.load_things(
            "callback", (key for each in missing for _, key in self.naming[each])
        )

    async def _load_holders(self, kind: Kind, link_keys: Collection[str]) -> None:
        missing = {key for key in link_keys if (kind, key) not in self.holders}
        self.holders.update({(kind, key): [] for key in missing})
        for part in in_parts(sorted(missing)):
            query = {"company": self.view.company, "key": {"$in": part}, "kind": kind}
            rows = await self.view.database.find(
                keys_of(self.view.moment.generation),
                query | self.view.moment.bounds(),
                fields={"key": 1, "idKey": 1},
            )
            for row in rows:
                self.holders[kind, row["key"]].append((row["_id"], row["idKey"]))

    async def _load_campaigns(self, applications: Iterable[str]) -> None:
        missing = {key for key in applications if key not in self.campaigns}
        self.campaigns.update({key: [] for key in missing})
        condition = {"campaignAt": {"$exists": True}}
        fields = {"idKey": 1, "campaign": 1, "at": 1}
        for row in await self._facts("application", "idKey", missing, condition, fields):
            self.campaigns[row["idKey"]].append(row)

    def _link_keys(self, kind: Kind, id_keys: Iterable[str]) -> set[str]:
        rows = (row for key in id_keys for row in self.last(kind, key))
        return {link_key for row in rows for link_key in row.get("keys", ())}

    def _holding(self, kind: Kind, link_keys: Iterable[str]) -> set[str]:
        return {holder for key in link_keys for _, holder in self.holders[kind, key]}

    def _ever_named(self, callbacks: Iterable[str]) -> set[str]:
        """Return the applications that any of the callbacks ever named."""
        rows = (row for key in callbacks for row in self.last("callback", key))
        return {row["application"] for row in rows if "application" in row}

    async def _facts(
        self,
        kind: Kind,
        column: str,
        wanted: Collection[str],
        condition: Document | None = None,
        fields: dict[str, int] | None = None,
    ) -> list[Document]:
        facts, found = facts_of(self.view.moment.generation), list[Document]()
        for part in in_parts(sorted(wanted)):
            match = self.view.match(kind, {column: {"$in": part}, **(condition or {})})
            found += await self.view.database.find(facts, match, fields=fields)
        return found


class ExcerptView(View):
    """What an excerpt holds up to one position; it reads nothing."""

    def __init__(self, excerpt: Excerpt, position: int) -> None:
        whole = excerpt.view
        moment = Moment(position, None, whole.moment.generation)
        super().__init__(whole.database, whole.company, moment)
        self._excerpt = excerpt
        self._end = fact_number(position + 1, 0)

    def state(self, kind: Kind, key: str) -> State | None:
        """Return the state of a loaded thing; none before its first fact."""
        rows = [row for row in self._excerpt.last(kind, key) if row["_id"] < self._end]
        return fold(kind, self.company, key, rows) if rows else None

    async def states(self, kind: Kind, id_keys: Collection[str]) -> dict[str, State]:
        """Return the states of those of the things that were loaded."""
        found = {key: self.state(kind, key) for key in dict.fromkeys(id_keys)}
        return {key: state for key, state in found.items() if state is not None}

    def campaign_of(self, application: str) -> str | None:
        """Return the folded campaign of an application, as an id key."""
        known = self._excerpt.campaigns.get(application, ())
        rows = [row for row in known if row["_id"] < self._end]
        return max(rows, key=order_of_effect).get("campaign") if rows else None

    async def campaigns_of(self, applications: Collection[str]) -> dict[str, str | None]:
        """Return the folded campaign of each application, both as id keys."""
        return {key: self.campaign_of(key) for key in applications}

    async def applications_of(self, callbacks: Collection[str]) -> dict[str, str | None]:
        """Return the folded application of each loaded callback, both as id keys."""
        states = {key: self.state("callback", key) for key in callbacks}
        return {
            key: None if state is None else application_of(state) for key, state in states.items()
        }

    async def holders(self, keys: Collection[str], *kinds: Kind) -> Mapping[str, Held]:
        """Return for each link key the things that had carried it."""
        return {
            key: tuple(
                {
                    (kind, holder)
                    for kind in kinds
                    for number, holder in self._excerpt.holders.get((kind, key), ())
                    if number < self._end
                }
            )
            for key in keys
        }

    async def callbacks_naming(self, applications: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the callbacks that had named each of the applications."""
        naming = self._excerpt.naming
        return {
            each: sorted({key for number, key in naming[each] if number < self._end})
            for each in applications
        }
