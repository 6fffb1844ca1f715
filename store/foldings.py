"""The folds of the things that changed last, kept from one window of the log to the next."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from store.changes import Folding
from store.collections import Document

MAX_THINGS = 5_000
"""How many things' folds are kept of one topic and company; a few KiB each."""


@dataclass(frozen=True, slots=True)
class Span:
    """The positions of one window, behind `after` and up to `until`, in one generation of facts.

    It was read after so many `redactions`.
    """

    generation: int
    after: int
    until: int
    redactions: int = 0


class Foldings:
    """Folds of one company's things of one kind, exact as of one position.

    Args:
        max_things: How many are kept, the last ones used.
    """

    def __init__(self, max_things: int = MAX_THINGS) -> None:
        self._max_things = max_things
        self._kept: OrderedDict[str, Folding] = OrderedDict()
        self._as_of: tuple[int, int, int] | None = None
        self._met: dict[str, Folding] = {}
        self._used: dict[str, Folding] = {}

    @contextmanager
    def through(self, span: Span, rows: Collection[Document]) -> Iterator[None]:
        """Be taken through a window, whose facts are folded in meanwhile.

        What it speaks of without being asked for is forgotten; so is everything if the window does
        not follow on the last one, or if that failed.
        """
        if self._as_of != (span.generation, span.redactions, span.after):
            self._kept.clear()
        self._as_of, self._used = None, {}
        told = {row["idKey"] for row in rows}
        self._met = {key: self._kept.pop(key) for key in told if key in self._kept}
        yield
        self._kept.update(self._used)
        while len(self._kept) > self._max_things:
            self._kept.popitem(last=False)
        self._as_of = span.generation, span.redactions, span.until
        self._met, self._used = {}, {}

    async def of(
        self,
        id_keys: Collection[str],
        read: Callable[[Collection[str]], Awaitable[Mapping[str, Folding]]],
    ) -> Mapping[str, Folding]:
        """Return the folds of some of the window's things as they stood before it.

        Args:
            id_keys: The things. All that the window says of them must be folded in by the caller.
            read: Called for those that are not known.
        """
        self._used = {key: self._met[key] for key in id_keys if key in self._met}
        unknown = [key for key in id_keys if key not in self._met]
        if unknown:
            self._used.update(await read(unknown))
        return self._used
