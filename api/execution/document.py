"""Documents that are parsed once, and remember what was found and compiled of them."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    VariableNode,
    parse,
)
from graphql.execution import Executor
from strawberry import Schema

from api.cost import Costs, Variables, sizing_variables
from api.errors import ClientError
from api.execution.plan import Plan
from api.limits import MAX_MERGED, OperationLimits
from api.merging import most_merged
from api.shape import Shape, measure
from api.validation import Rules

# A parsed document takes about 130 bytes per character: 60 MB for all.
MAX_CHARACTERS = 500_000
MAX_DOCUMENT_CHARACTERS = 20_000
_MAX_PLANS = 8
_MAX_COSTS = 32

Key = tuple[Schema, str, tuple[tuple[str, object], ...]]


class Document(DocumentNode):
    """A parsed document that remembers."""

    @property
    def text(self) -> str:
        """What was parsed."""
        return "" if self.loc is None else self.loc.source.body

    @cached_property
    def plans(self) -> dict[tuple[object, ...], Plan]:
        """What is compiled, by the operation and the values of the boolean variables."""
        return {}

    @cached_property
    def outcomes(self) -> dict[tuple[Rules, bool], list[GraphQLError]]:
        """What validation found, by the rules, and by whether strangers ask."""
        return {}

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The variables that decide, in @skip and @include, what is selected."""
        return tuple(sorted(set(_conditions(self))))

    @cached_property
    def costs(self) -> dict[tuple[object, ...], int]:
        """What its operations cost, by the values of the variables that it depends on."""
        return {}

    @cached_property
    def sizing(self) -> tuple[str, ...]:
        """The variables that what an operation costs depends on."""
        return tuple(sorted({*self.conditions, *sizing_variables(self)}))

    @cached_property
    def shape(self) -> Shape | ClientError:
        """Its shape, or what is wrong with it."""
        try:
            return measure(self)
        except ClientError as error:
            return error

    @cached_property
    def merged(self) -> int:
        """How many fields are merged into one at most; its shape must be within the limits."""
        return most_merged(self)

    def exceeded(self, limits: OperationLimits) -> ClientError | None:
        """Return what is too much about the document, if anything is."""
        error = self.shape.exceeded(limits) if isinstance(self.shape, Shape) else self.shape
        if error is None and self.merged > MAX_MERGED:
            message = f"A field is merged of at most {MAX_MERGED} that are the same: ask once."
            return ClientError("TOO_MANY_FIELDS", message)
        return error

    def cost(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Variables
    ) -> int:
        """Return what one of its operations costs; it must be valid."""
        sizes = (_size_of(variables.get(name), name in variables) for name in self.sizing)
        key = (id(operation), *sizes)
        if key not in self.costs:
            if len(self.costs) >= _MAX_COSTS:
                self.costs.pop(next(iter(self.costs)), None)
            self.costs[key] = Costs(schema, self, variables).of(operation)
        return self.costs[key]

    def plan(self, executor: Executor[Any]) -> Plan:
        """Return the plan of an execution; of many sets of values the last ones are kept."""
        given = executor.variable_values.coerced
        values = (given.get(name) for name in self.conditions)
        booleans = (value if isinstance(value, bool) else None for value in values)
        key = (id(executor.operation), *booleans)
        if key not in self.plans:
            if len(self.plans) >= _MAX_PLANS:
                self.plans.pop(next(iter(self.plans)), None)
            self.plans[key] = Plan()
        return self.plans[key]


# Python names a node's kind by its class; visitors know a "document" only.
Document.kind = DocumentNode.kind


def _size_of(value: object, is_given: bool) -> object:  # noqa: FBT001 - only here
    """Return what costs depend on of a variable's value."""
    if isinstance(value, list):
        return "list", len(value)
    return value if type(value) is int else ("given", is_given)  # False would be 0


def _conditions(node: Node) -> Iterator[str]:
    waiting: list[Node] = [node]
    while waiting:
        each = waiting.pop()
        for directive in getattr(each, "directives", None) or ():
            for argument in directive.arguments or ():
                if isinstance(argument.value, VariableNode):
                    yield argument.value.name.value
        waiting += getattr(each, "definitions", ())
        selection_set = getattr(each, "selection_set", None)
        waiting += selection_set.selections if selection_set else ()


def _parsed(text: str, options: dict[str, Any]) -> DocumentNode:
    try:
        return parse(text, **options)
    except RecursionError:
        raise _too_deep() from None
    except GraphQLError as error:
        if "Parsing aborted" not in error.message:
            raise
        if "tokens" not in error.message:
            raise _too_deep() from None
        message = f"A document has at most {options['max_tokens']} words and signs: ask for less."
        raise ClientError("TOO_MANY_TOKENS", message) from None


def _too_deep() -> ClientError:
    return ClientError("TOO_DEEP", "The document is nested too deep: ask for less.")


class Documents:
    """The documents that were asked for last, as many as there is room for.

    Args:
        room: How many characters their texts may have together.
        largest: How many characters one text may have to be remembered.
    """

    def __init__(self, room: int = MAX_CHARACTERS, largest: int = MAX_DOCUMENT_CHARACTERS) -> None:
        self._room = room
        self._largest = largest
        self._lock = Lock()
        self._known: OrderedDict[Key, Document] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._known.values())

    def read(self, schema: Schema, text: str, options: dict[str, Any]) -> DocumentNode:
        """Return the parsed document.

        Raises:
            GraphQLSyntaxError: It is none.
            ClientError: TOO_MANY_TOKENS, TOO_DEEP.
        """
        key = (schema, text, tuple(options.items()))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        parsed = _parsed(text, options)
        document = Document(definitions=parsed.definitions, loc=parsed.loc)
        if len(text) <= self._largest:
            self._remember(key, document)
        return document

    def _remember(self, key: Key, document: Document) -> None:
        with self._lock:
            if key not in self._known:
                self._room -= len(key[1])
            self._known[key] = document
            while self._room < 0:
                (_, text, _), _ = self._known.popitem(last=False)
                self._room += len(text)
