"""What compiled functions do not handle: graphql-core does it anew, from the start."""

from collections.abc import Callable
from types import GeneratorType, WrapperDescriptorType
from typing import Any

from graphql import GraphQLObjectType
from graphql.pyutils import Undefined, is_awaitable
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

Admit = Callable[[Any], None]

# What serializers return as a rule; nothing of it is null or awaitable.
PLAIN = frozenset({str, int, float, bool, dict, list})


class FallbackError(Exception):
    """The value, or what is asked of it, is graphql-core's business."""


def refuse(value: object) -> None:
    """Pass a value that is no null, error or awaitable.

    Raises:
        FallbackError: It is one.
    """
    if value is None or value is Undefined or isinstance(value, Exception) or is_awaitable(value):
        raise FallbackError


def items_of(value: object) -> object:
    """Return the sequence that a list field's value is; any other iterable could be used up.

    Raises:
        FallbackError: It is none.
    """
    if type(value) is not tuple:
        raise FallbackError
    return value


def admission_of_values(admitted: set[type]) -> Admit:
    """Return what decides whether a leaf's value may be serialized: once for each class.

    Args:
        admitted: The classes that passed.
    """

    def admit(value: object) -> None:
        refuse(value)
        if not _is_transparent(type(value)):
            raise FallbackError
        admitted.add(type(value))

    return admit


def admission_of_objects(graphql_type: GraphQLObjectType, admitted: set[type]) -> Admit:
    """Return what decides whether an object is one of a type: once for each class.

    Args:
        graphql_type: Of the schema.
        admitted: The classes that passed.
    """
    is_type_of: Any = graphql_type.is_type_of

    def admit(value: object) -> None:
        refuse(value)
        is_ours = hasattr(type(value), "__strawberry_definition__")
        if not is_ours or not _is_transparent(type(value)) or hasattr(value, TYPE_CAST_ATTRIBUTE):
            raise FallbackError
        if is_type_of is not None and not is_type_of(value, None):
            raise FallbackError
        admitted.add(type(value))

    return admit


def _is_transparent(cls: type) -> bool:
    """Say whether what holds for one instance of a class holds for all."""
    return isinstance(cls.__getattribute__, WrapperDescriptorType) and not (
        hasattr(cls, "__getattr__") or issubclass(cls, GeneratorType)
    )
