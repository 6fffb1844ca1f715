"""A campaign (D11, D15)."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from model import lists
from model.body import CAMPAIGN
from model.history import Entry, campaign_status, history
from model.lists import Filter, Order
from model.thing import Thing

if lists.TYPE_CHECKING:
    from model.application import Application
    from model.call import Call
    from model.callback import Callback


@dataclass(frozen=True)
class StatusCount:
    """How many applications of a campaign have a status."""

    status: str | None
    count: int


@dataclass(frozen=True)
class CampaignStatusChange:
    """A change of a campaign's status."""

    entry: Entry
    campaign: "Campaign"

    @property
    def position(self) -> int:
        return self.entry.event.position

    @property
    def occurred_at(self) -> int:
        return self.entry.event.occurred_at

    @property
    def previous_status(self) -> str | None:
        return self.entry.previous.known

    @property
    def status(self) -> str | None:
        return self.entry.status.known

    @property
    def status_raw(self) -> str | None:
        return self.entry.status.raw


class Campaign(Thing):
    """A campaign at one moment."""

    noun = CAMPAIGN

    @property
    def campaign_id(self) -> str:
        return self.thing_id

    @property
    def status(self) -> str | None:
        return campaign_status(self.state.get("status")).known

    @property
    def status_raw(self) -> str | None:
        return self.text("status")

    @cached_property
    def status_history(self) -> list[CampaignStatusChange]:
        entries = history(self.carried("status"), campaign_status)
        return [CampaignStatusChange(entry, self) for entry in entries]

    @property
    def status_changed_at(self) -> int | None:
        return self.status_history[-1].occurred_at if self.status_history else None

    def applications(self, where: Filter = None, order: Order = None) -> "list[Application]":
        return lists.applications(self._applications, where, order)

    def calls(self, where: Filter = None, order: Order = None) -> "list[Call]":
        found = [call for call in self.view.calls.values() if call.campaign_id == self.thing_id]
        return lists.calls(found, where, order)

    def callbacks(self, where: Filter = None, order: Order = None) -> "list[Callback]":
        every = self.view.callbacks.values()
        found = [callback for callback in every if callback.campaign is self]
        return lists.callbacks(found, where, order)

    @property
    def application_status_counts(self) -> list[StatusCount]:
        counted = Counter(application.status for application in self._applications)
        return [StatusCount(status, count) for status, count in counted.items()]

    @cached_property
    def _applications(self) -> "list[Application]":
        every = self.view.applications.values()
        return [application for application in every if application.campaign_id == self.thing_id]
