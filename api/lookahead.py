"""What an operation asks for below some objects, loaded in one batch per level.

Strawberry would resolve object by object. Here a root resolver reads the operation's own selection
and loads each level below for all objects at once, so that the nested resolvers only hand over what
is there: N objects cost the reads of one.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
)
from graphql.execution.values import VariableValues
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from api.errors import ClientError

Batch = Callable[[Sequence[Any], "Ask"], Awaitable[Sequence[Any]]]

# What was loaded, by the field's nodes in the document: a fragment may bring one node to several
# fields, but the same nodes always ask for the same.
Results = dict[tuple[int, ...], Any]

_batches: dict[tuple[str, str], Batch] = {}


def batch(type_name: str, field_name: str) -> Callable[[Batch], Batch]:
    """Register the function that loads a field for many objects of a type at once.

    The function gets the objects and what is asked for, and returns one value per object, in order;
    an exception in place of a value is that field's error.
    """

    def register(load: Batch) -> Batch:
        _batches[type_name, field_name] = load
        return load

    return register


class Loadable:
    """An object some of whose fields are loaded in batches.

    Attributes:
        results: What was loaded.
    """

    results: strawberry.Private[Results]

    def loaded(self, info: strawberry.Info) -> Any:  # noqa: ANN401 - the field's own type
        """Return what the look-ahead loaded for the field that `info` is of."""
        value = self.results[place(info._raw_info.field_nodes)]  # noqa: SLF001
        if isinstance(value, Exception):
            raise value
        return value


def place(nodes: Iterable[FieldNode]) -> tuple[int, ...]:
    """Return the key of `Loadable.results` for a field that stands at these nodes."""
    return tuple(map(id, nodes))


def is_batched(type_name: str, field_name: str) -> bool:
    """Say whether a field's resolver only hands over what was loaded."""
    return (type_name, field_name) in _batches


@dataclass(slots=True)
class _Document:
    """The parts of an operation that its selections refer to."""

    schema: GraphQLSchema
    strawberry_schema: strawberry.Schema
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues


@dataclass(slots=True)
class Ask:
    """One field that is asked for, with its arguments and what is asked for below.

    Attributes:
        field: Its name in the schema.
        attribute: Its name in Python.
        arguments: By their names in Python, converted as a resolver gets them.
        nodes: Where it stands in the document; merged fields stand in several places.
        type_name: The type of what it returns, without lists and non-null.
        below: What is asked for of that.
    """

    field: str
    attribute: str
    arguments: dict[str, Any]
    nodes: list[FieldNode]
    type_name: str
    below: "Selection"


class Selection:
    """What is asked for of objects whose concrete types are known only later."""

    def __init__(self, document: _Document, sets: Sequence[SelectionSetNode]) -> None:
        self._document = document
        self._sets = sets
        self._asks: dict[str, list[Ask]] = {}

    def __bool__(self) -> bool:
        return bool(self._sets)

    def of(self, type_name: str) -> list[Ask]:
        """Return the fields asked for of objects of one concrete type, merged by their key."""
        if type_name not in self._asks:
            self._asks[type_name] = list(_asks(self._document, self._sets, type_name))
        return self._asks[type_name]

    def is_abstract(self, type_name: str) -> bool:
        """Say whether a type is an interface or a union."""
        return is_abstract_type(self._document.schema.type_map[type_name])

    def wants(self, type_name: str, *field_names: str) -> bool:
        """Say whether one of the fields is asked for at all."""
        return any(ask.field in field_names for ask in self.of(type_name))

    def below(self, type_name: str, field_name: str) -> "Iterator[Selection]":
        """Yield what is asked for below a field, once for each time that it is asked for."""
        yield from (ask.below for ask in self.of(type_name) if ask.field == field_name)


def below(info: strawberry.Info) -> Selection:
    """Return what the operation asks for below the field that `info` is of."""
    raw: Any = info._raw_info  # noqa: SLF001 - strawberry's own selections lose arguments' types
    document = _Document(
        raw.schema, info.schema, raw.fragments, VariableValues({}, raw.variable_values)
    )
    return Selection(
        document, [node.selection_set for node in raw.field_nodes if node.selection_set]
    )


def _asks(document: _Document, sets: Sequence[SelectionSetNode], type_name: str) -> Iterator[Ask]:
    graphql_type = document.schema.type_map[type_name]
    if not isinstance(graphql_type, GraphQLObjectType):
        return
    merged: dict[str, list[FieldNode]] = defaultdict(list)
    spread: set[str] = set()
    for nodes in sets:
        for node in _fields(document, nodes.selections, graphql_type, spread):
            merged[node.alias.value if node.alias else node.name.value].append(node)
    for nodes_of_key in merged.values():
        name = nodes_of_key[0].name.value
        if not name.startswith("__"):
            ask = _ask(document, graphql_type.fields[name], name, nodes_of_key)
            if ask is not None:
                yield ask


def _ask(
    document: _Document, graphql_field: GraphQLField, name: str, nodes: list[FieldNode]
) -> Ask | None:
    definition: StrawberryField = graphql_field.extensions["strawberry-definition"]
    arguments: dict[str, Any] = {}
    if graphql_field.args:
        try:
            values = get_argument_values(graphql_field, nodes[0], document.variables)
        except GraphQLError:
            return None  # execution meets the same error at the field itself
        converter = document.strawberry_schema.schema_converter
        arguments = convert_arguments(
            values, definition.arguments, converter.scalar_registry, converter.config
        )
    sets = [node.selection_set for node in nodes if node.selection_set]
    return Ask(
        field=name,
        attribute=definition.python_name,
        arguments=arguments,
        nodes=nodes,
        type_name=get_named_type(graphql_field.type).name,
        below=Selection(document, sets),
    )


def _fields(
    document: _Document,
    selections: Iterable[SelectionNode],
    graphql_type: GraphQLObjectType,
    spread: set[str],
) -> Iterator[FieldNode]:
    """Walk the fields that hold for a type, through each named fragment once, as execution will."""
    for node in selections:
        if not _is_included(document, node):
            continue
        if isinstance(node, FieldNode):
            yield node
            continue
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            fragment = document.fragments[node.name.value]
            if node.name.value in spread:
                continue
        if _holds(document, fragment.type_condition, graphql_type):
            if fragment is not node:
                spread.add(fragment.name.value)
            yield from _fields(document, fragment.selection_set.selections, graphql_type, spread)


def _is_included(document: _Document, node: SelectionNode) -> bool:
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, document.variables)
    include = get_directive_values(GraphQLIncludeDirective, node, document.variables)
    return not (skip and skip["if"]) and (include is None or bool(include["if"]))


def _holds(document: _Document, condition: Any, graphql_type: GraphQLObjectType) -> bool:  # noqa: ANN401 - a named type node or none
    if condition is None or condition.name.value == graphql_type.name:
        return True
    named = document.schema.type_map[condition.name.value]
    return is_abstract_type(named) and document.schema.is_sub_type(named, graphql_type)


async def prefetch(objects: Iterable[object], selection: Selection, type_name: str) -> None:
    """Load all that `selection` asks for below `objects`, level by level.

    Args:
        objects: All of the type `type_name`, or of types that implement it.
        selection: What is asked for.
        type_name: As the schema calls it.
    """
    apart = list({id(each): each for each in objects}.values())
    by_type = _by_type(apart) if selection.is_abstract(type_name) else {type_name: apart}
    for concrete, members in by_type.items():
        for ask in selection.of(concrete):
            await _fulfil(concrete, members, ask)


def _by_type(objects: Iterable[Any]) -> dict[str, list[Any]]:
    by_type: dict[str, list[Any]] = defaultdict(list)
    for each in objects:
        by_type[str(type(each).__strawberry_definition__.name)].append(each)
    return by_type


async def _fulfil(type_name: str, members: Sequence[Any], ask: Ask) -> None:
    load = _batches.get((type_name, ask.field))
    if load is not None:
        key = place(ask.nodes)
        fresh = [member for member in members if key not in member.results]
        values = await _loaded(load, fresh, ask) if fresh else []
        for member, value in zip(fresh, values, strict=True):
            member.results[key] = value
    elif ask.below:
        values = [getattr(member, ask.attribute) for member in members]
    else:
        return
    if ask.below:
        await prefetch(_objects(values), ask.below, ask.type_name)


async def _loaded(load: Batch, members: Sequence[Any], ask: Ask) -> Sequence[Any]:
    try:
        return await load(members, ask)
    except ClientError as error:
        return [error] * len(members)


def _objects(values: Iterable[Any]) -> Iterator[object]:
    for value in values:
        if isinstance(value, list):
            yield from (each for each in value if each is not None)
        elif value is not None and not isinstance(value, Exception):
            yield value
