"""How the value of a field is got from its object, where that takes no resolver of graphql-core."""

from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any, TypeVar

from graphql import FieldNode, GraphQLField
from strawberry.types.field import StrawberryField

from api.execution.fallback import FallbackError
from api.lookahead import is_batched, place

Resolver = TypeVar("Resolver", bound=Callable[..., Any])

_pure: set[Callable[..., Any]] = set()


def pure(resolver: Resolver) -> Resolver:
    """Declare that a resolver computes its value from its object alone, and may run again."""
    _pure.add(resolver)
    return resolver


def reading_of(
    type_name: str,
    field: GraphQLField,
    nodes: Sequence[FieldNode],
    name_of: Callable[[object], str],
) -> str:
    """Return the Python expression that reads a field of the object `o`.

    Args:
        type_name: The type of the object.
        field: Of that type.
        nodes: Where the field stands in the document.
        name_of: Gives an object a name in the code.

    Raises:
        FallbackError: There is none.
    """
    definition = field.extensions.get("strawberry-definition")
    if type(definition) is not StrawberryField or definition.extensions:
        raise FallbackError
    resolver: Any = definition.base_resolver
    if resolver is None:
        return f"o.{_attribute(definition)}"
    if is_batched(type_name, nodes[0].name.value):
        return f"o.results[{place(nodes)!r}]"
    if resolver.wrapped_func in _pure:
        return f"{name_of(resolver.wrapped_func)}(o)"
    raise FallbackError


def _attribute(definition: StrawberryField) -> str:
    name = definition.python_name
    if definition.default_resolver is not getattr or not name.isidentifier() or iskeyword(name):
        raise FallbackError
    return name
