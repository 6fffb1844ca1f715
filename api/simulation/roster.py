"""The operators: their shifts, their lunch, and who is free."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from api.simulation.dice import Dice
from api.simulation.timeline import HOUR, MINUTE, Clock, Process, Timeline

_FIRST_ID = 301
_SHIFT_STARTS = ((8, 55), (9, 30), (10, 30), (11, 0))


@dataclass(slots=True, eq=False)
class Operator:
    """One operator; `on_duty` is false before and after the shift and at lunch."""

    id: int
    on_duty: bool = False
    busy: bool = False


class Roster:
    """Who is free; the one who has waited longest comes first."""

    def __init__(self) -> None:
        self._free: deque[Operator] = deque()

    @property
    def free_count(self) -> int:
        """How many operators wait for a call."""
        return len(self._free)

    def take(self) -> Operator | None:
        """Give a call to a free operator; none if all are busy or away."""
        if not self._free:
            return None
        operator = self._free.popleft()
        operator.busy = True
        return operator

    def release(self, operator: Operator) -> None:
        """End the operator's call; one whose break or evening has come leaves."""
        operator.busy = False
        if operator.on_duty:
            self._free.append(operator)

    def come(self, operator: Operator) -> None:
        """Begin the operator's duty."""
        operator.on_duty = True
        if not operator.busy:
            self._free.append(operator)

    def leave(self, operator: Operator) -> None:
        """End the operator's duty, after the call if there is one."""
        operator.on_duty = False
        if not operator.busy:
            self._free.remove(operator)


def shifts(roster: Roster, timeline: Timeline, clock: Clock, dice: Dice) -> Iterator[Process]:
    """Yield the working days of one operator after the other, without end."""
    operator_id = _FIRST_ID
    while True:
        hour, minute = _SHIFT_STARTS[operator_id % len(_SHIFT_STARTS)]
        come_at = clock.at(hour, minute) + dice.between(0, 5 * MINUTE)
        lunch_ms = dice.between(30 * MINUTE, 45 * MINUTE)
        yield _shift(roster, timeline, Operator(operator_id), come_at, lunch_ms)
        operator_id += 1


def _shift(
    roster: Roster, timeline: Timeline, operator: Operator, come_at: int, lunch_ms: int
) -> Process:
    yield timeline.until(come_at)
    roster.come(operator)
    yield 3 * HOUR + 30 * MINUTE
    roster.leave(operator)
    yield lunch_ms
    roster.come(operator)
    yield 5 * HOUR
    roster.leave(operator)
