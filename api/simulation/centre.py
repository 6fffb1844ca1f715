"""What the parts of a company's day share."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.simulation.delivery import Outbox
from api.simulation.dice import Dice
from api.simulation.roster import Roster
from api.simulation.timeline import Clock, Timeline


@dataclass(slots=True)
class Centre:
    """One company's call centre.

    Attributes:
        ids: Ids for applications, calls and callbacks, each given out once.
        ringing: How many clients' phones ring right now.
    """

    company_id: str
    clock: Clock
    dice: Dice
    timeline: Timeline
    roster: Roster
    outbox: Outbox
    ids: Iterator[int]
    ringing: int = 0

    @property
    def now(self) -> int:
        """The simulated moment, epoch milliseconds."""
        return self.timeline.now

    def tell(self, event_name: str, parameters: dict[str, object]) -> None:
        """Send an event that is created now."""
        header = {
            "eventName": event_name,
            "companyId": self.company_id,
            "eventCreationDate": self.clock.text(self.now),
        }
        self.outbox.post(self.now, header | parameters)
