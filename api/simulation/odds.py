"""How calls go: who answers at which hour, and what is said."""

from dataclasses import dataclass

from api.simulation.application import CALLBACK, NOT_SUCCESSFUL, SUCCESSFUL
from api.simulation.timeline import SECOND

ANSWERED = "ANSWERED"
BUSY = "BUSY"
NO_ANSWER = "NO_ANSWER"
UNAVAILABLE = "UNAVAILABLE"
ERROR = "ERROR"

RINGING_MS = {
    ANSWERED: (4 * SECOND, 20 * SECOND),
    BUSY: (2 * SECOND, 5 * SECOND),
    NO_ANSWER: (25 * SECOND, 35 * SECOND),
    UNAVAILABLE: (3 * SECOND, 7 * SECOND),
    ERROR: (1 * SECOND, 2 * SECOND),
}
PATIENCE_MS = (8 * SECOND, 25 * SECOND)
OPERATOR_FAILS = 0.02
OPERATOR_DOES_NOT_PICK_UP = 0.04
HUNG_UP_BY = (("CLIENT", 0.6), ("OPERATOR", 0.4))

_ANSWERED_BY_HOUR = {
    9: 0.30,
    10: 0.36,
    11: 0.38,
    12: 0.33,
    13: 0.30,
    14: 0.34,
    15: 0.35,
    16: 0.37,
    17: 0.42,
    18: 0.46,
    19: 0.43,
}
_EXPECTED_MORE = 0.35


@dataclass(frozen=True, slots=True)
class Result:
    """How a conversation ends.

    Attributes:
        form_status: What the operator selects in the form.
        status: What becomes of the application.
        talk_ms: The shortest and longest conversation.
    """

    form_status: str
    status: str
    talk_ms: tuple[int, int]


_AGREED = Result("Agreed", SUCCESSFUL, (90 * SECOND, 480 * SECOND))
_UNDECIDED = Result("Not decided", NOT_SUCCESSFUL, (60 * SECOND, 360 * SECOND))
_REFUSED = Result("Refused", NOT_SUCCESSFUL, (15 * SECOND, 150 * SECOND))
_WRONG_NUMBER = Result("Wrong number", NOT_SUCCESSFUL, (8 * SECOND, 30 * SECOND))
_LATER = Result("Call later", CALLBACK, (20 * SECOND, 90 * SECOND))

FIRST_TALK = (
    (_AGREED, 0.22),
    (_LATER, 0.2),
    (_WRONG_NUMBER, 0.05),
    (_UNDECIDED, 0.13),
    (_REFUSED, 0.4),
)
CALLED_BACK = ((_AGREED, 0.42), (_UNDECIDED, 0.16), (_REFUSED, 0.42))


def answers(hour: int, *, expected: bool) -> tuple[tuple[str, float], ...]:
    """Return how likely each answer is; a client who asked for the call answers more often."""
    answered = _ANSWERED_BY_HOUR.get(hour, 0.3) + _EXPECTED_MORE * expected
    return ((ANSWERED, answered), (BUSY, 0.11), (UNAVAILABLE, 0.06), (ERROR, 0.01), (NO_ANSWER, 1))
