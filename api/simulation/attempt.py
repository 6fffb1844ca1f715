"""Attempts: what dialling one client once does to the application."""

from dataclasses import dataclass

from api.simulation.application import CALLBACK, NOT_REACHED, REDIAL, Application, tell_changed
from api.simulation.callback import Callback, tell_callback
from api.simulation.campaign import Campaign
from api.simulation.centre import Centre
from api.simulation.roster import Operator
from api.simulation.sms import message
from api.simulation.statistic import Statistic
from api.simulation.timeline import MINUTE, SECOND


@dataclass(slots=True)
class Attempt:
    """One attempt; `picked_up_at` is when the client answered, 0 before."""

    centre: Centre
    campaign: Campaign
    application: Application
    picked_up_at: int = 0

    @property
    def general_seconds(self) -> int:
        """How long the client has been on the line."""
        return (self.centre.now - self.picked_up_at) // SECOND

    def begin(self) -> None:
        """Dial."""
        self.application.dialled(self.centre.now)
        tell_changed(self.centre, self.application)

    def record(self, operator: Operator | None, **values: object) -> Statistic:
        """Create the statistic of this attempt, or of one leg of it."""
        return Statistic(self.centre, self.application, operator, **values)

    def promise(self, callback: Callback) -> None:
        """Note a callback made in this attempt, and send its event."""
        self.application.promise(callback)
        phone = self.application.phone
        tell_callback(
            self.centre,
            callback,
            self.application.client,
            application_id=self.application.id,
            phone=phone,
        )

    def fail(self, *, wait_share: float = 1.0, error: str | None = None) -> None:
        """End without a talk: dial again later, sooner with a smaller `wait_share`, or give up."""
        application = self.application
        if application.called_count >= application.max_call_count:
            application.close(NOT_REACHED)
            self._perhaps_write()
        elif application.callback:
            wait = self.centre.dice.between(8 * MINUTE, 15 * MINUTE)
            application.wait(CALLBACK, self.centre.now + wait)
        else:
            application.wait(REDIAL, self.campaign.redial_at(application, share=wait_share))
        self.end(error)

    def end(self, error: str | None = None) -> None:
        """Send what became of the application, and hand it back to its campaign."""
        more = {"errorMessage": error} if error else {}
        tell_changed(self.centre, self.application, **more)
        self.campaign.put_back(self.application)

    def _perhaps_write(self) -> None:
        if self.centre.dice.chance(0.5):
            topic = self.campaign.plan.topic
            self.centre.timeline.start(message(self.centre, self.application, topic))
