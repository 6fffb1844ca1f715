"""Queries made at random from the schema: valid, some levels deep, with arguments from a log."""

from collections.abc import Mapping, Sequence
from itertools import count
from random import Random

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

Shown = GraphQLObjectType | GraphQLInterfaceType

# What changes from one execution to the next, or reads the whole log.
_LEFT_OUT = {"log", "quarantine", "receivedAt"}
_LITERALS = {
    "Int": ("0", "501", *("1", "2", "3", "4") * 20),
    "Boolean": ("true", "false", "null"),
    "DateTime": ('"2026-01-05T10:00:00Z"', '"2026-01-05T15:30:00Z"', '"2026-01-06T00:00:00Z"'),
    "Position": ("0", "100", "250"),
}
# How often an optional argument is given; many a cursor is of another list.
_RARE = 0.02
_SHARES = {"first": 0.7, "last": _RARE, "after": _RARE, "before": _RARE, "fields": _RARE}


class QueryDice:
    """Makes one query from a seed.

    Args:
        schema: What it asks.
        pool: Values for arguments by their names, each a literal.
        seed: Another one makes another query.
    """

    def __init__(self, schema: GraphQLSchema, pool: Mapping[str, Sequence[str]], seed: int) -> None:
        self._schema = schema
        self._pool = pool
        self._random = Random(seed)
        self._names = count()
        self._fragments: list[str] = []

    def text(self, depth: int = 4) -> str:
        """Return the query, so many levels of objects deep."""
        query = self._schema.query_type
        assert query is not None
        asked = " ".join(self._fields(query, depth))
        return "\n".join([f"{{ {asked} }}", *self._fragments])

    def _selection(self, shown: Shown, depth: int) -> str:
        parts = [*self._fields(shown, depth), *self._own(shown, depth)]
        if self._random.random() < 0.4:
            parts.append(self._fragment(shown, depth))
        parts += [
            self._fragment(interface, depth)
            for interface in shown.interfaces
            if self._random.random() < 0.3
        ]
        return f"{{ __typename {' '.join(parts)} }}"

    def _own(self, shown: Shown, depth: int) -> list[str]:
        """Ask for what the types that implement an interface have of their own."""
        if isinstance(shown, GraphQLObjectType):
            return []
        types = self._schema.get_implementations(shown).objects
        return [self._fragment(each, depth) for each in types]

    def _fragment(self, shown: Shown, depth: int) -> str:
        body = f"{{ __typename {' '.join(self._fields(shown, depth))} }}"
        kind = self._random.choice(["inline", "named", "named twice", "skipped"])
        if kind == "inline":
            return f"... on {shown.name} {body}"
        if kind == "skipped":
            return f"... on {shown.name} @skip(if: {self._random.choice(['true', 'false'])}) {body}"
        name = f"F{next(self._names)}"
        self._fragments.append(f"fragment {name} on {shown.name} {body}")
        return f"...{name} ...{name}" if kind == "named twice" else f"...{name}"

    def _fields(self, shown: Shown, depth: int) -> list[str]:
        known = [
            (name, each)
            for name, each in shown.fields.items()
            if name not in _LEFT_OUT and (depth > 0 or is_leaf_type(get_named_type(each.type)))
        ]
        size = min(len(known), self._random.randint(1, 4))
        return [self._field(*each, depth) for each in self._random.sample(known, k=size)]

    def _field(self, name: str, asked: GraphQLField, depth: int) -> str:
        shown, below = get_named_type(asked.type), ""
        if isinstance(shown, Shown):
            level = 0 if shown.name.endswith(("Connection", "Edge")) else 1
            below = self._selection(shown, depth - level)
        # A name of its own, so that no two fields of one object are in each other's way.
        return f"f{next(self._names)}: {name}{self._arguments(asked.args)} {below}"

    def _arguments(self, known: Mapping[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self._value(name, each.type)}"
            for name, each in known.items()
            if is_non_null_type(each.type) or self._random.random() < _SHARES.get(name, 0.2)
        ]
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, wanted: GraphQLType) -> str:
        if is_non_null_type(wanted):
            return self._value(name, wanted.of_type)
        if is_list_type(wanted):
            size = self._random.randint(0, 3)
            return f"[{', '.join(self._value(name, wanted.of_type) for _ in range(size))}]"
        if isinstance(wanted, GraphQLInputObjectType):
            return self._input(wanted)
        if isinstance(wanted, GraphQLEnumType):
            return str(self._random.choice(list(wanted.values)))
        by_type = _LITERALS.get(get_named_type(wanted).name, ('"x"', '""', '"7"'))
        return self._random.choice(self._pool.get(name, by_type))

    def _input(self, wanted: GraphQLInputObjectType) -> str:
        given = [
            f"{name}: {self._value(name, each.type)}"
            for name, each in wanted.fields.items()
            if is_non_null_type(each.type) or self._random.random() < 0.3
        ]
        return f"{{{', '.join(given)}}}"
