"""A stretch of the log, read in order of the facts, for whoever looks for changes in it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from store.changes import Folding
from store.collections import EVENTS, Document, facts_of
from store.driver import Database
from store.facts import Kind
from store.foldings import Foldings, Span
from store.head import Head
from store.moment import Moment, fact_number, numbers_between, position_of
from store.parts import in_parts
from store.view import View

MAX_POSITIONS = 1_000
MAX_FACTS = 20_000  # more than any one event forms
_LARGE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Window:
    """The facts of one company between two positions.

    Attributes:
        view: The company as of the window's last position.
        after: The position before the window's first.
        rows: The facts in the window, in the order of the log; of the kinds that were asked for.
        known: Folds that need not be read, if the window is gone through with them.
    """

    view: View
    after: int
    rows: list[Document]
    known: Foldings = field(default_factory=Foldings)

    @property
    def span(self) -> Span:
        """The positions in it."""
        moment = self.view.moment
        return Span(moment.generation, self.after, moment.position, moment.redactions)

    @property
    def before(self) -> View:
        """The company as of the position before the window's first."""
        moment = Moment(self.after, None, self.view.moment.generation)
        return View(self.view.database, self.view.company, moment)

    def of(self, kind: Kind) -> list[Document]:
        """Return the facts of one kind."""
        return [row for row in self.rows if row["kind"] == kind]

    async def foldings(self, kind: Kind, id_keys: Iterable[str]) -> Mapping[str, Folding]:
        """Return the folds of some things as they stood before the window; one read, as a rule.

        All that the window says of them must be folded in.
        """
        return await self.known.of(sorted(set(id_keys)), partial(self._read_foldings, kind))

    async def _read_foldings(self, kind: Kind, keys: Collection[str]) -> Mapping[str, Folding]:
        view = self.view
        found = {key: Folding(kind, view.company, key) for key in keys}
        for part in in_parts(keys):
            match = view.match(kind, {"idKey": {"$in": part}})
            match["_id"] = {"$lt": fact_number(self.after + 1, 0)}
            for row in await view.database.find(view.facts, match):
                found[row["idKey"]].add(row)
        return found

    async def events(self) -> list[Document]:
        """Return the company's events in the window, large ones without `raw`; one read."""
        is_small = {"$lte": [{"$binarySize": "$raw"}, _LARGE_BYTES]}
        between = {"$gt": self.after, "$lte": self.view.moment.position}
        return await self.view.database.aggregate(
            EVENTS,
            [
                {"$match": {"company": self.view.company, "_id": between}},
                {"$sort": {"_id": 1}},
                {"$unset": "body"},
                {"$set": {"raw": {"$cond": [is_small, "$raw", "$$REMOVE"]}}},
            ],
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """The facts of several companies between two positions, by company; see `Head.redactions`."""

    database: Database
    generation: int
    after: int
    until: int
    rows: Mapping[str, list[Document]]
    redactions: int = 0

    def window(
        self, company: str, kinds: Collection[Kind], known: Foldings | None = None
    ) -> Window:
        """Return one company's part."""
        moment = Moment(self.until, None, self.generation, self.redactions)
        rows = [row for row in self.rows.get(company, ()) if row["kind"] in kinds]
        return Window(View(self.database, company, moment), self.after, rows, known or Foldings())


@dataclass(frozen=True, slots=True)
class Asked:
    """Which facts are read."""

    companies: frozenset[str]
    kinds: frozenset[Kind]


async def read_stretch(database: Database, head: Head, after: int, asked: Asked) -> Stretch:
    """Read on from a position, towards the head as far as one read goes; at least one event."""
    until = min(after + MAX_POSITIONS, head.position)
    if not asked.kinds:
        return Stretch(database, head.generation, after, until, {})
    rows = await _rows(database, head.generation, after, until, asked)
    if len(rows) == MAX_FACTS:
        return _cut(database, head.generation, after, rows)
    return Stretch(database, head.generation, after, until, _by_company(rows))


async def read_ahead(
    database: Database, generation: int, after: int, asked: Asked
) -> Stretch | None:
    """Read on from a position to the last of the facts, as far as one read goes.

    It does not ask where the log ends: batches become visible whole and in order, so nothing is
    missing before a fact that is seen. None where there is no such fact.
    """
    rows = await _rows(database, generation, after, after + MAX_POSITIONS, asked)
    if len(rows) == MAX_FACTS:
        return _cut(database, generation, after, rows)
    if not rows:
        return None
    return Stretch(database, generation, after, position_of(rows[-1]["_id"]), _by_company(rows))


async def _rows(
    database: Database, generation: int, after: int, until: int, asked: Asked
) -> list[Document]:
    query = {
        "_id": numbers_between(after, until),
        "company": {"$in": sorted(asked.companies)},
        "kind": {"$in": sorted(asked.kinds)},
    }
    # In one walk: what is missing before a fact that is seen would be passed over for good.
    walk = [("_id", 1)]
    return await database.find(facts_of(generation), query, sort=walk, hint=walk, limit=MAX_FACTS)


def _cut(database: Database, generation: int, after: int, rows: Iterable[Document]) -> Stretch:
    """Leave out the last event, of which there may be more facts."""
    found = list(rows)
    until = position_of(found[-1]["_id"]) - 1
    whole = [row for row in found if position_of(row["_id"]) <= until]
    return Stretch(database, generation, after, until, _by_company(whole))


def _by_company(rows: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        found[row["company"]].append(row)
    return found
