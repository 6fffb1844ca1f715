"""One company's things as they stand at one moment: every read of an answer goes through here."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from store.cache import Cache, Reach, Stretch
from store.collections import Document, Pipeline, facts_of, keys_of
from store.driver import Database
from store.errors import LogUnavailableError, PoisonError
from store.facts import Kind
from store.fold import State, empty_state, fold, fold_pipeline, state_of
from store.horizon import (
    APPLICATION_OF,
    CALLBACKS_NAMING,
    CAMPAIGN_OF,
    CAMPAIGNS,
    HOLDING_APPLICATIONS,
    HOLDING_CALLS,
)
from store.ids import id_key
from store.moment import Moment
from store.parts import in_parts
from store.pipelines import last_pipeline, naming_pipeline
from store.reads import Reads
from store.recall import Recall
from store.trace import note_until

Loaded = TypeVar("Loaded")
Held = tuple[tuple[Kind, str], ...]
"""Things that carried a link key, each with its kind."""

MAX_AGE_SECONDS = 90.0
"""How long a view may be read through. With a read's own deadline (20 s) it ends before a reindex
drops the facts that it has pinned."""


class View:
    """The things of one company at one moment, each loaded once.

    Args:
        database: Where the log lies.
        company: Whose things.
        moment: What may be known.
        now: The moment that "now" means; by default that of making the view.
        cache: What earlier views read, if there is one; a view of the present looks there first.
    """

    def __init__(
        self,
        database: Database,
        company: str,
        moment: Moment,
        now: datetime | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.database = database
        self.company = company
        self.moment = moment
        self._now = moment.as_of or now or datetime.now(UTC)
        self._expires_at = time.monotonic() + MAX_AGE_SECONDS
        self._reads = Reads(database)
        # Nothing here leads back to the view: what it has loaded goes with it, not with the next
        # collection of garbage.
        reach = partial(_reach, cache, database, company, moment)
        self._recall = Recall(reach)

    def apart(self) -> "View":
        """Return the same view without its memory, for reading much of which little is kept."""
        return View(self.database, self.company, self.moment, self._now)

    def has_come(self, moment: datetime) -> bool:
        """Say whether a moment has come by now; an answer holds until one comes that has not."""
        if moment <= self._now:
            return True
        note_until(moment)
        return False

    @property
    def facts(self) -> str:
        """The name of the facts' collection that this view reads."""
        return facts_of(self.moment.generation)

    async def aggregate(self, pipeline: Pipeline) -> list[Document]:
        """Return what a pipeline makes of the facts; one read for all that ask at the same time."""
        return await self._reads.aggregate(self.facts, pipeline)

    async def states(self, kind: Kind, id_keys: Collection[str]) -> dict[str, State]:
        """Return the folded states of the things that any fact speaks of; one read.

        A campaign that other things' events name, without a fact of its own, is not found here:
        see `named_campaigns`.
        """
        found = await self.remember(kind, id_keys, partial(self._load_states, kind))
        return {key: state for key, state in found.items() if state is not None}

    async def _load_states(self, kind: Kind, id_keys: Sequence[str]) -> Mapping[str, State | None]:
        found: dict[str, State | None] = dict.fromkeys(id_keys)
        for part in in_parts(id_keys):
            self._require_fresh()
            found |= await self._folded(kind, part)
        return found

    async def _folded(self, kind: Kind, id_keys: Sequence[str]) -> dict[str, State]:
        """Fold in MongoDB; here what is over 16 MiB with its whole history."""
        try:
            found = await self.aggregate(fold_pipeline(self.company, kind, id_keys, self.moment))
        except PoisonError:
            if len(id_keys) == 1:
                rows, key = await self.rows(kind, id_keys), id_keys[0]
                return {key: fold(kind, self.company, key, rows)} if rows else {}
            middle = len(id_keys) // 2
            parts = id_keys[:middle], id_keys[middle:]
            first, second = [await self._folded(kind, part) for part in parts]
            return first | second
        return {row["_id"]: state_of(kind, self.company, row) for row in found}

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
        return await self._recall.take(what, keys, load)

    async def stretch(
        self, what: str, of: str, part: str, load: Callable[[], Awaitable[Stretch]]
    ) -> Stretch:
        """Return a stretch of a list, read only once; `part` says which."""
        return await self._recall.stretch(what, of, part, load)

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
        return await self.remember(CAMPAIGN_OF, applications, load)

    async def applications_of(self, callbacks: Collection[str]) -> dict[str, str | None]:
        """Return the folded application of each callback, both as id keys; one covered read."""
        load = partial(self._load_last, "callback", "application")
        return await self.remember(APPLICATION_OF, callbacks, load)

    async def _load_last(
        self, kind: Kind, column: str, id_keys: Sequence[str]
    ) -> Mapping[str, str | None]:
        states: Mapping[str, State | None] = self._recall.known(kind)
        found = {
            key: None if (state := states.get(key)) is None else _id_key(state, f"{column}Id")
            for key in id_keys
        }
        unread = [key for key in id_keys if key not in states]
        for part in in_parts(unread):
            match = self.match(kind, {"idKey": {"$in": part}})
            for each in await self.aggregate(last_pipeline(match, column)):
                found[each["_id"]] = each.get(column)
        return found

    async def holders(self, keys: Collection[str], *kinds: Kind) -> Mapping[str, Held]:
        """Return for each link key the things that ever carried it; one covered read.

        Args:
            keys: The link keys.
            kinds: Either calls alone or applications and callbacks.
        """
        what = HOLDING_CALLS if kinds == ("call",) else HOLDING_APPLICATIONS
        return await self.remember(what, sorted(keys), partial(self._load_holders, kinds))

    async def _load_holders(self, kinds: Sequence[Kind], keys: Sequence[str]) -> Mapping[str, Held]:
        found: dict[str, set[tuple[Kind, str]]] = {key: set() for key in keys}
        for part in in_parts(keys):
            query = {"company": self.company, "key": {"$in": part}, "kind": {"$in": kinds}}
            pipeline: Pipeline = [
                {"$match": query | self._bounds()},
                {"$project": {"_id": 0, "key": 1, "kind": 1, "idKey": 1}},
            ]
            for row in await self._reads.aggregate(keys_of(self.moment.generation), pipeline):
                found[row["key"]].add((row["kind"], row["idKey"]))
        return {key: tuple(held) for key, held in found.items()}

    async def callbacks_naming(self, applications: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the callbacks that ever named each application; one read, with their states."""
        return await self.remember(CALLBACKS_NAMING, applications, self._load_naming)

    async def _load_naming(self, applications: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {application: [] for application in applications}
        states: dict[str, State] = {}
        for part in in_parts(applications):
            pipeline = naming_pipeline(self.facts, self.match("callback", {}), part)
            try:
                rows = await self.aggregate(pipeline)
            except PoisonError:  # one is too large with its history: each is folded by itself
                rows = await self.aggregate(pipeline[:-1])
            for row in rows:
                found[row["_id"]["application"]].append(row["_id"]["idKey"])
                for folded in row.get("folded", ()):
                    states[folded["_id"]] = state_of("callback", self.company, folded)
        await self._recall.keep("callback", states)
        return {application: tuple(sorted(keys)) for application, keys in found.items()}

    async def things_in(self, kind: Kind, scope: Document) -> list[str]:
        """Return the id keys, in order, of all things with a fact in `scope`; one covered read."""
        pipeline: Pipeline = [
            {"$match": self.match(kind, scope)},
            {"$group": {"_id": "$idKey"}},
            {"$sort": {"_id": 1}},
        ]
        return [str(found["_id"]) for found in await self.aggregate(pipeline)]

    async def campaign_keys(self) -> list[str]:
        """Return the id keys, in order, of all campaigns of the company (D15); one read."""
        return list((await self.stretch(CAMPAIGNS, "", "all", self._load_campaigns)).members)

    async def _load_campaigns(self) -> Stretch:
        pipelines: list[Pipeline] = [
            [{"$match": self.match(kind, {})}, {"$group": {"_id": "$campaign"}}]
            for kind in ("campaign", "application", "call")
        ]
        found = {each["_id"] for each in await self.union(pipelines)}
        return Stretch(dict.fromkeys(sorted(key for key in found if key is not None)))

    async def union(self, pipelines: Sequence[Pipeline]) -> list[Document]:
        """Return what all the pipelines make of the facts, in one read for a few hundred."""
        found = await asyncio.gather(*map(self.aggregate, pipelines))
        return [row for rows in found for row in rows]

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


async def _reach(
    cache: Cache | None, database: Database, company: str, moment: Moment
) -> Reach | None:
    return None if cache is None else await cache.reach(database, company, moment)


def _id_key(state: State, field: str) -> str | None:
    value = state.data.get(field)
    return None if value is None else id_key(value)
