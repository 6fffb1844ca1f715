"""An application: a call application of a client card (D12, D15)."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from model import lists
from model.body import APPLICATION
from model.completion import completed
from model.history import Entry, application_status, history
from model.json_text import Json
from model.lists import Filter, Order
from model.thing import Thing
from model.values import bool_of, int_of

if TYPE_CHECKING:
    from model.call import Call
    from model.callback import Callback
    from model.campaign import Campaign


@dataclass(frozen=True)
class ApplicationStatusChange:
    """A change of an application's status."""

    entry: Entry
    application: "Application"

    @property
    def position(self) -> int:
        return self.entry.event.position

    @property
    def occurred_at(self) -> int:
        return self.entry.event.occurred_at

    @property
    def previous_status(self) -> str | None:
        return self.entry.previous.raw

    @property
    def status(self) -> str | None:
        return self.entry.status.raw


class Application(Thing):
    """An application at one moment."""

    noun = APPLICATION

    @property
    def application_id(self) -> str:
        return self.thing_id

    @property
    def campaign_id(self) -> str | None:
        return self.id("telemarketCampaignId")

    @property
    def campaign(self) -> "Campaign | None":
        return self.view.campaigns[self.campaign_id] if self.campaign_id else None

    @cached_property
    def status(self) -> str | None:
        return self.text("status")

    @cached_property
    def status_history(self) -> list[ApplicationStatusChange]:
        entries = history(self.carried("status"), application_status)
        return [ApplicationStatusChange(entry, self) for entry in entries]

    @property
    def status_changed_at(self) -> int | None:
        return self.status_history[-1].occurred_at if self.status_history else None

    @property
    def max_call_count(self) -> int | None:
        return int_of(self.state.get("maxCallCount"))

    @property
    def called_count(self) -> int | None:
        return int_of(self.state.get("calledCount"))

    @property
    def last_call(self) -> int | None:
        return self.date("lastCall")

    @property
    def next_call(self) -> int | None:
        return self.date("nextCall")

    @property
    def next_phone_number(self) -> str | None:
        return self.text("nextPhoneNumber")

    @property
    def sms_status(self) -> str | None:
        return self.text("smsStatus")

    @property
    def sms_message(self) -> str | None:
        return self.text("smsMessage")

    @property
    def error_message(self) -> str | None:
        return self.text("errorMessage")

    @property
    def ccproject_call_status(self) -> str | None:
        return self.text("ccprojectCallStatus")

    @property
    def has_recall(self) -> bool | None:
        return bool_of(self.state.get("hasRecall"))

    @property
    def processable(self) -> bool | None:
        return bool_of(self.state.get("processable"))

    @property
    def telemarket_client_parent_id(self) -> str | None:
        return self.id("telemarketClientParentId")

    @property
    def order_index(self) -> Json | None:
        return self.state.get("orderIndex")

    @property
    def call_priority_index(self) -> Json | None:
        return self.state.get("callPriorityIndex")

    @property
    def ccproject_status_called_count(self) -> Json | None:
        return self.state.get("ccprojectStatusCalledCount")

    @property
    def agi_processing(self) -> Json | None:
        return self.state.get("agiProcessing")

    @cached_property
    def phones(self) -> set[str]:
        """Return the phone numbers that calls are linked by: its own, its callbacks' (D17)."""
        found = self.phones_ever("nextPhoneNumber")
        for callback in self.own_callbacks:
            found |= callback.phones_ever("phoneNumber")
        return found

    def calls(self, where: Filter = None, order: Order = None) -> "list[Call]":
        return lists.calls(self.linked_calls, where, order)

    @cached_property
    def linked_calls(self) -> "list[Call]":
        return [call for call in self.view.calls.values() if call.application is self]

    def callbacks(self, where: Filter = None, order: Order = None) -> "list[Callback]":
        return lists.callbacks(self.own_callbacks, where, order)

    @cached_property
    def completions(self) -> "list[tuple[Callback, Call]]":
        return completed(self)

    @cached_property
    def own_callbacks(self) -> "list[Callback]":
        every = self.view.callbacks.values()
        return [callback for callback in every if callback.application_id == self.thing_id]
