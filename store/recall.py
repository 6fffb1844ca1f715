"""What one view has loaded, each thing once, through the cache of the process."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from store.cache import Reach, Stretch
from store.horizon import CACHED
from store.trace import kept, note_other

Load = Callable[[Sequence[str]], Awaitable[Mapping[str, Any]]]


class Recall:
    """The memory of one view.

    Args:
        reach: Gives the cache at the view's moment; `None` where there is none.
    """

    def __init__(self, reach: Callable[[], Awaitable[Reach | None]]) -> None:
        self._reach = reach
        self._reaching: asyncio.Future[Reach | None] | None = None
        self._known: dict[str, dict[str, Any]] = defaultdict(dict)
        self._loading: dict[tuple[str, str], asyncio.Future[None]] = {}

    def known(self, what: str) -> Mapping[str, Any]:
        """Return what was loaded so far."""
        return self._known[what]

    async def take(self, what: str, keys: Iterable[str], load: Load) -> dict[str, Any]:
        """Return what `load` gives for each key, loading each only once; see `View.remember`."""
        memory = self._known[what]
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in memory]
        if missing:
            await self._load(what, missing, load)
        return {key: memory[key] for key in wanted}

    async def keep(self, what: str, found: Mapping[str, Any]) -> None:
        """Keep what was read beside something else."""
        self._known[what] |= found
        if (reach := await self._reached()) is not None:
            reach.keep(what, found)
        else:
            note_other()

    async def stretch(
        self, what: str, of: str, part: str, load: Callable[[], Awaitable[Stretch]]
    ) -> Stretch:
        """Return a stretch of a list, read only once; `part` says which."""

        async def loaded(keys: Sequence[str]) -> Mapping[str, Stretch]:
            return dict.fromkeys(keys, await self._stretch(what, of, part, load))

        key = f"{len(of)} {of} {part}"
        found: Stretch = (await self.take(f"stretches of {what}", [key], loaded))[key]
        return found

    async def _stretch(
        self, what: str, of: str, part: str, load: Callable[[], Awaitable[Stretch]]
    ) -> Stretch:
        reach = await self._reached()
        found = None if reach is None else reach.stretch(what, of, part)
        if found is None:
            with kept(is_kept=reach is not None):
                found = await load()
            if reach is not None:
                reach.keep_stretch(what, of, part, found)
        return found

    async def _load(self, what: str, keys: Sequence[str], load: Load) -> None:
        """Load what nobody loads yet, and wait for what somebody does."""
        loading = {self._loading[what, key] for key in keys if (what, key) in self._loading}
        mine = [key for key in keys if (what, key) not in self._loading]
        if mine:
            await self._load_alone(what, mine, load)
        if loading:
            await asyncio.gather(*loading)

    async def _load_alone(self, what: str, keys: Sequence[str], load: Load) -> None:
        loaded: asyncio.Future[None] = asyncio.Future()
        self._loading |= dict.fromkeys([(what, key) for key in keys], loaded)
        try:
            self._known[what] |= await self._read_through(what, keys, load)
            loaded.set_result(None)
        except BaseException as error:
            loaded.set_exception(error)
            loaded.exception()  # seen here, whether or not somebody waits
            raise
        finally:
            for key in keys:
                del self._loading[what, key]

    async def _read_through(self, what: str, keys: Sequence[str], load: Load) -> Mapping[str, Any]:
        """Load what the cache does not know at this moment, and keep it there."""
        reach = await self._reached() if what in CACHED else None
        if reach is None:
            with kept(is_kept=False):
                return await load(keys)
        found = reach.find(what, keys)
        missing = [key for key in keys if key not in found]
        if missing:
            with kept(is_kept=True):
                loaded = await load(missing)
            reach.keep(what, loaded)
            found |= loaded
        return found

    async def _reached(self) -> Reach | None:
        if self._reaching is None:
            self._reaching = asyncio.ensure_future(self._reach())
        return await asyncio.shield(self._reaching)
