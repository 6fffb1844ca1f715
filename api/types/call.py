"""The call: one attempt to reach a client, as the dialer's statistics tell it (D13)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.types.application import ClientSyncId
from api.types.campaign import EventConnection
from api.types.connection import After, Before, First, Last
from api.types.enums import CallResult, CallType, MatchedBy, RecallDescription, RecallType
from api.types.node import Node
from api.types.scalars import DateTime, Position

if TYPE_CHECKING:
    from api.types.application import Application
    from api.types.callback import Callback
    from api.types.campaign import Campaign


@strawberry.type(description="How a call's application was found.")
class ApplicationMatch:
    """The reason for the edge from a call to its application."""

    matched_by: MatchedBy = strawberry.field(description="What both carried.")
    candidate_count: int = strawberry.field(
        description="How many applications of the campaign matched in that way: 1 is certain, of "
        "several the one that shares most was chosen."
    )


@strawberry.type(description="A call to a client, updated by every event with its `statisticId`.")
class Call(Node):
    """A call at one moment."""

    statistic_id: strawberry.ID = strawberry.field(description="The dialer's id of the call.")
    company_id: strawberry.ID = strawberry.field(description="The company it belongs to.")
    campaign_id: strawberry.ID | None = strawberry.field(
        description="The id of the campaign it was made in."
    )
    updated_date: DateTime | None = strawberry.field(description="When the call was made.")
    operator_id: strawberry.ID | None = strawberry.field(description="The operator's id.")
    phone_number: str | None = strawberry.field(description="The client's phone number.")
    operator_call_duration: float | None = strawberry.field(
        description="How long operator and client talked, in seconds."
    )
    general_call_duration: float | None = strawberry.field(
        description="From the client's answer to the end of the conversation, in seconds."
    )
    status: CallResult | None = strawberry.field(description="How it ended for the application.")
    status_raw: str | None = strawberry.field(description="The same as the dialer spells it.")
    client_call_status: str | None = strawberry.field(description="How the client's leg ended.")
    operator_call_status: str | None = strawberry.field(description="How the operator responded.")
    close_form_status: str | None = strawberry.field(
        description="How the operator closed the form (call script)."
    )
    call_type: CallType | None = strawberry.field(description="A normal call or a callback.")
    call_type_raw: str | None = strawberry.field(description="The same as the dialer spells it.")
    recall_description: RecallDescription | None = strawberry.field(
        description="Whether a callback was created in this call, or completed by it."
    )
    recall_description_raw: str | None = strawberry.field(
        description="The same as the dialer spells it."
    )
    recall_type: RecallType | None = strawberry.field(
        description="Which kind of callback it completed; null: none."
    )
    recall_type_raw: str | None = strawberry.field(description="The same as the dialer spells it.")
    redirection_id: strawberry.ID | None = strawberry.field(
        description="Shared by the calls of one client that was passed on between operators."
    )
    hungup_side: str | None = strawberry.field(description="Who ended the conversation.")
    external_id: str | None = strawberry.field(description="The id of the external line.")
    error_message: str | None = strawberry.field(description="What went wrong.")
    called_count: int | None = strawberry.field(description="The number of the attempt.")
    client_sync_ids: list[ClientSyncId] = strawberry.field(
        description="By which values other systems know the client."
    )

    @strawberry.field(description="The campaign it was made in; null only when its id is.")
    def campaign(
        self, info: strawberry.Info
    ) -> Annotated["Campaign", strawberry.lazy("api.types.campaign")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The application it was made for: the one of its campaign that shares client "
        "sync pairs with it, else a phone number; null where none does."
    )
    def application(
        self, info: strawberry.Info
    ) -> Annotated["Application", strawberry.lazy("api.types.application")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="How the application was found; null where none was.")
    def application_match(self, info: strawberry.Info) -> ApplicationMatch | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The other calls with its `redirectionId`, by date: legs of one client call."
    )
    def redirections(self, info: strawberry.Info) -> list["Call"]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The callbacks that were made in this call, in the order they are due."
    )
    def callbacks(
        self, info: strawberry.Info
    ) -> list[Annotated["Callback", strawberry.lazy("api.types.callback")]]:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The callback that this call completed; null where it completed none."
    )
    def completed_callback(
        self, info: strawberry.Info
    ) -> Annotated["Callback", strawberry.lazy("api.types.callback")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="Its events, by position.")
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


@strawberry.type(description="An event of a call: its creation, or an update.")
class CallUpdate:
    """What `callUpdated` sends."""

    position: Position = strawberry.field(description="The position of the event.")
    cursor: str = strawberry.field(description="For `afterCursor`: resumes just after this change.")
    created: bool = strawberry.field(description="Whether it is the call's first event.")
    call: Call = strawberry.field(description="The call as of this position.")
