"""Whole answers, each kept for as long as all holds that it was made from."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import NamedTuple

from store.cache import ANSWERS_WEIGHT, Cache
from store.driver import Database
from store.horizon import Horizon
from store.moment import Moment
from store.trace import Found, Trace

_BYTES_PER_WEIGHT = 600
_BYTES_PER_KEY = 100  # beside its characters


class _Answer(NamedTuple):
    weight: int
    encoded: bytes
    found: Mapping[Horizon, Found]
    since: datetime
    until: datetime


class Answers:
    """The answers of one process. They lie in its cache, with a bound of their own.

    An answer is a function of the question and of what the cache holds, where nothing else was
    read: so it is the answer at every position at which that is still what would be found.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def find(
        self, database: Database, moment: Moment, now: datetime, question: Hashable
    ) -> bytes | None:
        """Return the answer to a question at a moment, if it is known; one short read at most.

        Args:
            database: Where the log lies.
            moment: The end of the log; the question says what else it asks for.
            now: The moment that "now" means.
            question: All that an answer depends on beside the log and the clock.
        """
        answer: _Answer | None = self._cache.answers.get(question)
        if answer is None or not answer.since <= now < answer.until:
            return None
        for horizon, found in answer.found.items():
            reach = await self._cache.reach(database, horizon.company, moment)
            if reach is None or not reach.still_finds(horizon, found):
                return None
        return answer.encoded

    def keep(self, question: Hashable, trace: Trace, encoded: bytes, now: datetime) -> None:
        """Keep an answer, if all of it came through the cache.

        Args:
            question: As it was looked for.
            trace: What was read for it.
            encoded: The answer.
            now: The moment that "now" meant.
        """
        weight = 1 + (len(encoded) + _size(question, trace)) // _BYTES_PER_WEIGHT
        if trace.is_whole and weight < _MOST:
            answer = _Answer(weight, encoded, trace.found, now, trace.until)
            self._cache.answers.put(question, answer)


_MOST = ANSWERS_WEIGHT // 20


def _size(question: Hashable, trace: Trace) -> int:
    """Return about how many bytes it takes to remember what was asked for and read."""
    found = [each for found in trace.found.values() for each in found.keys.values()]
    return len(repr(question)) + sum(_BYTES_PER_KEY + len(key) for keys in found for key in keys)
