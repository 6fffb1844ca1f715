"""What the dialer sends, and the way it travels: a little late, now and then twice."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from api.simulation.dice import Dice

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST of the dialer.

    Attributes:
        at: When the dialer sends it, aware UTC; never before the event's `eventCreationDate`.
        body: The event, one JSON object in UTF-8.
    """

    at: datetime
    body: bytes


class Outbox:
    """Holds what was told until it is sent, and hands it out in order of sending."""

    def __init__(self, dice: Dice, *, redelivery_rate: float, late_rate: float) -> None:
        self._dice = dice
        self._redelivery_rate = redelivery_rate
        self._late_rate = late_rate
        self._waiting: list[tuple[int, int, bytes]] = []
        self._sequence = count()

    def post(self, now: int, event: Mapping[str, object]) -> None:
        """Send `event`, created at `now` (epoch ms), in a moment, perhaps late, perhaps twice."""
        body = _encode(event).encode()
        sent_at = now + self._delay_ms()
        self._put(sent_at, body)
        if self._dice.chance(self._redelivery_rate):
            self._put(sent_at + self._dice.between(1_000, 90_000), body)

    def sent_by(self, now: int) -> Iterator[Delivery]:
        """Yield, and forget, the deliveries sent up to `now` (epoch ms)."""
        while self._waiting and self._waiting[0][0] <= now:
            yield self._take()

    def rest(self) -> Iterator[Delivery]:
        """Yield, and forget, all that is still to be sent."""
        while self._waiting:
            yield self._take()

    def _delay_ms(self) -> int:
        if self._dice.chance(self._late_rate):
            return self._dice.between(120_000, 900_000)
        return self._dice.between(20, 400)

    def _put(self, at: int, body: bytes) -> None:
        heappush(self._waiting, (at, next(self._sequence), body))

    def _take(self) -> Delivery:
        at, _, body = heappop(self._waiting)
        return Delivery(at=_EPOCH + timedelta(milliseconds=at), body=body)
