"""Compiled execution: the same answers and errors as graphql-core's, of everything."""

from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from executing import Runs, a_document, counting_runs, outcome, the_same
from graphql import GraphQLError
from random_values import Later
from strawberry.extensions import SchemaExtension
from things import Other, Part, Query, Thing, a_thing, things

from api.execution import CompilingExecutor
from api.execution.reading import reading_of
from api.lookahead import is_batched
from api.schema import schema


@pytest.fixture
def runs() -> Iterator[Runs]:
    with counting_runs() as runs:
        yield runs


class Shouting(SchemaExtension):
    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        value = _next(root, info, *args, **kwargs)
        return value.upper() if isinstance(value, str) else value


SIMPLE = "{ things { name size parts { name } } }"


async def test_an_operation_is_compiled_when_it_is_seen_again(runs: Runs) -> None:
    document = a_document(SIMPLE)

    made = []
    for _ in range(3):
        await outcome(things, document, CompilingExecutor, [a_thing()])
        made.append(runs.made)

    assert (made, runs.completed) == ([0, 1, 1], 2)


async def test_each_set_of_conditions_has_a_selection_of_its_own(runs: Runs) -> None:
    document = a_document("query Q($s: Boolean!) { things { name size @skip(if: $s) } }")

    short, long = [
        await the_same(things, document, [a_thing(size=3)], s=skipped) for skipped in (True, False)
    ]

    assert (short[0], long[0]) == (
        "{'things': [{'name': 'a'}]}",
        "{'things': [{'name': 'a', 'size': 3}]}",
    )
    assert (runs.made, runs.gave_up) == (2, 0)


async def test_of_many_sets_of_conditions_the_last_ones_are_kept() -> None:
    names = [f"s{number}" for number in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    tags = " ".join(f"t{name}: tags @skip(if: ${name})" for name in names)
    document = a_document(f"query Q({declared}) {{ things {{ name {tags} }} }}")

    for number in range(2**6):
        chosen = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        await outcome(things, document, CompilingExecutor, [a_thing()], **chosen)

    assert len(document.plans) == 8


@pytest.mark.parametrize(
    "wrong",
    [
        a_thing(name=None),
        a_thing(name=ValueError("no name")),
        a_thing(name=Later("late")),
        a_thing(size=2**31),
        a_thing(size="many"),
        a_thing(parts=None),
        a_thing(parts={Part: 1}),
        a_thing(parts=[None]),
        a_thing(parts=[Part(name="b"), Part(name=None)]),  # type: ignore[arg-type]
        a_thing(parts=iter(())),
        strawberry.cast(Other, a_thing()),
        Other(name="b", results={}),
        Later(a_thing()),
        LookupError("no thing"),
        None,
        Part(name="c"),
    ],
    ids=str,
)
async def test_what_is_unusual_is_left_to_graphql_core(wrong: object, runs: Runs) -> None:
    document = a_document(SIMPLE)

    await the_same(things, document, [a_thing(), wrong, a_thing()])

    assert runs.gave_up > 0
    assert runs.completed > 0  # of the things beside it


async def test_the_errors_of_many_things_stand_in_the_order_of_graphql_core() -> None:
    document = a_document("{ named { size ... on Thing { awaited parts { name } } } }")
    several = [a_thing(size="x"), a_thing(), a_thing(size="y", parts=[None]), a_thing(size="z")]

    _, errors = await the_same(things, document, several)

    paths = [error[1] for error in errors]
    assert paths == [
        ["named", 0, "size"],
        ["named", 2, "size"],
        ["named", 2, "parts", 0],
        ["named", 3, "size"],
    ]


@pytest.mark.parametrize("field", ["resolved", "awaited", "name @custom(if: true)"])
async def test_what_does_not_compile_is_left_to_graphql_core(field: str, runs: Runs) -> None:
    document = a_document(f"{{ things {{ name owner {{ name }} {field} }} }}")

    await the_same(things, document, [a_thing(owner=Part(name="b"))])

    assert runs.made == 1  # the owner's part


async def test_extensions_that_hook_resolvers_see_every_field(runs: Runs) -> None:
    hooked = strawberry.Schema(
        Query, extensions=[Shouting], execution_context_class=CompilingExecutor
    )

    results = [await hooked.execute(SIMPLE, root_value=[a_thing()]) for _ in range(3)]

    assert [result.data["things"][0]["name"] for result in results if result.data] == ["A"] * 3
    assert runs.made == 0


async def test_interfaces_are_completed_by_the_class_of_the_object(runs: Runs) -> None:
    document = a_document(
        "{ named { __typename name ... on Thing { tags } ... on Other { size } } }"
    )

    data, _ = await the_same(things, document, [a_thing(), None, Other(name="b", results={})])

    assert data == str(
        {
            "named": [
                {"__typename": "Thing", "name": "a", "tags": []},
                None,
                {"__typename": "Other", "name": "b", "size": None},
            ]
        }
    )
    assert runs.completed == 2


async def test_a_fault_in_what_was_loaded_is_the_fields_error(runs: Runs) -> None:
    document = a_document("{ things { name loadedPart { name } } }")
    node = document.definitions[0].selection_set.selections[0].selection_set.selections[1]  # type: ignore[attr-defined]
    loaded: list[Any] = [Part(name="b"), GraphQLError("not this one"), None]
    several = [a_thing(results={(id(node),): each}) for each in loaded]

    _, errors = await the_same(things, document, several)

    assert [error[0] for error in errors] == ["not this one"]
    assert runs.completed > 0


async def test_an_argument_that_fails_in_execution_is_the_fields_error() -> None:
    document = a_document("query Q($n: Int) { things { name loadedPart(number: $n) { name } } }")

    _, errors = await the_same(things, document, [a_thing()], n=None)

    assert "non-null" in errors[0][0]


def test_every_field_below_the_root_compiles() -> None:
    left_out = {"Query", "Subscription"}
    types = [each for each in schema._schema.type_map.values() if not each.name.startswith("__")]  # noqa: SLF001

    for each in types:
        if (
            hasattr(each, "interfaces")
            and each.name not in left_out
            and hasattr(each, "is_type_of")
        ):
            for name, field in each.fields.items():  # type: ignore[attr-defined]
                node: Any = a_document(f"{{ {name} }}").definitions[0]
                reading_of(each.name, field, node.selection_set.selections, str)


def test_a_batched_fields_resolver_does_no_more_than_hand_over_what_was_loaded() -> None:
    reference = Thing.__strawberry_definition__.get_field("loaded_part").base_resolver  # type: ignore[attr-defined]
    for each in schema._schema.type_map.values():  # noqa: SLF001 - graphql-core's
        for name, field in getattr(each, "fields", {}).items():
            if is_batched(each.name, name):
                resolver = field.extensions["strawberry-definition"].base_resolver
                assert (
                    resolver.wrapped_func.__code__.co_code
                    == reference.wrapped_func.__code__.co_code
                )
                assert resolver.wrapped_func.__code__.co_names == ("loaded",)
