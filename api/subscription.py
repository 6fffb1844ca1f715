"""The subscriptions: what changed since a place in the log, then what changes from now on."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from api import changes
from api.arguments import CompanyId
from api.changes import Start, among, told
from api.types.application import ApplicationStatusChange
from api.types.call import CallUpdate
from api.types.callback import CallbackChange
from api.types.campaign import CampaignStatusChange
from api.types.event import Event
from api.types.scalars import Position
from store.topics import APPLICATION_STATUS, CALLBACKS, CALLS, CAMPAIGN_STATUS, EVENTS_APPENDED

After = Annotated[
    Position | None,
    strawberry.argument(
        description="Begin after all changes of this position, such as a query's "
        "`extensions.position`; by default with what comes from now on."
    ),
]
AfterCursor = Annotated[
    str | None,
    strawberry.argument(
        description="Begin exactly after the change with this `cursor`; rules over `after`."
    ),
]
CampaignId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only what is of this campaign now.")
]
OperatorId = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only what is of this operator now.")
]


@strawberry.type(
    description="Everything that can be followed. Each field first tells what the log holds since "
    "its beginning, then goes on live, in order, without a hole or a repeat."
)
class Subscription:
    """The root of every subscription."""

    @strawberry.subscription(description="The status of campaigns became another one.")
    async def campaign_status_changed(
        self,
        info: strawberry.Info,
        campaign_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only these campaigns; by default all."),
        ] = None,
        company_id: CompanyId = None,
        after: After = None,
        after_cursor: AfterCursor = None,
    ) -> AsyncGenerator[CampaignStatusChange, None]:
        """Follow the campaigns' folded statuses (D11)."""
        return await told(
            info,
            CAMPAIGN_STATUS,
            Start(company_id, after, after_cursor),
            among(campaign=campaign_ids),
            changes.campaign_status_change,
        )

    @strawberry.subscription(description="The status of applications became another one.")
    async def application_status_changed(
        self,
        info: strawberry.Info,
        campaign_id: CampaignId = None,
        application_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only these applications; by default all."),
        ] = None,
        company_id: CompanyId = None,
        after: After = None,
        after_cursor: AfterCursor = None,
    ) -> AsyncGenerator[ApplicationStatusChange, None]:
        """Follow the applications' folded statuses (D12)."""
        return await told(
            info,
            APPLICATION_STATUS,
            Start(company_id, after, after_cursor),
            among(campaign=campaign_id, application=application_ids),
            changes.application_status_change,
        )

    @strawberry.subscription(description="An event spoke of a call, perhaps the first one.")
    async def call_updated(
        self,
        info: strawberry.Info,
        campaign_id: CampaignId = None,
        operator_id: OperatorId = None,
        company_id: CompanyId = None,
        after: After = None,
        after_cursor: AfterCursor = None,
    ) -> AsyncGenerator[CallUpdate, None]:
        """Follow the calls (D13)."""
        return await told(
            info,
            CALLS,
            Start(company_id, after, after_cursor),
            among(campaign=campaign_id, operator=operator_id),
            changes.call_update,
        )

    @strawberry.subscription(
        description="A callback was created, changed, completed by a call, or (live only) fell due."
    )
    async def callback_changed(
        self,
        info: strawberry.Info,
        campaign_id: CampaignId = None,
        operator_id: OperatorId = None,
        company_id: CompanyId = None,
        after: After = None,
        after_cursor: AfterCursor = None,
    ) -> AsyncGenerator[CallbackChange, None]:
        """Follow the callbacks (D14, D19); they are of the campaign of their application."""
        return await told(
            info,
            CALLBACKS,
            Start(company_id, after, after_cursor),
            among(campaign=campaign_id, operator=operator_id),
            changes.callback_change,
        )

    @strawberry.subscription(description="An event was appended to the log.")
    async def event_appended(
        self,
        info: strawberry.Info,
        event_names: Annotated[
            list[str] | None,
            strawberry.argument(description="Only events of these names; by default all."),
        ] = None,
        company_id: CompanyId = None,
        after: After = None,
        after_cursor: AfterCursor = None,
    ) -> AsyncGenerator[Event, None]:
        """Follow the events as they came (D2)."""
        return await told(
            info,
            EVENTS_APPENDED,
            Start(company_id, after, after_cursor),
            among(eventName=event_names),
            changes.event,
        )
