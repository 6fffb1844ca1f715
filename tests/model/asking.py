"""Ask the graph at random, and hold what it answers against the model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from model.compare import differences
from model.contract import TYPES, Answer
from model.dates import moment, rfc3339
from model.event import Event
from model.selection import Argument, Chooser, Field, Query, answer, described, listed
from model.spelling import COMPANIES, IDS, Speller
from model.thing import Thing
from model.view import View

Execute = Callable[[str, Mapping[str, object]], Awaitable[dict[str, Any]]]
"""Runs a query with variables; returns its data, or raises for errors."""

_ROOTS: Final = {
    "Campaign": ("campaign", "campaignId"),
    "Application": ("application", "applicationId"),
    "Call": ("call", "statisticId"),
    "Callback": ("callback", "callbackId"),
}
_ROOT_LISTS: Final = {"campaigns": "Campaign", "callbacks": "Callback", "events": "Event"}


class Asking:
    """Random questions about a log.

    Args:
        log: The model's log.
        execute: Asks the graph.
        seed: Of the questions.
        now: What `state` means where no moment is asked about, in milliseconds.
    """

    def __init__(self, log: Sequence[Event], execute: Execute, seed: int, now: int) -> None:
        self.log = log
        self.execute = execute
        self.random = Random(seed)
        speller = Speller(self.random)
        self.choose = Chooser(self.random, lambda: rfc3339(speller.moment()))
        self.now = now

    async def question(self) -> list[str]:
        """Ask about several things of one company at one moment; return the differences."""
        company, when = self.random.choice(COMPANIES), self._when()
        view = self._view(company, when)
        asked = {f"r{index}": self._root(view) for index in range(self.random.choice((1, 3)))}
        given = (Argument("companyId", "ID", company), *when)
        query = Query()
        text = query.text([self._with(key, root, given) for key, (root, _) in asked.items()])
        data = await self.execute(text, query.variables)
        found = list(differences({key: wanted() for key, (_, wanted) in asked.items()}, data))
        about = f"{company} {described(when)}"
        shown = [f"{key}: {described([root])}" for key, (root, _) in asked.items()]
        return [about, *shown, *found] if found else []

    async def identity(self) -> list[str]:
        """Ask for things by their global ids; return the differences."""
        company = self.random.choice(COMPANIES)
        view = self._view(company, ())
        things = [*view.campaigns.values(), *view.applications.values(), *view.calls.values()]
        asked = self.random.sample([*things, *view.callbacks.values()], min(3, len(things)))
        ids = [await self._global_id(one) for one in asked]
        told = Field("nodes", "nodes", (Argument("ids", "[ID!]!", [*ids, "bm9uZQ"]),), _ITSELF)
        query = Query()
        data = await self.execute(query.text([told]), query.variables)
        wanted = [{"name": type(one).__name__, **_named(one)} for one in asked]
        return [*differences([*wanted, None], data["nodes"], f"{company} nodes")]

    async def _global_id(self, one: Thing) -> str:
        name, key = _ROOTS[type(one).__name__]
        given = (Argument(key, "ID!", one.thing_id), Argument("companyId", "ID", one.company_id))
        query = Query()
        text = query.text([Field(name, "one", given, (Field("id", "id"),))])
        return str((await self.execute(text, query.variables))["one"]["id"])

    def _when(self) -> tuple[Argument, ...]:
        """Return a random moment (D21): now, `asOf`, `atPosition`, or both."""
        given = []
        if self.random.random() < 0.5:
            given.append(Argument("asOf", "DateTime", self._occurrence()))
        if self.random.random() < 0.5:
            given.append(Argument("atPosition", "Position", self.random.randint(0, len(self.log))))
        return tuple(given)

    def _occurrence(self) -> str:
        """Return the moment of an event, or one just before or after it."""
        at = self.random.choice(self.log).occurred_at if self.log else self.now
        return rfc3339(at + self.random.choice((-1, 0, 0, 1, 600_000)))

    def _view(self, company: str, when: Sequence[Argument]) -> View:
        given = {argument.name: argument.value for argument in when}
        as_of = moment(given["asOf"]) if "asOf" in given else None
        return View(
            self.log, company, as_of=as_of, at_position=given.get("atPosition"), now=self.now
        )

    def _root(self, view: View) -> tuple[Field, Callable[[], Any]]:
        dice = self.random.random()
        if dice < 0.3:
            return self._root_list(view)
        type_name, (name, key) = self.random.choice(sorted(_ROOTS.items()))
        thing = self.random.choice((*IDS, *IDS, "nobody"))
        below = self.choose.fields(type_name, self.random.choice((1, 2, 2)))
        things: Mapping[str, object] = getattr(view, f"{name}s")
        field = Field(name, name, (Argument(key, "ID!", thing),), below)
        return field, lambda: answer(things[thing], below) if thing in things else None

    def _root_list(self, view: View) -> tuple[Field, Callable[[], Any]]:
        name, type_name = self.random.choice(sorted(_ROOT_LISTS.items()))
        view = self._view(view.company, ()) if type_name == "Event" else view
        below = self.choose.fields(type_name, self.random.choice((0, 1, 1)))
        conditions = self.choose.conditions(type_name, is_root=True)
        field = Field(name, name, (*conditions, self.choose.page()), below, is_connection=True)
        return field, lambda: answer(view, [field])[name]

    def _with(self, key: str, root: Field, given: tuple[Argument, ...]) -> Field:
        if root.name == "events":
            given = given[:1]
        return Field(root.name, key, (*root.arguments, *given), root.below, root.is_connection)

    async def walk(self) -> list[str]:
        """Walk all the pages of a list; return the differences."""
        company, when = self.random.choice(COMPANIES), self._when()
        view = self._view(company, when)
        owners: list[object] = [view]
        owners += [*view.campaigns.values(), *view.applications.values(), *view.calls.values()]
        owner = self.random.choice(owners)
        field = self._walked(owner)
        wanted = [answer(item, field.below) for item in listed(owner, field)]
        given: tuple[Argument, ...] = (Argument("companyId", "ID", company), *when)
        if field.name == "events" and isinstance(owner, View):
            given = given[:1]
            wanted = [answer(item, field.below) for item in listed(self._view(company, ()), field)]
        size = self.random.choice((1, 2, 3, 7))
        forward, backward = [
            await self._pages(owner, field, given, ends, size) for ends in (_FORWARD, _BACKWARD)
        ]
        where = f"{company} {described(when)} {_owner(owner)} {described([field])} by {size}"
        found = [
            *differences(wanted, forward, "forward"),
            *differences(wanted, backward, "backward"),
        ]
        return [where, *found] if found else []

    def _walked(self, owner: object) -> Field:
        is_root = isinstance(owner, View)
        lists = _ROOT_LISTS if is_root else TYPES[type(owner).__name__].connections
        name, type_name = self.random.choice(sorted(lists.items()))
        return Field(
            name,
            name,
            self.choose.conditions(type_name, is_root=is_root),
            self.choose.fields(type_name, 0),
            is_connection=True,
        )

    async def _pages(
        self,
        owner: object,
        field: Field,
        given: tuple[Argument, ...],
        ends: tuple[str, str, str, str],
        size: int,
    ) -> list[Any]:
        count, beside, has_more, next_cursor = ends
        items: list[Any] = []
        cursor = None
        while True:
            page = (Argument(count, "Int", size), Argument(beside, "String", cursor))
            shown = Field(field.name, "page", (*field.arguments, *page), field.below, True)  # noqa: FBT003
            found = await self._page(owner, shown, given)
            items = items + found["nodes"] if count == "first" else found["nodes"] + items
            cursor = found["pageInfo"][next_cursor]
            if not found["pageInfo"][has_more]:
                return items

    async def _page(self, owner: object, field: Field, given: tuple[Argument, ...]) -> Answer:
        query = Query()
        if isinstance(owner, View):
            root = Field(field.name, "page", (*field.arguments, *given), field.below, True)  # noqa: FBT003
            return (await self.execute(query.text([root]), query.variables))["page"]
        name, key = _ROOTS[type(owner).__name__]
        itself = Argument(key, "ID!", owner.thing_id)  # type: ignore[attr-defined]
        root = Field(name, "owner", (itself, *given), (field,))
        return (await self.execute(query.text([root]), query.variables))["owner"]["page"]


_ITSELF: Final = (
    Field("__typename", "name"),
    *(
        Field(f"... on {type_name}", "", below=(Field(key, key), Field("companyId", "companyId")))
        for type_name, (_, key) in _ROOTS.items()
    ),
)
_FORWARD: Final = ("first", "after", "hasNextPage", "endCursor")
_BACKWARD: Final = ("last", "before", "hasPreviousPage", "startCursor")


def _named(one: Thing) -> dict[str, str]:
    return {_ROOTS[type(one).__name__][1]: one.thing_id, "companyId": one.company_id}


def _owner(owner: object) -> str:
    return f"{type(owner).__name__} {getattr(owner, 'thing_id', '')}"


async def rounds(asking: Asking, count: int) -> list[str]:
    """Ask many questions; return the differences of the first that differs."""
    for _ in range(count):
        for ask in (asking.question, asking.question, asking.walk, asking.identity):
            if found := await ask():
                return found
    return []
