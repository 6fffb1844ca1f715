"""How often a document selects the same again, measured before validation compares all of that."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
        for selection_set in waiting.pop():
            for node in _fields(selection_set, fragments):
                name = node.alias.value if node.alias else node.name.value
                merged[name].append(node.selection_set)
        most = max(most, *map(len, merged.values()), 0)
        waiting += merged.values()
    return most


def _fields(
    selection_set: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of a selection set, those of each fragment once."""
    spread: set[str] = set()
    waiting: list[Any] = [] if selection_set is None else [*selection_set.selections]
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
            continue
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name in spread or name not in fragments:
                continue  # validation tells of those that are missing
            spread.add(name)
            node = fragments[name]
        waiting += node.selection_set.selections
