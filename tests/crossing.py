"""Doors to try with a foreign token: every root field with every argument, made from the schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from api.schema import schema

DEEPEST = 5
MAX_DOCUMENT_CHARACTERS = 5_000

Examples = Mapping[str, Sequence[object]]


@dataclass(frozen=True)
class Door:
    """One operation with its variables."""

    kind: str
    name: str
    document: str
    variables: dict[str, object] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.variables}"


def graphql_schema() -> GraphQLSchema:
    whole: Any = schema
    assert isinstance(whole, strawberry.Schema)
    return whole._schema  # noqa: SLF001 - as graphql-core knows it


def doors(kind: str, examples: Examples) -> Iterator[Door]:
    """Yield a door for each value of each argument of each root field, for each company.

    Args:
        kind: `query` or `subscription`.
        examples: What to try, by `field.argument` or by the name of an argument or input field.

    Raises:
        KeyError: Nothing is said of an argument: say what to try for it.
    """
    whole = graphql_schema()
    root = whole.query_type if kind == "query" else whole.subscription_type
    assert root is not None
    for name, each in root.fields.items():
        document = _document(kind, name, each)
        for variables in _choices(name, each, examples):
            yield Door(kind, name, document, variables)


def doors_below(examples: Examples) -> Iterator[Door]:
    """Yield a door for each value of each argument of each field of a thing that has an id."""
    root = graphql_schema().query_type
    assert root is not None
    for name, each in root.fields.items():
        thing: Any = get_named_type(each.type)
        needed = [key for key, argument in each.args.items() if is_required_argument(argument)]
        if thing.name.lower() != name or not needed:
            continue
        found = {needed[0]: _tried(name, needed[0], each.args[needed[0]], examples)[0]}
        for below, asked in thing.fields.items():
            document = _document_below(name, needed[0], below, asked)
            for variables in _choices(below, asked, examples) if asked.args else ():
                yield Door("query", f"{name}.{below}", document, {**found, **variables})


def _document_below(name: str, key: str, below: str, asked: GraphQLField) -> str:
    declared, passed = _arguments(asked)
    shown = _selected_within(get_named_type(asked.type))
    return (
        f"query (${key}: ID! {declared}) {{ {name}({key}: ${key}) {{ {below}{passed} {shown} }} }}"
    )


def _arguments(asked: GraphQLField) -> tuple[str, str]:
    """Return how a field's arguments are declared as variables, and how they are passed."""
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in asked.args.items())
    passed = ", ".join(f"{each}: ${each}" for each in asked.args)
    return declared, f"({passed})" if passed else ""


def _choices(name: str, asked: GraphQLField, examples: Examples) -> Iterator[dict[str, object]]:
    tried = {each: _tried(name, each, argument, examples) for each, argument in asked.args.items()}
    needed = {
        each: tried[each][0]
        for each, argument in asked.args.items()
        if is_required_argument(argument)
    }
    companies = tried.pop("companyId", [None])
    for company in [None, *companies] if "companyId" in asked.args else [None]:
        whose = {} if company is None else {"companyId": company}
        yield {**needed, **whose}
        for argument, values in tried.items():
            yield from ({**needed, **whose, argument: value} for value in values)


def _tried(
    name: str, argument: str, asked: GraphQLArgument, examples: Examples
) -> Sequence[object]:
    given = examples.get(f"{name}.{argument}")
    return list(_values(argument, asked.type, examples)) if given is None else given


def _values(name: str, asked: GraphQLInputType, examples: Examples) -> Iterator[object]:
    if isinstance(asked, GraphQLNonNull):
        yield from _values(name, asked.of_type, examples)
    elif name in examples:
        yield from examples[name]
    elif isinstance(asked, GraphQLList):
        yield from ([value] for value in _values(name, asked.of_type, examples))
    elif isinstance(asked, GraphQLEnumType):
        yield from asked.values
    elif isinstance(asked, GraphQLInputObjectType):
        yield from _objects(asked, examples)
    elif asked.name == "Boolean":
        yield from (True, False)
    else:
        raise KeyError(f"say what to try for {name}: {asked}")


def _objects(asked: GraphQLInputObjectType, examples: Examples) -> Iterator[dict[str, object]]:
    tried = {name: list(_values(name, each.type, examples)) for name, each in asked.fields.items()}
    needed = {
        name: tried[name][0] for name, each in asked.fields.items() if is_required_input_field(each)
    }
    for name, values in tried.items():
        yield from ({**needed, name: value} for value in values)


def _document(kind: str, name: str, asked: GraphQLField) -> str:
    declared, passed = _arguments(asked)
    whole = f"({declared})" if declared else ""
    return f"{kind} {whole} {{ {name}{passed} {_selected_within(get_named_type(asked.type))} }}"


def _selected_within(named: Any) -> str:  # noqa: ANN401 - any type
    """Select as deep as there is room for; of a leaf there is nothing to select."""
    if is_leaf_type(named):
        return ""
    return next(
        text
        for depth in range(DEEPEST, 0, -1)
        if len(text := selection(named, depth, is_root=True)) <= MAX_DOCUMENT_CHARACTERS
    )


def selection(
    shown: GraphQLObjectType | GraphQLInterfaceType, depth: int, *, is_root: bool = False
) -> str:
    """Select all that is some levels below, but what needs arguments or is in `nodes` too."""
    if isinstance(shown, GraphQLInterfaceType):
        possible = graphql_schema().get_possible_types(shown)
        parts = [f"... on {each.name} {selection(each, depth)}" for each in possible]
    else:
        parts = [
            _selected(name, each, depth)
            for name, each in shown.fields.items()
            if is_root or name != "edges"
        ]
    return f"{{ __typename {' '.join(parts)} }}"


def _selected(name: str, asked: GraphQLField, depth: int) -> str:
    named: Any = get_named_type(asked.type)
    if any(map(is_required_argument, asked.args.values())):
        return ""
    if is_leaf_type(named):
        return name
    return f"{name} {selection(named, depth - 1)}" if depth > 1 else ""
