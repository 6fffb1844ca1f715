"""One company's things as they stand at one moment: every read of an answer goes through here."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from store.collections import Document, Pipeline, facts_of, keys_of
from store.driver import Database
from store.errors import LogUnavailableError
from store.facts import Kind
from store.fold import State, empty_state, fold_pipeline, state_of
from store.moment import Moment

Part = TypeVar("Part")
Loaded = TypeVar("Loaded")

MAX_AGE_SECONDS = 30.0
"""How long a view may be read through. With a read's own deadline (20 s) it ends before a reindex
drops the facts that it has pinned."""

# How many ids one read names at most, so that a command stays well under 16 MiB.
_IDS_PER_READ = 20_000
_PIPELINES_PER_READ = 300


class View:
    """The things of one company at one moment, each loaded once.

    Args:
        database: Where the log lies.
        company: Whose things.
        moment: What may be known.
        now: The moment that "now" means; by default that of making the view.
    """

    def __init__(
        self,
        database: Database,
        company: str,
        moment: Moment,
        now: datetime | None = None,
    ) -> None:
        self.database = database
        self.company = company
        self.moment = moment
        self.now = moment.as_of or now or datetime.now(UTC)
        self._expires_at = time.monotonic() + MAX_AGE_SECONDS
        self._memory: dict[str, dict[str, Any]] = defaultdict(dict)

    @property
    def facts(self) -> str:
        """The name of the facts' collection that this view reads."""
        return facts_of(self.moment.generation)

    async def states(self, kind: Kind, id_keys: Collection[str]) -> dict[str, State]:
        """Return the folded states of the things that any fact speaks of; one read.

        A campaign that other things' events name, without a fact of its own, is not found here:
        see `named_campaigns`.
        """
        found = await self.remember(kind, id_keys, partial(self._load_states, kind))
        return {key: state for key, state in found.items() if state is not None}

    async def _load_states(self, kind: Kind, id_keys: Sequence[str]) -> Mapping[str, State | None]:
        found: dict[str, State | None] = dict.fromkeys(id_keys)
        for part in _parts(id_keys, _IDS_PER_READ):
            self._require_fresh()
            pipeline = fold_pipeline(self.company, kind, part, self.moment)
            for folded in await self.database.aggregate(self.facts, pipeline):
                found[folded["_id"]] = state_of(kind, self.company, folded)
        return found

    async def rows(self, kind: Kind, id_keys: Collection[str]) -> list[Document]:
        """Return the facts of some things themselves, unfolded; one read."""
        return await self.database.find(
            self.facts, self.match(kind, {"idKey": {"$in": list(id_keys)}})
        )

    async def remember(
        self,
        what: str,
        keys: Iterable[str],
        load: Callable[[Sequence[str]], Awaitable[Mapping[str, Loaded]]],
    ) -> dict[str, Loaded]:
        """Return what `load` gives for each key, loading each only once for this view.

        Args:
            what: What is loaded; one word for one kind of it.
            keys: What it is asked for.
            load: Gives a value for every one of the keys that it gets.
        """
        memory: dict[str, Loaded] = self._memory[what]
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in memory]
        if missing:
            memory.update(await load(missing))
        return {key: memory[key] for key in wanted}

    async def known(self, kind: Kind, id_keys: Collection[str]) -> dict[str, State]:
        """Return the states of things that are known to exist (D15), also those without facts."""
        states = await self.states(kind, id_keys)
        return {
            key: states.get(key) or empty_state(kind, self.company, key)
            for key in dict.fromkeys(id_keys)
        }

    async def existing(self, kind: Kind, id_keys: Collection[str]) -> dict[str, State]:
        """Return the states of those of the things that exist (D15)."""
        states = await self.states(kind, id_keys)
        unknown = [key for key in id_keys if key not in states]
        if kind == "campaign" and unknown:
            named = await self.named_campaigns(unknown)
            states |= {key: empty_state(kind, self.company, key) for key in named}
        return states

    async def named_campaigns(self, id_keys: Collection[str]) -> set[str]:
        """Return those of the campaigns that an application or a call was said to be of (D15)."""
        pipelines: list[Pipeline] = [
            [
                {"$match": self.match(kind, {"campaign": key})},
                {"$limit": 1},
                {"$project": {"_id": 0, "campaign": 1}},
            ]
            for key in id_keys
            for kind in ("application", "call")
        ]
        return {str(found["campaign"]) for found in await self.union(pipelines)}

    async def campaigns_of(self, applications: Collection[str]) -> dict[str, str | None]:
        """Return the folded campaign of each application, both as id keys; one covered read."""
        load = partial(self._load_last, "application", "campaign")
        return await self.remember("campaign of", applications, load)

    async def applications_of(self, callbacks: Collection[str]) -> dict[str, str | None]:
        """Return the folded application of each callback, both as id keys; one covered read."""
        load = partial(self._load_last, "callback", "application")
        return await self.remember("application of", callbacks, load)

    async def _load_last(
        self, kind: Kind, column: str, id_keys: Sequence[str]
    ) -> Mapping[str, str | None]:
        found: dict[str, str | None] = dict.fromkeys(id_keys)
        for part in _parts(id_keys, _IDS_PER_READ):
            for each in await self.database.aggregate(self.facts, self._last(kind, column, part)):
                found[each["_id"]] = each.get(column)
        return found

    def _last(self, kind: Kind, column: str, id_keys: Sequence[str]) -> Pipeline:
        match = self.match(kind, {"idKey": {"$in": id_keys}})
        if "at" in match:
            match[f"{column}At"] = match.pop("at")
        return [
            {"$match": match},
            {"$sort": {"idKey": 1, f"{column}At": -1, "_id": -1}},
            {"$group": {"_id": "$idKey", column: {"$first": f"${column}"}}},
        ]

    async def holders(self, keys: Collection[str], *kinds: Kind) -> dict[Kind, dict[str, set[str]]]:
        """Return for each kind and link key the things that ever carried it; one covered read."""
        found: dict[Kind, dict[str, set[str]]] = {kind: defaultdict(set) for kind in kinds}
        for part in _parts(sorted(keys), _IDS_PER_READ):
            query = {"company": self.company, "key": {"$in": part}, "kind": {"$in": list(kinds)}}
            rows = await self.database.find(
                keys_of(self.moment.generation),
                query | self._bounds(),
                fields={"_id": 0, "key": 1, "kind": 1, "idKey": 1},
            )
            for row in rows:
                found[row["kind"]][row["key"]].add(row["idKey"])
        return found

    async def things_in(self, kind: Kind, scope: Document) -> list[str]:
        """Return the id keys, in order, of all things with a fact in `scope`; one covered read."""
        pipeline: Pipeline = [
            {"$match": self.match(kind, scope)},
            {"$group": {"_id": "$idKey"}},
            {"$sort": {"_id": 1}},
        ]
        return [str(found["_id"]) for found in await self.database.aggregate(self.facts, pipeline)]

    async def campaign_keys(self) -> list[str]:
        """Return the id keys, in order, of all campaigns of the company (D15); one read."""
        pipelines: list[Pipeline] = [
            [{"$match": self.match(kind, {})}, {"$group": {"_id": "$campaign"}}]
            for kind in ("campaign", "application", "call")
        ]
        found = {each["_id"] for each in await self.union(pipelines)}
        return sorted(key for key in found if key is not None)

    async def union(self, pipelines: Sequence[Pipeline]) -> list[Document]:
        """Return what all the pipelines make of the facts, in one read for a few hundred."""
        found: list[Document] = []
        for part in _parts(pipelines, _PIPELINES_PER_READ):
            first, *others = part
            united = [{"$unionWith": {"coll": self.facts, "pipeline": each}} for each in others]
            found += await self.database.aggregate(self.facts, [*first, *united])
        return found

    def match(self, kind: Kind, condition: Document) -> Document:
        """Write the condition for facts about things of `kind`, at this view's moment.

        Raises:
            LogUnavailableError: The view is too old: a reindex may have dropped its facts since.
        """
        return {"company": self.company, "kind": kind, **condition, **self._bounds()}

    def _bounds(self) -> Document:
        self._require_fresh()
        return self.moment.bounds()

    def _require_fresh(self) -> None:
        if time.monotonic() > self._expires_at:
            raise LogUnavailableError(f"it took over {MAX_AGE_SECONDS:.0f} s: ask for less at once")


def _parts(items: Sequence[Part], size: int) -> list[Sequence[Part]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
