"""The campaign: a list of clients to call, and the root of the graph (D11)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.types.connection import After, Before, Connection, First, Last
from api.types.enums import CampaignStatus
from api.types.inputs import (
    ApplicationsBy,
    CallbacksBy,
    CallsBy,
    WhichApplications,
    WhichCallbacks,
    WhichCalls,
)
from api.types.node import Node
from api.types.scalars import DateTime, Position

if TYPE_CHECKING:
    from api.types.application import Application
    from api.types.call import Call
    from api.types.callback import Callback
    from api.types.event import Event

ApplicationConnection = Connection[
    Annotated["Application", strawberry.lazy("api.types.application")]
]
CallConnection = Connection[Annotated["Call", strawberry.lazy("api.types.call")]]
CallbackConnection = Connection[Annotated["Callback", strawberry.lazy("api.types.callback")]]
EventConnection = Connection[Annotated["Event", strawberry.lazy("api.types.event")]]


@strawberry.type(description="How many of a campaign's applications have a status.")
class StatusCount:
    """One row of a campaign's counts."""

    status: str | None = strawberry.field(description="The applications' status; null: none yet.")
    count: int = strawberry.field(description="How many applications have it.")


@strawberry.type(
    description="A telemarketing campaign. It exists once any event names it; what no event said "
    "of it is null."
)
class Campaign(Node):
    """A campaign at one moment."""

    campaign_id: strawberry.ID = strawberry.field(description="The dialer's id of the campaign.")
    company_id: strawberry.ID = strawberry.field(description="The company it belongs to.")
    status: CampaignStatus | None = strawberry.field(
        description="Its status; null where none was said or the word is unknown (`statusRaw`)."
    )
    status_raw: str | None = strawberry.field(description="The status as the dialer spells it.")
    status_changed_at: DateTime | None = strawberry.field(
        description="When the status became what it is: the date of the last history entry."
    )

    @strawberry.field(description="Every change of its status, in the order of effect.")
    def status_history(self, info: strawberry.Info) -> list["CampaignStatusChange"]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="The applications that belong to it now, by id by default.")
    def applications(
        self,
        info: strawberry.Info,
        filter: WhichApplications = None,  # noqa: A002
        order_by: ApplicationsBy = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> ApplicationConnection:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="Its calls, the newest first by default.")
    def calls(
        self,
        info: strawberry.Info,
        filter: WhichCalls = None,  # noqa: A002
        order_by: CallsBy = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CallConnection:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The callbacks of its applications, in the order they are due by default."
    )
    def callbacks(
        self,
        info: strawberry.Info,
        filter: WhichCallbacks = None,  # noqa: A002
        order_by: CallbacksBy = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> CallbackConnection:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="How many of its applications have which status; the most frequent first."
    )
    def application_status_counts(self, info: strawberry.Info) -> list[StatusCount]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="The events that name it, by position.")
    def events(
        self,
        info: strawberry.Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> EventConnection:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]


@strawberry.type(description="A change of a campaign's status.")
class CampaignStatusChange:
    """An entry of the history, and what `campaignStatusChanged` sends."""

    position: Position = strawberry.field(description="The position of the event that changed it.")
    cursor: str = strawberry.field(description="For `afterCursor`: resumes just after this change.")
    occurred_at: DateTime = strawberry.field(description="When it happened, by the dialer's clock.")
    previous_status: CampaignStatus | None = strawberry.field(description="The status before.")
    status: CampaignStatus | None = strawberry.field(
        description="The status after; null where the word is unknown (`statusRaw`)."
    )
    status_raw: str | None = strawberry.field(
        description="The status after, as the dialer spells it."
    )
    campaign: Campaign = strawberry.field(
        description="The campaign; in a subscription as of this change's position."
    )
