"""Random queries over the whole contract, and what the model answers to them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

from model.callback import Callback
from model.conditions import FILTERS, ORDERS
from model.contract import TYPES, Answer, snake
from model.dates import moment
from model.pairs import Pair
from model.view import View

Moments = Callable[[], str]
PAGE: Final = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


@dataclass(frozen=True)
class Argument:
    """An argument, given as a variable of a GraphQL type."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True)
class Field:
    """A field selected, with what is selected below it."""

    name: str
    key: str
    arguments: tuple[Argument, ...] = ()
    below: tuple["Field", ...] = ()
    is_connection: bool = False


@dataclass
class Query:
    """The text of a query and its variables, built field by field."""

    variables: dict[str, object] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    numbers: Iterable[int] = field(default_factory=count)

    def text(self, fields: Iterable[Field]) -> str:
        body = self._fields(fields)
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        return f"query {declared} {{ {body} }}"

    def _fields(self, fields: Iterable[Field]) -> str:
        return " ".join(self._field(one) for one in fields)

    def _field(self, one: Field) -> str:
        given = ", ".join(
            f"{argument.name}: {self._variable(argument)}" for argument in one.arguments
        )
        below = self._fields(one.below)
        if one.is_connection:
            below = f"totalCount nodes {{ {below} }} {PAGE}"
        key = f"{one.key}: " if one.key else ""
        return f"{key}{one.name}{given and f'({given})'}{below and f' {{ {below} }}'}"

    def _variable(self, argument: Argument) -> str:
        name = f"$v{next(iter(self.numbers))}"
        self.declared.append(f"{name}: {argument.type}")
        self.variables[name[1:]] = argument.value
        return name


class Chooser:
    """Draws selections: all plain fields, some edges, lists with some filter and order."""

    def __init__(self, random: Random, moments: Moments) -> None:
        self.random = random
        self.moments = moments

    def fields(self, type_name: str, depth: int) -> tuple[Field, ...]:
        """Return a selection on a type."""
        kind = TYPES[type_name]
        chosen = [Field(name, name) for name in kind.plain]
        chosen += [
            Field(name, name, below=self.fields(below, 0)) for name, below in kind.parts.items()
        ]
        if "state" in kind.with_moment:
            at = Argument("at", "DateTime", self.moments())
            chosen += [Field("state", "state"), Field("state", "stateAt", (at,))]
        if depth:
            chosen += self._edges(kind.edges, depth) + self._connections(kind.connections, depth)
        return tuple(chosen)

    def _edges(self, edges: Mapping[str, str], depth: int) -> list[Field]:
        return [
            Field(name, name, below=self.fields(below, depth - 1))
            for name, below in edges.items()
            if self.random.random() < 0.7
        ]

    def _connections(self, connections: Mapping[str, str], depth: int) -> list[Field]:
        return [
            Field(
                name,
                name,
                (*self.conditions(below), self.page()),
                self.fields(below, depth - 1),
                is_connection=True,
            )
            for name, below in connections.items()
            if self.random.random() < 0.6
        ]

    def conditions(self, type_name: str, *, is_root: bool = False) -> tuple[Argument, ...]:
        """Return a filter and an order, or neither."""
        given = []
        if (
            type_name in FILTERS
            and (type_name != "Event" or is_root)
            and self.random.random() < 0.6
        ):
            where = FILTERS[type_name](self.random, self.moments)
            given.append(Argument("filter", f"{type_name}Filter", where))
        if type_name in ORDERS and self.random.random() < 0.6:
            order = {"field": self.random.choice(ORDERS[type_name])}
            if self.random.random() < 0.7:
                order["direction"] = self.random.choice(("ASC", "DESC"))
            given.append(Argument("orderBy", f"{type_name}Order", order))
        return tuple(given)

    def page(self) -> Argument:
        return Argument(
            self.random.choice(("first", "last")), "Int", self.random.choice((1, 2, 3, 50))
        )


def answer(source: object, fields: Iterable[Field]) -> Answer:
    """Return what the model answers to a selection on one of its objects."""
    return {one.key: _field(source, one) for one in fields}


def listed(source: object, one: Field) -> list[Any]:
    """Return all that a connection holds, whatever the page."""
    given = {argument.name: argument.value for argument in one.arguments}
    conditions = given.get("filter"), given.get("orderBy")
    if isinstance(source, View):
        return source.list(one.name, *conditions)
    found = getattr(source, snake(one.name))
    return list(found(*conditions)) if callable(found) else list(found)


def _field(source: object, one: Field) -> Answer:
    if one.is_connection:
        return _connection(listed(source, one), one)
    if one.name == "state" and isinstance(source, Callback):
        return _state(source, one)
    found = getattr(source, snake(one.name))
    if one.name == "clientSyncIds":
        return [_pair(pair) for pair in found]
    if isinstance(found, list):
        return [answer(item, one.below) for item in found]
    return answer(found, one.below) if one.below and found is not None else found


def _connection(items: list[Any], one: Field) -> Answer:
    size: dict[str, Any] = {argument.name: argument.value for argument in one.arguments}
    first, last = size.get("first"), size.get("last")
    shown = items[:first] if first is not None else items[-(last or 0) :]
    return {
        "totalCount": len(items),
        "nodes": [answer(item, one.below) for item in shown],
        "pageInfo": {
            "hasNextPage": first is not None and len(shown) < len(items),
            "hasPreviousPage": last is not None and len(shown) < len(items),
        },
    }


def _pair(pair: Pair) -> Answer:
    return {"field": pair[0], "value": pair[1]}


def _state(source: Callback, one: Field) -> str:
    at = [moment(str(argument.value)) for argument in one.arguments]
    return source.state_at(*at)


def described(asked: Sequence[Field | Argument]) -> str:
    """Return what was asked, in short: arguments, and the fields that have some below."""
    shown = []
    for one in asked:
        if isinstance(one, Argument):
            shown.append(f"{one.name}={one.value!r}")
        elif one.arguments or one.below:
            below = described(one.below)
            shown.append(f"{one.key}({described(one.arguments)})" + f"{{{below}}}" * bool(below))
    return " ".join(shown)
