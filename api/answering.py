"""What knows whole answers: an operation, as execution sees it."""

from abc import ABC, abstractmethod
from collections.abc import Hashable

from store.trace import Trace


class Answering(ABC):
    """Knows the answers to queries that were asked before, for as long as they hold."""

    @abstractmethod
    async def known(self, question: Hashable) -> bytes | None:
        """Return the data of a result as JSON, if it is what the query would find now."""

    @abstractmethod
    async def keep(self, question: Hashable, trace: Trace, data: bytes) -> None:
        """Keep the data of a result without errors, as JSON, with what was read for it."""
