"""Applications: one client in one campaign, from the import to the last attempt."""

from collections.abc import Iterable
from dataclasses import dataclass

from api.simulation.callback import Callback
from api.simulation.centre import Centre
from api.simulation.client import Client
from api.simulation.timeline import Clock

# The source names no statuses of applications; these are ours.
NEW = "NEW"
IN_PROCESS = "IN_PROCESS"
REDIAL = "REDIAL"
CALLBACK = "CALLBACK"
SUCCESSFUL = "SUCCESSFUL"
NOT_SUCCESSFUL = "NOT_SUCCESSFUL"
NOT_REACHED = "NOT_REACHED"


@dataclass(slots=True, eq=False)
class Application:
    """The dialer's record of one client in one campaign; moments are epoch milliseconds."""

    id: int
    campaign_id: int
    client: Client
    max_call_count: int
    status: str = NEW
    called_count: int = 0
    last_call: int | None = None
    next_call: int | None = None
    form_status: str | None = None
    callback: Callback | None = None

    @property
    def phone(self) -> str:
        """The number of the current or next attempt: the client's numbers in turn."""
        phones = self.client.phones
        return phones[max(0, self.called_count - 1) % len(phones)]

    @property
    def next_phone(self) -> str:
        """The number of the attempt after this one."""
        phones = self.client.phones
        return phones[self.called_count % len(phones)]

    def dialled(self, now: int) -> None:
        """Note that an attempt begins."""
        self.status = IN_PROCESS
        self.called_count += 1
        self.last_call = now
        self.next_call = None

    def wait(self, status: str, next_call: int) -> None:
        """Note that the next attempt is to come."""
        self.status = status
        self.next_call = next_call

    def promise(self, callback: Callback) -> None:
        """Note that the client is to be called back, and allow three attempts for it."""
        self.callback = callback
        self.max_call_count = max(self.max_call_count, self.called_count + 3)
        self.wait(CALLBACK, callback.recall_at)

    def close(self, status: str) -> None:
        """Note that there will be no further attempt."""
        self.status = status
        self.next_call = None

    @property
    def closed(self) -> bool:
        """Whether there will be no further attempt."""
        return self.status in (SUCCESSFUL, NOT_SUCCESSFUL, NOT_REACHED)

    def as_changed(self, clock: Clock) -> dict[str, object]:
        """Return the element of `tac` for a change: what may have changed, and what it is about."""
        return {
            "id": self.id,
            "telemarketCampaignId": self.campaign_id,
            "status": self.status,
            "maxCallCount": self.max_call_count,
            "calledCount": self.called_count,
            "lastCall": clock.text_or_none(self.last_call),
            "nextCall": clock.text_or_none(self.next_call),
            "nextPhoneNumber": None if self.closed else self.next_phone,
            "ccprojectCallStatus": self.form_status,
            "hasRecall": self.callback is not None,
            "processable": not self.closed,
            "clientSyncIdsToValues": [self.client.sync_ids] if self.client.sync_ids else [],
        }

    def as_imported(self, clock: Clock, order_index: int) -> dict[str, object]:
        """Return the element of `tac` for the import: every parameter, also the deprecated."""
        return self.as_changed(clock) | {
            "orderIndex": order_index,
            "callPriorityIndex": 0,
            "telemarketClientParentId": None,
            "smsStatus": None,
            "smsMessage": None,
            "errorMessage": None,
            "ccprojectStatusCalledCount": 0,
            "agiProcessing": False,
        }


def tell_imported(centre: Centre, applications: Iterable[Application]) -> None:
    """Send the event of applications loaded together."""
    elements = [one.as_imported(centre.clock, place) for place, one in enumerate(applications, 1)]
    centre.tell("TACStatusUpdatedEvent", {"tac": elements})


def tell_changed(centre: Centre, application: Application, **more: object) -> None:
    """Send the event of one application that changed; `more` are further parameters."""
    element = application.as_changed(centre.clock) | more
    centre.tell("TACStatusUpdatedEvent", {"tac": [element]})
