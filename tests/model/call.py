"""A call (D13), and the application that it is linked to (D17)."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from model import lists
from model.body import CALL
from model.ids import id_key
from model.thing import Thing
from model.values import (
    CALL_TYPE,
    RECALL_DESCRIPTION,
    RECALL_TYPE,
    enum_of,
    float_of,
    int_of,
    result_of,
)

if TYPE_CHECKING:
    from model.application import Application
    from model.callback import Callback
    from model.campaign import Campaign


@dataclass(frozen=True)
class ApplicationMatch:
    """How a call was linked to its application."""

    matched_by: str
    candidate_count: int


class Call(Thing):
    """A call at one moment."""

    noun = CALL

    @property
    def statistic_id(self) -> str:
        return self.thing_id

    @property
    def campaign_id(self) -> str | None:
        return self.id("campaignId")

    @property
    def campaign(self) -> "Campaign | None":
        return self.view.campaigns[self.campaign_id] if self.campaign_id else None

    @property
    def application(self) -> "Application | None":
        return self._link[0] if self._link else None

    @property
    def application_match(self) -> ApplicationMatch | None:
        return self._link[1] if self._link else None

    @cached_property
    def _link(self) -> "tuple[Application, ApplicationMatch] | None":
        phones = self.phones_ever("phoneNumber")
        return self._best(
            "CLIENT_SYNC_ID", lambda application: len(self.pairs_ever & application.pairs_ever)
        ) or self._best("PHONE_NUMBER", lambda application: len(phones & application.phones))

    def _best(
        self, matched_by: str, shared: "lists.Callable[[Application], int]"
    ) -> "tuple[Application, ApplicationMatch] | None":
        every = self.view.applications.values()
        mine = [one for one in every if self.campaign_id and one.campaign_id == self.campaign_id]
        candidates = [application for application in mine if shared(application)]
        if not candidates:
            return None
        best = min(candidates, key=lambda one: (-shared(one), id_key(one.thing_id)))
        return best, ApplicationMatch(matched_by, len(candidates))

    @cached_property
    def updated_date(self) -> int | None:
        return self.date("updatedDate")

    @property
    def operator_id(self) -> str | None:
        return self.id("operatorId")

    @property
    def phone_number(self) -> str | None:
        return self.text("phoneNumber")

    @property
    def operator_call_duration(self) -> float | None:
        return float_of(self.state.get("operatorCallDuration"))

    @property
    def general_call_duration(self) -> float | None:
        return float_of(self.state.get("generalCallDuration"))

    @property
    def status(self) -> str | None:
        return result_of(self.state.get("status"))

    @property
    def status_raw(self) -> str | None:
        return self.text("status")

    @property
    def client_call_status(self) -> str | None:
        return self.text("clientCallStatus")

    @property
    def operator_call_status(self) -> str | None:
        return self.text("operatorCallStatus")

    @property
    def close_form_status(self) -> str | None:
        return self.text("closeFormStatus")

    @property
    def call_type(self) -> str | None:
        return enum_of(self.state.get("callType"), CALL_TYPE)

    @property
    def call_type_raw(self) -> str | None:
        return self.text("callType")

    @property
    def recall_description(self) -> str | None:
        return enum_of(self.state.get("recallDescription"), RECALL_DESCRIPTION)

    @property
    def recall_description_raw(self) -> str | None:
        return self.text("recallDescription")

    @property
    def recall_type(self) -> str | None:
        return enum_of(self.state.get("recallType"), RECALL_TYPE)

    @property
    def recall_type_raw(self) -> str | None:
        return self.text("recallType")

    @property
    def redirection_id(self) -> str | None:
        return self.id("redirectionId")

    @property
    def redirections(self) -> "list[Call]":
        """Return the other legs of one client call (D20)."""
        if self.redirection_id in {None, "0"}:
            return []
        every = self.view.calls.values()
        legs = [call for call in every if call.redirection_id == self.redirection_id]
        return lists.by_date([call for call in legs if call is not self], "updated_date")

    @property
    def hungup_side(self) -> str | None:
        return self.text("hungupSide")

    @property
    def external_id(self) -> str | None:
        return self.text("externalId")

    @property
    def error_message(self) -> str | None:
        return self.text("errorMessage")

    @property
    def called_count(self) -> int | None:
        return int_of(self.state.get("calledCount"))

    @property
    def callbacks(self) -> "list[Callback]":
        """Return the callbacks made in this call (D18)."""
        every = self.view.callbacks.values()
        made = [callback for callback in every if callback.created_during is self]
        return lists.by_date(made, "recall_at")

    @property
    def completed_callback(self) -> "Callback | None":
        """Return the callback that this call completes (D19)."""
        if self.application is None:
            return None
        found = [one for one, call in self.application.completions if call is self]
        return found[0] if found else None
