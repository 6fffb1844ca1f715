"""How often a document selects the same again, measured before validation compares all of that."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    SelectionSetNode,
)


def most_merged(document: DocumentNode) -> int:
    """Return how many fields of one response name are merged into one, where they are most.

    Validation compares each of them with each other, and what is below them. It takes time in
    proportion to the fields, those of fragments counted at each spread: see `api/shape.py` first.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    waiting: list[Sequence[Any]] = [
        [getattr(each, "selection_set", None)] for each in document.definitions
    ]
    most = 0
    while waiting:
        merged: dict[str, list[Any]] = defaultdict(list)
        for node in _fields(waiting.pop(), fragments):
            name = node.alias.value if node.alias else node.name.value
            merged[name].append(node.selection_set)
        most = max(most, *map(len, merged.values()), 0)
        waiting += merged.values()
    return most


def _fields(
    sets: Sequence[SelectionSetNode | None], fragments: dict[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    waiting = [node for each in sets if each for node in each.selections]
    while waiting:
        node: Any = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
            continue
        if isinstance(node, FragmentSpreadNode):
            node = fragments.get(node.name.value)
        if node is not None:  # else validation tells of it
            waiting += node.selection_set.selections
