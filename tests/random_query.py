"""Random operations on any schema: aliases, fragments, conditions, arguments."""

import random
import zlib
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

Composite = GraphQLObjectType | GraphQLInterfaceType

BOOLEANS = ("yes", "no", "maybe")

_LITERALS = {
    "Int": ("0", "3"),
    "Float": ("1.5",),
    "String": ('"x"',),
    "ID": ('"a1"', "7"),
    "Boolean": ("true", "false"),
    "DateTime": ('"2026-01-05T12:00:00Z"',),
    "Position": ("4",),
    "JSON": ("1",),
}


class QueryWriter:
    """Writes operations that are mostly valid; validation tells.

    Args:
        schema: What is asked.
        dice: Decides.
        depth: How many levels there are below the root at most.
    """

    def __init__(self, schema: GraphQLSchema, dice: random.Random, depth: int = 4) -> None:
        self._schema = schema
        self._dice = dice
        self._depth = depth
        self._used: dict[str, str] = {}
        self._fragments: dict[int, tuple[str, str]] = {}

    def write(self) -> str:
        """Return the text of a query, with the fragments and variables that it uses."""
        self._used, self._fragments = {}, {}
        body = self._selection(self._composite("Query"), self._depth, 0)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._used.items())
        head = f"query Q({declared}) " if declared else ""
        return "\n".join([head + body, *(text for _, text in self._fragments.values())])

    def variables(self) -> dict[str, Any]:
        """Return values for the variables of what was written last."""
        given: dict[str, Any] = {name: self._dice.random() < 0.5 for name in BOOLEANS}
        return {**given, **self._dice.choice([{}, {"number": None}, {"number": 3}])}

    def _selection(self, type_: Composite, depth: int, level: int) -> str:
        parts = [self._part(type_, depth, level) for _ in range(self._dice.randint(1, 6))]
        return "{ " + " ".join(parts) + " }"

    def _part(self, type_: Composite, depth: int, level: int) -> str:
        chance = self._dice.random()
        if chance < 0.12:
            return f"{self._spread(type_, depth, level)}"
        if chance < 0.22 and depth:
            condition = self._dice.choice(["", f" on {self._related(type_)}"])
            inner = self._composite(condition[4:]) if condition else type_
            return f"...{condition}{self._directive()} {self._selection(inner, depth - 1, level)}"
        return self._field(type_, depth, level)

    def _spread(self, type_: Composite, depth: int, level: int) -> str:
        """Spread a fragment; each level has its own, so that they never go round."""
        number = level * 3 + self._dice.randrange(3)
        if number not in self._fragments and depth:
            on = self._related(type_)
            self._fragments[number] = (on.name, "")
            text = self._selection(on, min(depth - 1, 2), level + 1)
            self._fragments[number] = (on.name, f"fragment f{number} on {on} {text}")
        if number in self._fragments and self._overlaps(type_, self._fragments[number][0]):
            return f"...f{number}{self._directive()}"
        return "__typename"

    def _composite(self, name: str) -> Composite:
        type_ = self._schema.type_map[name]
        assert isinstance(type_, Composite)
        return type_

    def _overlaps(self, type_: Composite, name: str) -> bool:
        return type_.name == name or self._schema.type_map[name] in self._relatives(type_)

    def _related(self, type_: Composite) -> Composite:
        return self._dice.choice([type_, *self._relatives(type_)])

    def _relatives(self, type_: Composite) -> list[Composite]:
        if isinstance(type_, GraphQLObjectType):
            return list(type_.interfaces)
        return list(self._schema.get_possible_types(type_))

    def _field(self, type_: Composite, depth: int, level: int) -> str:
        names = [
            name
            for name, field in type_.fields.items()
            if depth or not is_composite_type(get_named_type(field.type))
        ]
        if not names or self._dice.random() < 0.05:
            return f"{self._dice.choice(['', 't: '])}__typename"
        name = self._dice.choice(names)
        field = type_.fields[name]
        named = get_named_type(field.type)
        below = ""
        if isinstance(named, Composite):
            below = " " + self._selection(named, depth - 1, level)
        arguments = self._arguments(field)
        # One alias for one meaning, so that equal keys can be merged.
        meaning = zlib.crc32(f"{type_}.{name}{arguments}".encode())
        alias = f"a{meaning % 1000}: " if arguments or self._dice.random() < 0.3 else ""
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _arguments(self, field: GraphQLField) -> str:
        given = [
            f"{name}: {self._value(argument.type)}"
            for name, argument in field.args.items()
            if is_required_argument(argument) or self._dice.random() < 0.2
        ]
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: GraphQLInputType) -> str:
        bare: Any = type_.of_type if is_non_null_type(type_) else type_
        if is_list_type(bare):
            return f"[{self._value(bare.of_type)}]"
        if is_enum_type(bare):
            return str(self._dice.choice(list(bare.values)))
        if is_input_object_type(bare):
            inner = (f"{name}: {self._value(each.type)}" for name, each in bare.fields.items())
            return "{" + ", ".join(inner) + "}"
        if bare.name == "Int" and self._dice.random() < 0.5:
            return self._variable("number", "Int")
        return self._dice.choice(_LITERALS[bare.name])

    def _directive(self) -> str:
        if self._dice.random() > 0.12:
            return ""
        name = self._dice.choice([*BOOLEANS, "true", "false"])
        condition = self._variable(name, "Boolean!") if name in BOOLEANS else name
        return f" @{self._dice.choice(['skip', 'include'])}(if: {condition})"

    def _variable(self, name: str, type_: str) -> str:
        self._used[name] = type_
        return f"${name}"
