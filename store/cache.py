"""What operations read, kept for the next ones and exact: a read-through cache over the log.

An entry says what a read found at one position. It holds for every later position until a fact
names what it depends on, and the facts that were appended since tell that at the price of one short
read. So an answer from the cache is the answer of the log, at the position of whoever asks.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import ref

from store.bounded import Bounded
from store.collections import Document
from store.driver import Database
from store.fold import State
from store.horizon import Horizon, Slot, rows_between, touched_by
from store.moment import Moment, position_of
from store.trace import Found, trace, untraced

MAX_WEIGHT = 300_000
"""How much a process keeps: a state weighs at least 7, about 4 KiB; other entries 1; 180 MiB."""

ANSWERS_WEIGHT = 200_000
"""How much it keeps of whole answers: 120 MiB. They hold without what they were made from."""

_MAX_BEHIND = 1_000  # positions; to read more of them costs more than to load afresh
_MAX_HORIZONS = 1_000
_MAX_NAME = 1_000  # characters of a company; who sees all may ask for any
_MAX_TOUCHED = 200_000  # of all horizons
_STATE = 7
_BYTES_PER_WEIGHT = 600
_BYTES_PER_ENTRY = 150  # of a thing's history, or of what links it
_MAX_STRETCHES = 50  # of one list


class Entry(NamedTuple):
    """What is kept.

    Attributes:
        value: What was read.
        since: The position that it was read at.
        weight: What it counts of `MAX_WEIGHT`.
    """

    value: Any
    since: int
    weight: int


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Stretch:
    """A stretch of a list that only new members change: their id keys, and whether it goes on."""

    members: dict[str, None]
    is_cut: bool = False


class Cache:
    """The entries of one process; see `Reach` for how a view uses them.

    Args:
        max_weight: How much is kept; what was asked for last stays.

    Attributes:
        answers: Whole answers, by their questions; see `Answers`.
    """

    def __init__(self, max_weight: int = MAX_WEIGHT) -> None:
        self._horizons: OrderedDict[tuple[str, int, int], Horizon] = OrderedDict()
        self._made = 0
        self._redactions = 0
        self._entries: Bounded[Slot, Entry] = Bounded(max_weight)
        self.answers: Bounded[Hashable, Any] = Bounded(ANSWERS_WEIGHT)

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget everything."""
        for horizon in self._horizons.values():
            horizon.retire()
        self._horizons.clear()
        self._entries.clear()
        self.answers.clear()

    async def reach(self, database: Database, company: str, moment: Moment) -> "Reach | None":
        """Bring what is known of a company up to a moment, in one read at most.

        Returns:
            The cache at that moment; `None` where it speaks of the past by the dialer's clock, or
            of a company whose name is too long to be remembered.
        """
        if moment.as_of is not None or len(company) > _MAX_NAME:
            return None
        horizon = self._horizon(company, moment)
        async with horizon.lock:
            if horizon.is_retired:  # while this one waited
                return await self.reach(database, company, moment)
            if horizon.position < moment.position:
                with untraced():
                    rows = await rows_between(database, company, moment, horizon.position)
                if rows is None:
                    return Reach(self, self._begin(company, moment), moment.position)
                for row in rows:
                    self._touch(horizon, row)
                horizon.position = moment.position
        return Reach(self, horizon, moment.position)

    def _horizon(self, company: str, moment: Moment) -> Horizon:
        if moment.redactions > self._redactions:
            self.clear()  # a person may be in there who is forgotten
            self._redactions = moment.redactions
        key = _key(company, moment)
        horizon = self._horizons.get(key)
        if horizon is None or moment.position - horizon.position > _MAX_BEHIND:
            return self._begin(company, moment)
        self._horizons.move_to_end(key)
        return horizon

    def _begin(self, company: str, moment: Moment) -> Horizon:
        """Begin anew for a company: what is known of it counts no longer."""
        self._made += 1
        horizon, key = Horizon(company, self._made, moment.position), _key(company, moment)
        if (before := self._horizons.pop(key, None)) is not None:
            before.retire()
        self._horizons[key] = horizon
        if len(self._horizons) > _MAX_HORIZONS:
            self._horizons.popitem(last=False)[1].retire()
        return horizon

    def _touch(self, horizon: Horizon, row: Document) -> None:
        position, most = position_of(row["_id"]), _MAX_TOUCHED // max(1, len(self._horizons))
        for what, key, member in touched_by(row):
            slot = (horizon.number, what, key)
            self._drop(slot, member)
            horizon.touch(slot, position, most)

    def _drop(self, slot: Slot, member: str) -> None:
        entry = self._entries.pop(slot)
        if entry is not None and isinstance(entry.value, dict):
            held = {part: each for part, each in entry.value.items() if member in each.members}
            self.put(slot, entry._replace(value=held))

    def get(self, slot: Slot) -> Entry | None:
        """Return an entry; it becomes one of those that were asked for last."""
        return self._entries.get(slot)

    def put(self, slot: Slot, entry: Entry) -> None:
        """Keep an entry."""
        self._entries.put(slot, entry)


class Reach:
    """A cache at one position."""

    def __init__(self, cache: Cache, horizon: Horizon, position: int) -> None:
        self._cache = cache
        self._horizon = horizon
        self._position = position

    def find(self, what: str, keys: Iterable[str]) -> dict[str, Any]:
        """Return what is known of the keys at this position; the others are missing."""
        found = self._find(what, keys)
        if (noted := trace()) is not None:
            noted.at(self._horizon, self._position).keys[what].update(found)
        return found

    def _find(self, what: str, keys: Iterable[str]) -> dict[str, Any]:
        get, number, position = self._cache.get, self._horizon.number, self._position
        return {
            key: entry.value
            for key in keys
            if (entry := get((number, what, key))) is not None and entry.since <= position
        }

    def stretch(self, what: str, of: str, part: str) -> Stretch | None:
        """Return a stretch of a list, if it is known at this position."""
        known: dict[str, Stretch] = self._find(what, [of]).get(of, {})
        found = known.get(part)
        if found is not None and (noted := trace()) is not None:
            noted.at(self._horizon, self._position).stretches[what, of, part] = ref(found)
        return found

    def still_finds(self, horizon: Horizon, found: Found) -> bool:
        """Say whether what was found before would be found now; if so, note that it was.

        That is so where no fact touched it since, or where it was kept before and still is.
        """
        if horizon is not self._horizon:
            return False
        since = min(found.position, self._position)
        if not horizon.is_untouched(since):
            for what, keys in found.keys.items():
                if not all(self._is_still_there(what, key, since) for key in keys):
                    return False
            for (what, of, part), stretch in found.stretches.items():
                if not self._is_still_stretch(what, of, part, since, stretch):
                    return False
        found.position = self._position
        return True

    def _is_still_there(self, what: str, key: str, since: int) -> bool:
        slot = (self._horizon.number, what, key)
        if self._horizon.was_untouched(slot, since):
            return True
        entry = self._cache.get(slot)
        return entry is not None and entry.since <= since

    def _is_still_stretch(
        self, what: str, of: str, part: str, since: int, found: Callable[[], object]
    ) -> bool:
        if self._horizon.was_untouched((self._horizon.number, what, of), since):
            return True
        stretch = self.stretch(what, of, part)
        return stretch is not None and stretch is found()

    def keep_stretch(self, what: str, of: str, part: str, found: Stretch) -> None:
        """Keep a stretch of a list; of one list those that were read last."""
        known = list(self._find(what, [of]).get(of, {}).items())
        is_kept = self._keep(what, {of: dict([*known[1 - _MAX_STRETCHES :], (part, found)])})
        if (noted := trace()) is not None:
            noted.at(self._horizon, self._position).stretches[what, of, part] = ref(found)
            noted.is_whole &= is_kept

    def keep(self, what: str, found: Mapping[str, Any]) -> None:
        """Keep what was read at this position, where no fact behind it touched it since."""
        is_kept = self._keep(what, found)
        if (noted := trace()) is not None:
            noted.at(self._horizon, self._position).keys[what].update(found)
            noted.is_whole &= is_kept

    def _keep(self, what: str, found: Mapping[str, Any]) -> bool:
        """Keep what can be, and say whether that is all."""
        horizon, position = self._horizon, self._position
        if position < horizon.floor:
            return False
        is_whole = True
        for key, value in found.items():
            slot = (horizon.number, what, key)
            if horizon.touched.get(slot, 0) <= position:
                weight = _weight(value) + len(key) // _BYTES_PER_WEIGHT
                self._cache.put(slot, Entry(value, position, weight))
            else:
                is_whole = False
        return is_whole


def _key(company: str, moment: Moment) -> tuple[str, int, int]:
    return company, moment.generation, moment.redactions


def _weight(value: object) -> int:
    if type(value) is tuple:
        return 1 + len(value) // 4
    if type(value) is dict:
        texts = sum(map(len, value)) // _BYTES_PER_WEIGHT
        return 1 + texts + sum(len(each.members) for each in value.values()) // 4
    return max(_STATE, _size(value) // _BYTES_PER_WEIGHT) if type(value) is State else 1


def _size(state: State) -> int:
    """Return about how many bytes it takes to keep what a thing has more of than most."""
    texts = [*state.keys, *(each for each in state.data.values() if type(each) is str)]
    return sum(map(len, texts)) + _BYTES_PER_ENTRY * (len(state.keys) + len(state.statuses))
