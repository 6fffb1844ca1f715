"""The schema: what it promises to clients, and that it says what everything is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from graphql import (
    FieldDefinitionNode,
    InputValueDefinitionNode,
    TypeDefinitionNode,
    build_schema,
    parse,
    print_ast,
)

from api.cli import main

SDL = Path(__file__, "../../../schema.graphql").resolve().read_text(encoding="utf-8")
CONTRACT = Path(__file__).with_name("contract.graphql").read_text(encoding="utf-8")

CONNECTIONS = sorted(set(re.findall(r"\w+Connection", CONTRACT)))
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def spelled(member: FieldDefinitionNode | InputValueDefinitionNode) -> str:
    """Spell a field or an argument with its type and its default; null is none."""
    default = getattr(member, "default_value", None)
    value = f" = {print_ast(default)}" if default else ""
    return f"{member.name.value}: {print_ast(member.type)}{value.removesuffix(' = null')}"


def names_in(sdl: str) -> set[tuple[str, str]]:
    """Spell each name that a schema holds: where it is, and what it is."""
    return {
        (definition.name.value, what)
        for definition in parse(sdl).definitions
        if isinstance(definition, TypeDefinitionNode)
        for what in names_of(definition)
    }


def names_of(definition: TypeDefinitionNode) -> Iterator[str]:
    yield definition.kind
    for interface in getattr(definition, "interfaces", None) or ():
        yield f"implements {interface.name.value}"
    for value in getattr(definition, "values", None) or ():
        yield value.name.value
    for member in getattr(definition, "fields", None) or ():
        yield from names_of_member(member)


def names_of_member(member: FieldDefinitionNode | InputValueDefinitionNode) -> Iterator[str]:
    yield spelled(member)
    for argument in getattr(member, "arguments", None) or ():
        yield f"{member.name.value}({spelled(argument)})"
    for directive in member.directives or ():
        yield f"{member.name.value} @{directive.name.value}"


PROMISED = names_in(CONTRACT)
KEPT = names_in(SDL)


def test_the_file_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(main, ["schema"])

    assert printed.exit_code == 0
    assert printed.output == SDL


@pytest.mark.parametrize("name", sorted({name for name, _ in PROMISED}))
def test_what_the_contract_promises_of_a_type_is_there(name: str) -> None:
    promised = {what for where, what in PROMISED if where == name}

    assert promised <= {what for where, what in KEPT if where == name}


def test_the_contract_is_read_whole() -> None:
    assert len(PROMISED) > 400
    assert ("Application", "orderIndex @deprecated") in PROMISED
    assert ("CallOrder", "direction: Direction! = DESC") in PROMISED
    assert ("Query", "call(asOf: DateTime)") in PROMISED


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_follows_the_relay_specification(name: str) -> None:
    node = name.removesuffix("Connection")

    assert {
        (name, f"edges: [{node}Edge!]!"),
        (name, f"nodes: [{node}!]!"),
        (name, "pageInfo: PageInfo!"),
        (name, "totalCount: Int!"),
        (f"{node}Edge", "cursor: String!"),
        (f"{node}Edge", f"node: {node}!"),
    } <= KEPT


def test_the_page_info_follows_the_relay_specification() -> None:
    assert {
        ("PageInfo", "hasNextPage: Boolean!"),
        ("PageInfo", "hasPreviousPage: Boolean!"),
        ("PageInfo", "startCursor: String"),
        ("PageInfo", "endCursor: String"),
    } <= KEPT


def test_the_deprecated_fields_say_why() -> None:
    deprecated = [
        name
        for name, field in build_schema(SDL).type_map["Application"].fields.items()  # type: ignore[attr-defined]
        if field.deprecation_reason == "The dialer calls it system information and deprecated."
    ]

    assert len(deprecated) == 4


def described() -> dict[str, str]:
    """Return the description of everything that GraphiQL shows, by its name."""
    found: dict[str, str | None] = {}
    for name, each in build_schema(SDL).type_map.items():
        found[name] = each.description
        found |= {
            f"{name}.{key}": of.description for key, of in getattr(each, "values", {}).items()
        }
        for key, field in getattr(each, "fields", {}).items():
            found[f"{name}.{key}"] = field.description
            arguments = getattr(field, "args", {}).items()
            found |= {f"{name}.{key}({one})": of.description for one, of in arguments}
    return {
        name: text or ""
        for name, text in found.items()
        if not name.startswith("__") and name not in BUILT_IN
    }


def test_everything_has_a_description() -> None:
    assert [name for name, text in described().items() if not text] == []


def test_a_description_is_made_of_sentences() -> None:
    assert [name for name, text in described().items() if not text.endswith(".")] == []


def test_descriptions_do_not_speak_of_the_rules_behind_them() -> None:
    assert [name for name, text in described().items() if re.search(r"\bD\d", text)] == []
