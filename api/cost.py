"""What an operation may cost, worked out before it runs: how many things its answer may hold.

A page counts as many things as it may have (`first` or `last`, else the default page), each with
all that is asked for below it; so page sizes multiply down the tree. A list without pages counts
`ASSUMED` things. What is dearer to load than a thing, or is counted over a whole campaign, has its
weight in `WEIGHTS`. Fields that only show what is there cost nothing: their number is limited.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from api.limits import DEFAULT_PAGE, MAX_PAGE

ASSUMED = 10
"""How many things a list without pages is taken to have."""

WEIGHTS = {
    "totalCount": 20,
    "applicationStatusCounts": 20,
    "deliveries": 10_000,  # it looks through the whole log
}
"""The fields that cost more than what stands below them."""

SIZES = ("first", "last", "ids")
"""The arguments that say how many things are asked for."""

# What holds the things of a page is no thing.
_FREE = ("PageInfo", "Connection", "Edge")

Variables = Mapping[str, Any]
Sets = Sequence[SelectionSetNode]


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a selection costs: once, and again for each item of the page that it is asked of."""

    once: int = 0
    per_item: int = 0


class Costs:
    """Works out what operations of one document cost.

    Args:
        schema: That the document is valid for.
        document: Small: see `api/shape.py`.
        variables: As the client gave them; what is wrong with them is told by execution.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Variables) -> None:
        self._schema = schema
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._variables = dict(variables)

    def of(self, operation: OperationDefinitionNode) -> int:
        """Return what an operation costs, at least 1."""
        self._variables = {**_defaults(operation), **self._variables}
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            return 1
        return max(1, self._selection([operation.selection_set], root).once)

    def _selection(self, sets: Sets, named: Any) -> _Cost:  # noqa: ANN401 - a composite type
        if is_abstract_type(named):
            # A thing is of one type: the dearest it may be.
            possible = self._schema.get_possible_types(named)
            return max((self._selection(sets, each) for each in possible), key=_total)
        merged: dict[str, list[FieldNode]] = defaultdict(list)
        for node in self._fields(sets, named):
            merged[node.alias.value if node.alias else node.name.value].append(node)
        costs = [self._field(nodes, named) for nodes in merged.values()]
        return _Cost(sum(each.once for each in costs), sum(each.per_item for each in costs))

    def _field(self, nodes: Sequence[FieldNode], parent: GraphQLObjectType) -> _Cost:
        name = nodes[0].name.value
        field = parent.fields.get(name)
        if field is None:
            return _Cost()  # `__typename` and introspection: nothing is loaded
        weight, named = WEIGHTS.get(name, 0), get_named_type(field.type)
        if not is_composite_type(named):
            return _Cost(weight)
        sets = [node.selection_set for node in nodes if node.selection_set]
        below = self._selection(sets, named)
        each = below.once + (0 if named.name.endswith(_FREE) else 1)
        if parent.name.endswith("Connection") and name in {"nodes", "edges"}:
            return _Cost(weight, each)
        if named.name.endswith("Connection"):
            return _Cost(weight + below.once + below.per_item * self._page(nodes[0]))
        return _Cost(weight + each * self._count(field, nodes[0]))

    def _page(self, node: FieldNode) -> int:
        given = (self._argument(node, name) for name in ("first", "last"))
        size = next((each for each in given if _is_number(each)), DEFAULT_PAGE)
        return max(0, min(size, MAX_PAGE))  # a larger page is refused by its field

    def _count(self, field: GraphQLField, node: FieldNode) -> int:
        kind = field.type.of_type if is_non_null_type(field.type) else field.type
        if not is_list_type(kind):
            return 1
        ids = self._argument(node, "ids")
        if ids is None:
            return ASSUMED
        return min(len(ids), MAX_PAGE) if isinstance(ids, list) else 1

    def _argument(self, node: FieldNode, name: str) -> Any:  # noqa: ANN401 - JSON
        value = next((each.value for each in node.arguments or () if each.name.value == name), None)
        if not isinstance(value, VariableNode):
            return _constant(value)
        given = self._variables.get(value.name.value)
        return None if given is _UNSAID else given

    def _fields(self, sets: Sets, named: GraphQLObjectType) -> Iterator[FieldNode]:
        """Yield the fields that hold for a type, through each fragment once, as execution will."""
        spread: set[str] = set()
        waiting: list[Node] = [node for each in reversed(sets) for node in _backwards(each)]
        while waiting:
            node: Any = waiting.pop()
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                node = self._fragments[node.name.value]
            if self._holds(node.type_condition, named):
                waiting += _backwards(node.selection_set)

    def _is_included(self, node: Any) -> bool:  # noqa: ANN401 - a selection
        for directive in node.directives or ():
            given = self._argument(directive, "if")
            if given is (directive.name.value == "skip") and directive.name.value in _CONDITIONS:
                return False
        return True

    def _holds(self, condition: Any, named: GraphQLObjectType) -> bool:  # noqa: ANN401 - or none
        if condition is None or condition.name.value == named.name:
            return True
        of: Any = self._schema.get_type(condition.name.value)
        return is_abstract_type(of) and self._schema.is_sub_type(of, named)


_CONDITIONS = {"skip", "include"}


def sizing_variables(document: DocumentNode) -> Iterable[str]:
    """Name the variables that say how many things are asked for."""
    waiting: list[Any] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        for argument in getattr(node, "arguments", None) or ():
            if argument.name.value in SIZES and isinstance(argument.value, VariableNode):
                yield argument.value.name.value
        below = getattr(node, "selection_set", None)
        waiting += below.selections if below is not None else ()


def as_read(
    names: Iterable[str], operation: OperationDefinitionNode, variables: Variables
) -> dict[str, object]:
    """Return the values of variables as execution will read them, the defaults of others too.

    Args:
        names: Of the variables; each is there in the end.
        operation: That declares them.
        variables: As the client gave them.
    """
    values = {**_defaults(operation), **variables}
    booleans = {
        each.variable.name.value
        for each in operation.variable_definitions or ()
        if _is_boolean(each.type)
    }
    return {name: _read(values.get(name), is_boolean=name in booleans) for name in names}


def _is_boolean(declared: Any) -> bool:  # noqa: ANN401 - a type's node, perhaps not null
    named = getattr(declared, "type", declared)
    return isinstance(named, NamedTypeNode) and named.name.value == "Boolean"


def beyond_page(variables: Variables) -> int:
    """Return how many values a client gives, but for as many as a page has.

    Each is read, and many are sought: lists of them are no free way to have work done.
    """
    waiting: list[Any] = [variables]
    count = 0
    while waiting:
        given = waiting.pop()
        values = given.values() if isinstance(given, Mapping) else given
        count += len(values)
        waiting += [each for each in values if isinstance(each, dict | list)]
    return max(0, count - MAX_PAGE)


def _read(value: object, *, is_boolean: bool) -> object:
    """Return a value of JSON: 500.0 is as good an `Int` as 500, and one id is a list of one."""
    if isinstance(value, bool):
        return value if is_boolean else _UNSAID
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, int | list) and not is_boolean else _UNSAID


# Null, not given, or of no use. A list, so that it is taken for no number: `False` equals 0.
_UNSAID: list[object] = []


def _defaults(operation: OperationDefinitionNode) -> dict[str, object]:
    return {
        each.variable.name.value: _constant(each.default_value)
        for each in operation.variable_definitions or ()
        if each.default_value is not None
    }


def _total(cost: _Cost) -> tuple[int, int]:
    return cost.once, cost.per_item


def _backwards(selection_set: SelectionSetNode) -> Iterable[Node]:
    return reversed(selection_set.selections)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _constant(value: ValueNode | None) -> Any:  # noqa: ANN401 - JSON
    """Return a value that stands in the document, as far as costs depend on it."""
    if isinstance(value, IntValueNode):
        return int(value.value)
    if isinstance(value, BooleanValueNode | StringValueNode):
        return value.value
    return list(value.values) if isinstance(value, ListValueNode) else None
