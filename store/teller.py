"""What a stretch of the log tells, formed for each channel apart."""

import logging
from collections.abc import Sequence
from typing import Any

from store.broadcast import Broadcaster, Channel
from store.due import DueCallbacks
from store.errors import LogUnavailableError
from store.foldings import Foldings
from store.topics import CALLBACKS, Topic
from store.window import Stretch

_logger = logging.getLogger(__name__)


class Teller:
    """Tells those who listen what a stretch of the log says.

    Args:
        broadcaster: Who listens.
        due: Hears which callbacks changed.
    """

    def __init__(self, broadcaster: Broadcaster, due: DueCallbacks) -> None:
        self._broadcaster = broadcaster
        self._due = due
        self._foldings: dict[Channel, Foldings] = {}

    async def tell(self, stretch: Stretch, channels: Sequence[Channel]) -> int:
        """Form what each of the channels is told, then tell all of them.

        Where that fails for a channel, each who listens to it reads on from the log alone, and
        meets the failure there: one company holds up no other.

        Returns:
            For how many of them it failed.

        Raises:
            LogUnavailableError: Nobody was told.
        """
        self._foldings = {each: self._foldings.get(each) or Foldings() for each in channels}
        formed = [(*each, await self._formed(stretch, *each)) for each in channels]
        for topic, company, changes in formed:
            if changes is None:
                self._broadcaster.set_back(topic, company, stretch.after)
            else:
                self._broadcaster.publish(topic, company, changes)
        return sum(changes is None for _, _, changes in formed)

    async def _formed(
        self, stretch: Stretch, topic: Topic[Any], company: str
    ) -> "list[Any] | None":
        try:
            return await self._form(stretch, topic, company)
        except LogUnavailableError:
            raise
        except Exception:
            _logger.exception("following the log failed for one company: its listeners read on")
            return None

    async def _form(self, stretch: Stretch, topic: Topic[Any], company: str) -> list[Any]:
        window = stretch.window(company, topic.kinds, known := self._foldings[topic, company])
        with known.through(window.span, window.rows):
            changes = await topic.form(window) if window.rows or not topic.kinds else []
        if topic is CALLBACKS:
            self._due.note(company, changes)
        return changes
