"""The shape of a document, measured before anything is done with it, in one linear pass.

Validation and execution walk through a fragment each time that it is spread: a bomb of a thousand
characters spreads to millions of fields. Here each fragment is measured once and its figures are
added wherever it is spread.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

from api.errors import ClientError
from api.limits import MAX_DIRECTIVES_AT_ONCE, OperationLimits

# Each field may come in a fragment of its own, and that one in another.
_LEVELS_PER_FIELD = 3


@dataclass(slots=True)
class Shape:
    """The figures of a selection, or of a whole document.

    Attributes:
        fields: How many fields, those of fragments counted at each spread.
        aliases: How many of them have an alias.
        root_fields: How many stand on the first level.
        depth: How many levels of fields there are.
        nesting: How many levels there are, those of fragments counted too.
        directives: How many directives stand in the text.
        crowd: How many of them stand at one place.
    """

    fields: int = 0
    aliases: int = 0
    root_fields: int = 0
    depth: int = 0
    nesting: int = 0
    directives: int = 0
    crowd: int = 0

    def exceeded(self, limits: OperationLimits) -> ClientError | None:
        """Return what is wrong with a document of this shape, if anything is."""
        checks = (
            ("TOO_DEEP", "levels of fields", self.depth, limits.max_depth),
            ("TOO_DEEP", "levels", self.nesting, _LEVELS_PER_FIELD * limits.max_depth),
            ("TOO_MANY_FIELDS", "fields", self.fields, limits.max_fields),
            ("TOO_MANY_ALIASES", "aliases", self.aliases, limits.max_aliases),
            ("TOO_MANY_ROOT_FIELDS", "root fields", self.root_fields, limits.max_root_fields),
            ("TOO_MANY_DIRECTIVES", "directives", self.directives, limits.max_directives),
            ("TOO_MANY_DIRECTIVES", "directives at one place", self.crowd, MAX_DIRECTIVES_AT_ONCE),
        )
        for code, what, measured, limit in checks:
            if measured > limit:
                return ClientError(code, f"A document has at most {limit} {what}: ask for less.")
        return None


def measure(document: DocumentNode) -> Shape:
    """Return the shape of a document: the sum of its operations, the depth of the deepest.

    Raises:
        ClientError: FRAGMENT_CYCLE; TOO_DEEP where it is nested deeper than anybody could mean.
    """
    measuring = _Measuring(document)
    try:
        return measuring.document()
    except RecursionError:
        raise ClientError("TOO_DEEP", "The document is nested too deep: ask for less.") from None


class _Measuring:
    """Measures a document, each fragment once."""

    def __init__(self, document: DocumentNode) -> None:
        self._document = document
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Shape | None] = {}  # None: just being measured

    def document(self) -> Shape:
        operations = [
            self._selection(each.selection_set)
            for each in self._document.definitions
            if isinstance(each, OperationDefinitionNode)
        ]
        fragments = [self._fragment(name) for name in self._fragments]
        directives = [
            len(getattr(each, "directives", None) or ()) for each in _nodes(self._document)
        ]
        return Shape(
            # A fragment that no operation spreads is looked through by validation all the same.
            fields=max(_sum(operations).fields, *(each.fields for each in fragments), 0),
            aliases=_sum(operations).aliases,
            root_fields=max((each.root_fields for each in operations), default=0),
            depth=max((each.depth for each in operations + fragments), default=0),
            nesting=max((each.nesting for each in operations + fragments), default=0),
            directives=sum(directives),
            crowd=max(directives, default=0),
        )

    def _selection(self, selection_set: SelectionSetNode) -> Shape:
        total = Shape()
        for node in selection_set.selections:
            part = self._part(node)
            total.fields += part.fields
            total.aliases += part.aliases
            total.root_fields += part.root_fields
            total.depth = max(total.depth, part.depth)
            total.nesting = max(total.nesting, part.nesting + 1)
        return total

    def _part(self, node: Node) -> Shape:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        below = getattr(node, "selection_set", None)
        shape = Shape() if below is None else self._selection(below)
        if not isinstance(node, FieldNode):
            return shape
        aliases = shape.aliases + (node.alias is not None)
        return Shape(shape.fields + 1, aliases, 1, shape.depth + 1, shape.nesting)

    def _fragment(self, name: str) -> Shape:
        if name not in self._fragments:
            return Shape()  # validation tells of it
        if name not in self._known:
            self._known[name] = None
            self._known[name] = self._selection(self._fragments[name].selection_set)
        known = self._known[name]
        if known is None:
            raise ClientError("FRAGMENT_CYCLE", f"The fragment {name!r} spreads itself.")
        return known


def _sum(shapes: list[Shape]) -> Shape:
    return Shape(sum(each.fields for each in shapes), sum(each.aliases for each in shapes))


def _nodes(document: DocumentNode) -> Iterator[Node]:
    """Yield all that may have directives, through no fragment twice."""
    waiting: list[Node] = list(document.definitions)
    while waiting:
        node = waiting.pop()
        yield node
        waiting += getattr(node, "variable_definitions", None) or ()
        below = getattr(node, "selection_set", None)
        waiting += below.selections if below is not None else ()
