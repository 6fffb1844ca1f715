"""Code that serializes scalars and enums exactly as graphql-core does, quickly where it can."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLNamedType,
    GraphQLString,
)
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from api.execution.fallback import PLAIN, admission_of_values, refuse

# When a value `{v}` is its own serialization.
_AS_IT_IS: dict[GraphQLNamedType, str] = {
    GraphQLString: "type({v}) is str",
    GraphQLID: "type({v}) is str",
    GraphQLBoolean: "type({v}) is bool",
    GraphQLInt: f"type({{v}}) is int and {GRAPHQL_MIN_INT} <= {{v}} <= {GRAPHQL_MAX_INT}",
    GraphQLFloat: "type({v}) is float and {v} - {v} == 0.0",  # not so for inf and nan
}


class Leaves:
    """Writes the lines that serialize leaves.

    Args:
        name_of: Gives an object a name in the code.
    """

    def __init__(self, name_of: Callable[[object], str]) -> None:
        self._name_of = name_of
        self._serializers: dict[GraphQLLeafType, str] = {}
        self._members: dict[GraphQLLeafType, tuple[str, str]] = {}

    def lines(self, leaf: GraphQLLeafType, v: str, *, nullable: bool) -> list[str]:
        """Return the lines that turn the variable `v` into its serialization.

        Args:
            leaf: The scalar or enum.
            v: The variable's name.
            nullable: Whether None stays None; else it is graphql-core's business.
        """
        if leaf in _AS_IT_IS:
            unless_null = f" and {v} is not None" if nullable else ""
            as_it_is = _AS_IT_IS[leaf].format(v=v)
            return [f"if not ({as_it_is}){unless_null}: {v} = {self._serializer(leaf)}({v})"]
        unless_null = f"if {v} is not None" if nullable else "if True"
        if not hasattr(leaf, "wrapped_cls"):
            return [f"{unless_null}:", *self._serializing(leaf, v)]
        words, names = self._enum(leaf)
        return [
            f"if type({v}) is {words}: {v} = {names}[{v}._name_]",
            f"el{unless_null}: {v} = {self._serializer(leaf)}({v})",
        ]

    def _serializing(self, leaf: GraphQLLeafType, v: str) -> list[str]:
        """Return the body of `serializer_of`, without the call."""
        admitted: set[type] = set()
        admit = self._name_of(admission_of_values(admitted))
        return [
            f"    if type({v}) not in {self._name_of(admitted)}: {admit}({v})",
            f"    {v} = {self._name_of(leaf.coerce_output_value)}({v})",
            f"    if type({v}) not in {self._name_of(PLAIN)}: {self._name_of(refuse)}({v})",
        ]

    def _serializer(self, leaf: GraphQLLeafType) -> str:
        if leaf not in self._serializers:
            self._serializers[leaf] = self._name_of(serializer_of(leaf))
        return self._serializers[leaf]

    def _enum(self, leaf: Any) -> tuple[str, str]:  # noqa: ANN401 - strawberry's own subclass
        """Return the names of an enum's class, and of its GraphQL names by the Python ones."""
        if leaf not in self._members:
            names = {member.name: leaf.coerce_output_value(member) for member in leaf.wrapped_cls}
            self._members[leaf] = self._name_of(leaf.wrapped_cls), self._name_of(names)
        return self._members[leaf]


def serializer_of(leaf: GraphQLLeafType) -> Callable[[Any], Any]:
    """Return what serializes any value but null, or leaves it to graphql-core."""
    admitted: set[type] = set()
    admit = admission_of_values(admitted)
    coerce = leaf.coerce_output_value

    def serialize(value: Any) -> Any:  # noqa: ANN401 - any leaf
        if type(value) not in admitted:
            admit(value)
        coerced = coerce(value)
        if type(coerced) not in PLAIN:
            refuse(coerced)
        return coerced

    return serialize
