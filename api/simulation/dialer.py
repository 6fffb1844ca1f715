"""The dialer: keeps as many phones ringing as the free operators can answer."""

from collections import deque
from collections.abc import Sequence

from api.simulation.call import call
from api.simulation.campaign import Campaign
from api.simulation.centre import Centre
from api.simulation.timeline import SECOND, Process

_TICK_MS = 5 * SECOND
_LINES_PER_FREE_OPERATOR = 2.2


def dialer(centre: Centre, campaigns: Sequence[Campaign], *, closes_at: int) -> Process:
    """Dial for all `campaigns` in turn until the centre closes."""
    in_turn = deque(campaigns)
    while centre.now < closes_at:
        yield _TICK_MS
        lines = int(centre.roster.free_count * _LINES_PER_FREE_OPERATOR) - centre.ringing
        _dial(centre, deque(one for one in in_turn if one.running), lines)
        in_turn.rotate(-1)


def _dial(centre: Centre, campaigns: deque[Campaign], lines: int) -> None:
    while campaigns and lines > 0:
        campaign = campaigns.popleft()
        application = campaign.take_next()
        if application is None:
            continue
        centre.timeline.start(call(centre, campaign, application))
        campaigns.append(campaign)
        lines -= 1
