"""A callback: the call it was made in and the one that completes it (D14, D18, D19)."""

from functools import cached_property
from typing import TYPE_CHECKING, Final

from model.body import CALLBACK
from model.ids import IdKey, id_key
from model.thing import Thing
from model.values import RECALL_DESCRIPTION, bool_of, enum_of

if TYPE_CHECKING:
    from model.application import Application
    from model.call import Call
    from model.campaign import Campaign

_HOUR: Final = 60 * 60 * 1000


class Callback(Thing):
    """A callback at one moment."""

    noun = CALLBACK

    @property
    def callback_id(self) -> str:
        return self.thing_id

    @cached_property
    def application_id(self) -> str | None:
        return self.id("applicationId")

    @property
    def application(self) -> "Application | None":
        return self.view.applications[self.application_id] if self.application_id else None

    @property
    def campaign(self) -> "Campaign | None":
        return self.application.campaign if self.application else None

    @property
    def campaign_id(self) -> str | None:
        """Return its campaign's id, which filters compare."""
        return self.campaign.campaign_id if self.campaign else None

    @cached_property
    def created_at(self) -> int | None:
        return self.date("createdAt")

    @property
    def autorecall(self) -> bool | None:
        return bool_of(self.state.get("autorecall"))

    @property
    def description(self) -> str | None:
        return self.text("description")

    @property
    def name(self) -> str | None:
        return self.text("name")

    @property
    def phone_number(self) -> str | None:
        return self.text("phoneNumber")

    @cached_property
    def recall_at(self) -> int | None:
        return self.date("recallAt")

    @property
    def recall_status(self) -> str | None:
        return enum_of(self.state.get("recallStatus"), RECALL_DESCRIPTION)

    @property
    def recall_status_raw(self) -> str | None:
        return self.text("recallStatus")

    @property
    def operator_id(self) -> str | None:
        return self.id("operatorId")

    def state_at(self, at: int | None = None) -> str:
        """Return SCHEDULED, DUE or COMPLETED (D19)."""
        when = self.view.moment if at is None else at
        by = self.completed_by
        is_done = by is not None and by.updated_date is not None and by.updated_date <= when
        if self.recall_status == "COMPLETED" or is_done:
            return "COMPLETED"
        return "DUE" if self.recall_at is not None and self.recall_at <= when else "SCHEDULED"

    @cached_property
    def created_during(self) -> "Call | None":
        if self.application is None or self.created_at is None:
            return None
        near = [call for call in self.application.linked_calls if self._distance(call) <= _HOUR]
        return min(near, key=self._preference, default=None)

    def _distance(self, call: "Call") -> int:
        if call.updated_date is None or self.created_at is None:
            return _HOUR + 1
        return abs(call.updated_date - self.created_at)

    def _preference(self, call: "Call") -> tuple[bool, int, IdKey]:
        made_one = call.recall_description in {"AUTO_CREATED", "PERSONAL_CREATED"}
        return (not made_one, self._distance(call), id_key(call.thing_id))

    @property
    def completed_by(self) -> "Call | None":
        if self.application is None:
            return None
        found = [call for one, call in self.application.completions if one is self]
        return found[0] if found else None
