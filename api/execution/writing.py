"""Writes Python that turns objects into the answer, one function per type and selection."""

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from api.execution.fallback import FallbackError, admission_of_objects, items_of
from api.execution.leaves import Leaves
from api.execution.reading import reading_of

Collect = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
Completion = Callable[[Any], Any]

_EVALUATED = {"skip", "include"}
_INDENT = "    "


class Writer:
    """The text of functions that are compiled together, and the objects that it names.

    Args:
        schema: Whose types are completed.
        collect: Graphql-core's, with the operation's variables.
        room: How many fields may be written at most.
    """

    def __init__(self, schema: GraphQLSchema, collect: Collect, room: int) -> None:
        self._schema = schema
        self._collect = collect
        self.room = room
        self._functions: dict[tuple[object, ...], str] = {}
        self._lines: list[str] = []
        self._names: dict[str, object] = {"items_of": items_of}
        self._leaves = Leaves(self._name_of)

    def compile(self, return_type: GraphQLOutputType, details: FieldDetailsList) -> Completion:
        """Return the function that completes values of a type.

        Raises:
            FallbackError: Something below is graphql-core's business.
        """
        if _has_extras(details):
            raise FallbackError
        name = self._completion(return_type, details)
        # The text holds names of the schema and of Python attributes only, no client's words but
        # aliases, which are GraphQL names too.
        code = compile("\n".join(self._lines), "<compiled selection>", "exec")
        exec(code, self._names)  # noqa: S102 - see above
        compiled: Any = self._names[name]
        return compiled  # type: ignore[no-any-return]

    def _name_of(self, value: object) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    def _completion(self, type_: GraphQLOutputType, details: FieldDetailsList) -> str:
        """Return the name of the function that completes a value of a type."""
        if is_non_null_type(type_) and is_object_type(type_.of_type):
            return self._object(type_.of_type, details)
        return self._function("v", [*self._completing(type_, details, "v"), "return v"])

    def _function(self, parameter: str, lines: list[str]) -> str:
        name = self._name_of(None)
        self._lines += [f"def {name}({parameter}):", *(_INDENT + line for line in lines)]
        return name

    def _completing(self, type_: GraphQLOutputType, details: FieldDetailsList, v: str) -> list[str]:
        """Return the lines that complete the variable `v`."""
        nullable = not is_non_null_type(type_)
        bare: Any = type_ if nullable else type_.of_type  # type: ignore[union-attr]
        if is_leaf_type(bare):
            return self._leaves.lines(bare, v, nullable=nullable)
        lines = self._composite(bare, details, v)
        return [f"if {v} is not None:", *(_INDENT + line for line in lines)] if nullable else lines

    def _composite(self, bare: Any, details: FieldDetailsList, v: str) -> list[str]:  # noqa: ANN401 - a type without non-null
        if is_list_type(bare):
            each = self._completion(bare.of_type, details)
            # Most lists are short: this is quicker for them than a comprehension.
            return [
                f"{v}s = {v} if type({v}) is list else items_of({v})",
                f"{v} = []",
                f"for x in {v}s: {v}.append({each}(x))",
            ]
        if is_object_type(bare):
            return [f"{v} = {self._object(bare, details)}({v})"]
        return [f"{v} = {self._dispatch(bare, details)}[type({v})]({v})"]

    def _object(self, type_: GraphQLObjectType, details: FieldDetailsList) -> str:
        """Return the name of the function that turns an object `o` of a type into a dict."""
        key = (type_.name, *(id(each.node) for each in details))
        if key not in self._functions:
            self._functions[key] = self._function("o", self._object_lines(type_, details))
        return self._functions[key]

    def _object_lines(self, type_: GraphQLObjectType, details: FieldDetailsList) -> list[str]:
        collected = self._collect(type_, details)
        if collected.new_defer_usages:
            raise FallbackError
        lines, entries = self._guard(type_), []
        for number, (key, fields) in enumerate(collected.grouped_field_set.items()):
            if fields[0].node.name.value == "__typename" and not _has_extras(fields):
                entries.append(f"{key!r}: {type_.name!r}")
                continue
            lines += self._field_lines(type_, fields, f"v{number}")
            entries.append(f"{key!r}: v{number}")
        return [*lines, f"return {{{', '.join(entries)}}}"]

    def _guard(self, type_: GraphQLObjectType) -> list[str]:
        if type_.is_type_of is not None and _definition(type_).is_type_of is not None:
            raise FallbackError  # the type's own, which may look at the operation
        admitted: set[type] = set()
        known, admit = self._name_of(admitted), self._name_of(admission_of_objects(type_, admitted))
        cast = f" or getattr(o, {TYPE_CAST_ATTRIBUTE!r}, None) is not None"
        condition = f"type(o) not in {known}" + (cast if type_.is_type_of else "")
        return [f"if {condition}: {admit}(o)"]

    def _field_lines(self, type_: GraphQLObjectType, fields: FieldDetailsList, v: str) -> list[str]:
        self.room -= 1
        nodes = [each.node for each in fields]
        field = type_.fields.get(nodes[0].name.value)
        if self.room < 0 or field is None or _has_extras(fields):
            raise FallbackError
        reading = reading_of(type_.name, field, nodes, self._name_of)
        return [f"{v} = {reading}", *self._completing(field.type, fields, v)]

    def _dispatch(self, type_: GraphQLAbstractType, details: FieldDetailsList) -> str:
        """Return the name of the table of functions by the class of an object."""
        definition = _definition(type_)
        if not isinstance(type_, GraphQLInterfaceType) or definition.resolve_type is not None:
            raise FallbackError
        entries = []
        for possible in self._schema.get_possible_types(type_):
            own = _definition(possible)
            if own.name == possible.name and issubclass(own.origin, definition.origin):
                entries.append(f"{self._name_of(own.origin)}: {self._object(possible, details)}")
        name = self._name_of(None)
        self._lines.append(f"{name} = {{{', '.join(entries)}}}")
        return name


def _has_extras(fields: FieldDetailsList) -> bool:
    """Say whether a field has directives that are not evaluated yet, or a fragment's variables."""
    return any(
        each.fragment_variable_values is not None
        or any(directive.name.value not in _EVALUATED for directive in each.node.directives or ())
        for each in fields
    )


def _definition(type_: Any) -> Any:  # noqa: ANN401 - graphql-core's type to strawberry's definition
    definition = type_.extensions.get("strawberry-definition")
    if definition is None:
        raise FallbackError
    return definition
