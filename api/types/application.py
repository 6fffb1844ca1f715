"""The application: one client's card in a campaign, to be called until it is settled (D12)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.types.campaign import CallbackConnection, CallConnection, EventConnection
from api.types.connection import After, Before, First, Last
from api.types.inputs import CallbacksBy, CallsBy, WhichCallbacks, WhichCalls
from api.types.node import Node
from api.types.scalars import JSON, DateTime, Position

if TYPE_CHECKING:
    from api.types.campaign import Campaign

_DEPRECATED = "The dialer calls it system information and deprecated."


@strawberry.type(description="A value by which another system knows the client.")
class ClientSyncId:
    """One client sync pair."""

    field: str = strawberry.field(description="The name of the value, such as `externalId`.")
    value: str = strawberry.field(description="The value, as text.")


@strawberry.type(
    description="A call application of a client card: a client to be called in a campaign."
)
class Application(Node):
    """An application at one moment."""

    application_id: strawberry.ID = strawberry.field(description="The dialer's id of the card.")
    company_id: strawberry.ID = strawberry.field(description="The company it belongs to.")
    campaign_id: strawberry.ID | None = strawberry.field(
        description="The id of the campaign it belongs to."
    )
    status: str | None = strawberry.field(description="Its status, in the dialer's words.")
    status_changed_at: DateTime | None = strawberry.field(
        description="When the status became what it is: the date of the last history entry."
    )
    max_call_count: int | None = strawberry.field(
        description="How often the client is dialed at most, if unsuccessful."
    )
    called_count: int | None = strawberry.field(description="How often the client was dialed.")
    last_call: DateTime | None = strawberry.field(description="When the client was dialed last.")
    next_call: DateTime | None = strawberry.field(description="When the client is dialed next.")
    next_phone_number: str | None = strawberry.field(description="The number dialed next.")
    sms_status: str | None = strawberry.field(description="What became of the text message.")
    sms_message: str | None = strawberry.field(description="The text message.")
    error_message: str | None = strawberry.field(description="What went wrong.")
    ccproject_call_status: str | None = strawberry.field(
        description="The call's status that the operator chose in the form (call script)."
    )
    has_recall: bool | None = strawberry.field(description="Whether a callback was created for it.")
    processable: bool | None = strawberry.field(description="Whether it will be processed.")
    telemarket_client_parent_id: strawberry.ID | None = strawberry.field(
        description="System information of the dialer."
    )
    order_index: JSON | None = strawberry.field(
        description="System information.", deprecation_reason=_DEPRECATED
    )
    call_priority_index: JSON | None = strawberry.field(
        description="System information.", deprecation_reason=_DEPRECATED
    )
    ccproject_status_called_count: JSON | None = strawberry.field(
        description="System information.", deprecation_reason=_DEPRECATED
    )
    agi_processing: JSON | None = strawberry.field(
        description="System information.", deprecation_reason=_DEPRECATED
    )
    client_sync_ids: list[ClientSyncId] = strawberry.field(
        description="By which values other systems know the client."
    )

    @strawberry.field(description="The campaign it belongs to; null only when its id is.")
    def campaign(
        self, info: strawberry.Info
    ) -> Annotated["Campaign", strawberry.lazy("api.types.campaign")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="Every change of its status, in the order of effect.")
    def status_history(self, info: strawberry.Info) -> list["ApplicationStatusChange"]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The calls made for it, the newest first by default. The dialer does not say "
        "which these are: they are found by client sync pairs, else by phone numbers."
    )
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

    @strawberry.field(description="Its callbacks, in the order they are due by default.")
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

    @strawberry.field(description="The events that speak of it or its callbacks, by position.")
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


@strawberry.type(description="A change of an application's status.")
class ApplicationStatusChange:
    """An entry of the history, and what `applicationStatusChanged` sends."""

    position: Position = strawberry.field(description="The position of the event that changed it.")
    cursor: str = strawberry.field(description="For `afterCursor`: resumes just after this change.")
    occurred_at: DateTime = strawberry.field(description="When it happened, by the dialer's clock.")
    previous_status: str | None = strawberry.field(description="The status before.")
    status: str | None = strawberry.field(description="The status after.")
    application: Application = strawberry.field(
        description="The application; in a subscription as of this change's position."
    )
