"""A stretch of the log, read in order of the facts, for whoever looks for changes in it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from store.changes import Folding
from store.collections import EVENTS, Document, facts_of
from store.driver import Database
from store.facts import Kind
from store.log import Head
from store.moment import Moment, fact_number, position_of
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
    """

    view: View
    after: int
    rows: list[Document]

    @property
    def before(self) -> View:
        """The company as of the position before the window's first."""
        moment = Moment(self.after, None, self.view.moment.generation)
        return View(self.view.database, self.view.company, moment)

    def of(self, kind: Kind) -> list[Document]:
        """Return the facts of one kind."""
        return [row for row in self.rows if row["kind"] == kind]

    async def foldings(self, kind: Kind, id_keys: Iterable[str]) -> Mapping[str, Folding]:
        """Return the folds of some things as they stood before the window; one read."""
        view, keys = self.view, sorted(set(id_keys))
        found = {key: Folding(kind, view.company, key) for key in keys}
        if keys:
            match = view.match(kind, {"idKey": {"$in": keys}})
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
    """The facts of several companies between two positions, by company."""

    database: Database
    generation: int
    after: int
    until: int
    rows: Mapping[str, list[Document]]

    def window(self, company: str, kinds: Collection[Kind]) -> Window:
        """Return one company's part."""
        moment = Moment(self.until, None, self.generation)
        rows = [row for row in self.rows.get(company, ()) if row["kind"] in kinds]
        return Window(View(self.database, company, moment), self.after, rows)


async def read_stretch(
    database: Database,
    head: Head,
    *,
    after: int,
    companies: Collection[str],
    kinds: Collection[Kind],
) -> Stretch:
    """Read on from a position, towards the head as far as one read goes; at least one event."""
    until = min(after + MAX_POSITIONS, head.position)
    if not kinds:
        return Stretch(database, head.generation, after, until, {})
    query = {
        "_id": {"$gte": fact_number(after + 1, 0), "$lt": fact_number(until + 1, 0)},
        "company": {"$in": sorted(companies)},
        "kind": {"$in": sorted(kinds)},
    }
    rows = await database.find(facts_of(head.generation), query, sort=[("_id", 1)], limit=MAX_FACTS)
    if len(rows) == MAX_FACTS:
        until = position_of(rows[-1]["_id"]) - 1
        rows = [row for row in rows if position_of(row["_id"]) <= until]
    return Stretch(database, head.generation, after, until, _by_company(rows))


def _by_company(rows: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for row in rows:
        found[row["company"]].append(row)
    return found
