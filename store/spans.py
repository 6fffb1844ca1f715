"""Where the parts of a JSON text stand, so that they can be shown exactly as spelled (D4)."""

import re
from collections.abc import Iterator
from functools import cached_property

from store.json_text import Json, scan

# Between the parts of a text that was decoded before, only these can stand.
_BETWEEN = re.compile(r"[ \t\n\r,:]*")


class Span:
    """A JSON value's place in a text that is known to be JSON.

    The places of its children are looked for once, when they are first asked for: of most events
    nothing has to be shown as spelled.
    """

    def __init__(self, source: str, start: int, end: int) -> None:
        self._source, self._start, self._end = source, start, end

    @property
    def bounds(self) -> tuple[int, int]:
        """Where the value starts in the source, and where it ends."""
        return self._start, self._end

    @property
    def text(self) -> str:
        """The value's JSON as spelled."""
        return self._source[self._start : self._end]

    @cached_property
    def value(self) -> Json:
        """The value, decoded."""
        return scan(self._source, self._start)[0]

    @cached_property
    def items(self) -> list["Span"]:
        """The elements of an array."""
        return [self._child(*child) for child in self._children()]

    @cached_property
    def members(self) -> dict[str, "Span"]:
        """The values of an object; of a repeated key the last."""
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, "Span"]]:
        """The keys and values of an object in order, repeated keys included."""
        children = self._children()
        return [
            (key, self._child(*child))
            for (key, _, _), child in zip(children, children, strict=True)
        ]

    def _child(self, value: Json, start: int, end: int) -> "Span":
        child = Span(self._source, start, end)
        child.value = value  # was decoded to find its end
        return child

    def _children(self) -> Iterator[tuple[str, int, int]]:
        """Find the parts between the brackets: elements, or keys and values in turn."""
        at = self._next(self._start + 1)
        while self._source[at] not in "]}":
            value, end = scan(self._source, at)
            yield value, at, end
            at = self._next(end)

    def _next(self, at: int) -> int:
        between = _BETWEEN.match(self._source, at)
        return between.end() if between else at
