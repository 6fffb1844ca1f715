"""Which primary's term an answer is read in: what two of them say is not put together.

What a majority holds is never taken back, but a new primary may show for a moment less of it than
the last one did (MongoDB: "Read Concern majority", outside of causally consistent sessions).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from store.errors import LogUnavailableError

_held: ContextVar[object] = ContextVar("term", default=None)


def hold_to(term: object) -> None:
    """Hold the reads of this task, and of those that it starts, to a term; `None` is to any."""
    _held.set(term)


@contextmanager
def held_to(term: object) -> Iterator[None]:
    """Hold what is read inside to a term."""
    before = _held.get()
    _held.set(term)
    try:
        yield
    finally:
        _held.set(before)


def check_term(term: object) -> None:
    """Refuse what was read in another term.

    Raises:
        LogUnavailableError: There was an election; who asks again is answered in the new term.
    """
    if _held.get() not in {None, term}:
        raise LogUnavailableError("another primary was elected meanwhile: ask again")
