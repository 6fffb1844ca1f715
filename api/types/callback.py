"""The callback: a promise to call a client again, made in a call (D14)."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from api.types.application import ClientSyncId
from api.types.campaign import EventConnection
from api.types.connection import After, Before, First, Last
from api.types.enums import CallbackState, RecallDescription
from api.types.node import Node
from api.types.scalars import DateTime, Position

if TYPE_CHECKING:
    from api.types.application import Application
    from api.types.call import Call
    from api.types.campaign import Campaign


@strawberry.type(description="A callback that was created in a call, by hand or automatically.")
class Callback(Node):
    """A callback at one moment."""

    callback_id: strawberry.ID = strawberry.field(description="The dialer's id of the callback.")
    company_id: strawberry.ID = strawberry.field(description="The company it belongs to.")
    application_id: strawberry.ID | None = strawberry.field(
        description="The id of the application it belongs to."
    )
    created_at: DateTime | None = strawberry.field(description="When it was created.")
    autorecall: bool | None = strawberry.field(description="Whether it was created automatically.")
    description: str | None = strawberry.field(description="What it is about.")
    name: str | None = strawberry.field(description="Its name.")
    phone_number: str | None = strawberry.field(description="The number to call.")
    recall_at: DateTime | None = strawberry.field(description="When the client is to be called.")
    recall_status: RecallDescription | None = strawberry.field(
        description="What the dialer says of it; see `state` for what became of it."
    )
    recall_status_raw: str | None = strawberry.field(
        description="The same as the dialer spells it."
    )
    operator_id: strawberry.ID | None = strawberry.field(
        description="The id of the operator who created it."
    )
    client_sync_ids: list[ClientSyncId] = strawberry.field(
        description="By which values other systems know the client."
    )

    @strawberry.field(description="The application it belongs to; null only when its id is.")
    def application(
        self, info: strawberry.Info
    ) -> Annotated["Application", strawberry.lazy("api.types.application")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(description="The campaign of its application.")
    def campaign(
        self, info: strawberry.Info
    ) -> Annotated["Campaign", strawberry.lazy("api.types.campaign")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        name="state",
        description="COMPLETED when the dialer says so or a call completed it, else DUE once its "
        "time has come, else SCHEDULED.",
    )
    def current_state(
        self,
        info: strawberry.Info,
        at: Annotated[
            DateTime | None,
            strawberry.argument(description="The moment asked about: `asOf` by default, else now."),
        ] = None,
    ) -> CallbackState:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The call it was made in: one of its application's within an hour of its "
        "creation, best one that says so, then the nearest; null where there is none."
    )
    def created_during(
        self, info: strawberry.Info
    ) -> Annotated["Call", strawberry.lazy("api.types.call")] | None:
        """Return what was loaded."""
        return self.loaded(info)  # type: ignore[no-any-return]

    @strawberry.field(
        description="The call that completed it; null where none did. A completing call completes "
        "that callback of its application that is due first."
    )
    def completed_by(
        self, info: strawberry.Info
    ) -> Annotated["Call", strawberry.lazy("api.types.call")] | None:
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


@strawberry.type(description="A callback's creation, change, completion, or falling due.")
class CallbackChange:
    """What `callbackChanged` sends."""

    position: Position = strawberry.field(
        description="The position of the event; of the log's head where it fell due."
    )
    cursor: str = strawberry.field(description="For `afterCursor`: resumes just after this change.")
    state: CallbackState = strawberry.field(description="The state after the change.")
    callback: Callback = strawberry.field(description="The callback as of this position.")
