"""One company's day, put together and played."""

from collections.abc import Iterator
from datetime import UTC, date, tzinfo
from itertools import count, cycle, islice

from api.simulation.campaign import Campaign
from api.simulation.centre import Centre
from api.simulation.client import clients
from api.simulation.delivery import Delivery, Outbox
from api.simulation.dialer import dialer
from api.simulation.dice import Dice
from api.simulation.plan import PLANS
from api.simulation.roster import Roster, shifts
from api.simulation.timeline import Clock, Timeline

_OPENS_AT = (8, 30)
_CLOSES_AT = (20, 0)
_APPLICATIONS_PER_OPERATOR = 200
_FIRST_DAY = date(2020, 1, 1).toordinal()


def campaign_day(  # noqa: PLR0913 -- all by keyword: the knobs of a day
    *,
    day: date,
    seed: int = 1,
    company_id: str = "brightline",
    campaigns: int = 5,
    applications_per_campaign: int = 40,
    operators: int | None = None,
    zone: tzinfo = UTC,
    redelivery_rate: float = 0.01,
    late_rate: float = 0.003,
) -> Iterator[Delivery]:
    """Yield what the dialer of one company sends on one day, in order of sending.

    The same arguments give the same bytes on every machine. Memory grows with the applications
    (about ten deliveries each), never with the deliveries.

    Args:
        day: The local day. Dialling is from 9 to 20 o'clock, the lists are loaded from 8:40.
        seed: Another seed is another day: other clients, other luck, other ids. Ids repeat only
            on the same `day`, for seeds that are equal modulo 100.
        company_id: The `companyId` of all events.
        campaigns: How many, at most 100: of five kinds in turn.
        applications_per_campaign: How many on average; a kind has 0.6 to 1.4 times as many.
        operators: How many, by default as many as the applications keep busy. With too few, not
            every application is called before the evening.
        zone: The call centre's time zone, in which its dates are spelled.
        redelivery_rate: The share of events that the dialer sends twice.
        late_rate: The share of events that it sends 2 to 15 minutes after their creation.
    """
    dice = Dice(f"{seed}/{day.isoformat()}/{company_id}")
    outbox = Outbox(
        Dice(f"{seed}/{day.isoformat()}/{company_id}/sending"),
        redelivery_rate=redelivery_rate,
        late_rate=late_rate,
    )
    clock = Clock(day, zone)
    block = (day.toordinal() - _FIRST_DAY) * 100 + seed % 100
    centre = Centre(
        company_id=company_id,
        clock=clock,
        dice=dice,
        timeline=Timeline(clock.at(*_OPENS_AT)),
        roster=Roster(),
        outbox=outbox,
        ids=count(block * 10_000_000 + 1),
    )
    total = campaigns * applications_per_campaign
    _staff(centre, operators or max(8, total // _APPLICATIONS_PER_OPERATOR))
    _open(centre, _campaigns(centre, block * 100, campaigns, applications_per_campaign))
    return _play(centre)


def _staff(centre: Centre, operators: int) -> None:
    working_days = shifts(centre.roster, centre.timeline, centre.clock, centre.dice)
    for working_day in islice(working_days, operators):
        centre.timeline.start(working_day)


def _campaigns(centre: Centre, first_id: int, number: int, average: int) -> list[Campaign]:
    return [
        Campaign(
            centre,
            first_id + place,
            plan,
            clients(centre.dice, place=place),
            size=max(1, round(average * plan.share)),
        )
        for place, plan in enumerate(islice(cycle(PLANS), number))
    ]


def _open(centre: Centre, campaigns: list[Campaign]) -> None:
    for campaign in campaigns:
        centre.timeline.start(campaign.timetable())
        centre.timeline.start(campaign.imports())
    centre.timeline.start(dialer(centre, campaigns, closes_at=centre.clock.at(*_CLOSES_AT)))


def _play(centre: Centre) -> Iterator[Delivery]:
    for now in centre.timeline.run():
        yield from centre.outbox.sent_by(now)
    yield from centre.outbox.rest()
