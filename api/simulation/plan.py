"""What kinds of campaigns a company runs, and when."""

from dataclasses import dataclass

from api.simulation.timeline import MINUTE

TimeOfDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign's day; times of day are local (hour, minute).

    Attributes:
        share: How many applications, as a multiple of the average campaign.
        opens, ends: When dialling begins, and stops if the work is not done before.
        pauses: From when to when the campaign is on pause.
        morning_share: The part of the list that is there before the opening.
        list_until: When the last of the list is loaded.
        redial_ms: The wait after the first failure; it doubles with each.
        recall_ms: The longest wait that a client may ask for.
        carries_over: Whether what is not done today goes on tomorrow.
    """

    topic: str
    share: float
    opens: TimeOfDay
    ends: TimeOfDay = (20, 0)
    pauses: tuple[tuple[TimeOfDay, TimeOfDay], ...] = ()
    morning_share: float = 0.3
    list_until: TimeOfDay = (17, 30)
    max_call_count: int = 4
    redial_ms: int = 30 * MINUTE
    recall_ms: int = 240 * MINUTE
    carries_over: bool = True


PLANS = (
    Plan(
        topic="the renewal of your contract",
        share=1.0,
        opens=(9, 0),
        pauses=(((13, 0), (13, 30)),),
        list_until=(12, 0),
        recall_ms=120 * MINUTE,
        carries_over=False,
    ),
    Plan(
        topic="our spring offer",
        share=1.4,
        opens=(9, 10),
        pauses=(((10, 20), (10, 45)), ((14, 0), (14, 20))),
        max_call_count=5,
    ),
    Plan(
        topic="your last order",
        share=1.0,
        opens=(9, 30),
        ends=(15, 30),
        pauses=(((12, 30), (13, 15)),),
        list_until=(14, 0),
    ),
    Plan(
        topic="an open invoice",
        share=0.6,
        opens=(9, 5),
        morning_share=1.0,
        list_until=(9, 0),
        max_call_count=3,
        redial_ms=15 * MINUTE,
        recall_ms=60 * MINUTE,
        carries_over=False,
    ),
    Plan(topic="your new account", share=1.0, opens=(14, 0)),
)
