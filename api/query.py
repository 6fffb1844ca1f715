"""The root fields: each opens a view of one company at one moment and loads all below it."""

from typing import Annotated, Any

import strawberry

from api.arguments import AsOf, AtPosition, CompanyId
from api.identity import OPERATE
from api.loaders import roots
from api.types.application import Application
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign
from api.types.connection import After, Before, Connection, First, Last
from api.types.event import Event
from api.types.inputs import (
    CallbacksBy,
    CampaignsBy,
    WhichCallbacks,
    WhichCampaigns,
    WhichEvents,
)
from api.types.log import Log, QuarantinedBody
from api.types.node import Node
from store.facts import Kind
from store.ids import id_key


async def _thing(
    info: strawberry.Info,
    kind: Kind,
    thing_id: str,
    company_id: str | None,
    as_of: AsOf,
    at_position: AtPosition,
) -> Any:  # noqa: ANN401 - the type that shows the kind
    view = await info.context.view(company_id, as_of=as_of, at_position=at_position)
    return await roots.thing(info, view, kind, id_key(thing_id))


@strawberry.type(description="Everything that can be asked for.")
class Query:
    """The root of every query."""

    @strawberry.field(description="The thing with this global id; null where there is none.")
    async def node(
        self,
        info: strawberry.Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="As `Node.id` gives it.")],  # noqa: A002
    ) -> Node | None:
        """Look one thing up."""
        return (await roots.nodes_by_id(info, [id]))[0]

    @strawberry.field(description="The things with these global ids, in order; null for none.")
    async def nodes(
        self,
        info: strawberry.Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="As `Node.id` gives them; at most 500."),
        ],
    ) -> list[Node | None]:
        """Look several things up; one read per kind and company."""
        return await roots.nodes_by_id(info, ids)

    @strawberry.field(description="The log: how many events, and how the feed behaves.")
    async def log(self, info: strawberry.Info, company_id: CompanyId = None) -> Log:
        """Open the log of one company, or of all that the caller sees."""
        return await roots.log(info, company_id)

    @strawberry.field(description="A campaign by its id; null where no event names it.")
    async def campaign(
        self,
        info: strawberry.Info,
        campaign_id: Annotated[
            strawberry.ID, strawberry.argument(description="The dialer's id of the campaign.")
        ],
        company_id: CompanyId = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Campaign | None:
        """Look one campaign up."""
        return await _thing(info, "campaign", campaign_id, company_id, as_of, at_position)  # type: ignore[no-any-return]

    @strawberry.field(description="The campaigns of a company, by id by default.")
    async def campaigns(
        self,
        info: strawberry.Info,
        company_id: CompanyId = None,
        filter: WhichCampaigns = None,  # noqa: A002
        order_by: CampaignsBy = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Connection[Campaign]:
        """List campaigns."""
        arguments = {
            "order_by": order_by,
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }
        view = await info.context.view(company_id, as_of=as_of, at_position=at_position)
        return await roots.campaigns(info, view, filter, arguments)

    @strawberry.field(description="An application by its id; null where no event names it.")
    async def application(
        self,
        info: strawberry.Info,
        application_id: Annotated[
            strawberry.ID, strawberry.argument(description="The dialer's id of the client card.")
        ],
        company_id: CompanyId = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Application | None:
        """Look one application up."""
        return await _thing(info, "application", application_id, company_id, as_of, at_position)  # type: ignore[no-any-return]

    @strawberry.field(description="A call by its id; null where no event names it.")
    async def call(
        self,
        info: strawberry.Info,
        statistic_id: Annotated[
            strawberry.ID, strawberry.argument(description="The dialer's id of the call.")
        ],
        company_id: CompanyId = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Call | None:
        """Look one call up."""
        return await _thing(info, "call", statistic_id, company_id, as_of, at_position)  # type: ignore[no-any-return]

    @strawberry.field(description="A callback by its id; null where no event names it.")
    async def callback(
        self,
        info: strawberry.Info,
        callback_id: Annotated[
            strawberry.ID, strawberry.argument(description="The dialer's id of the callback.")
        ],
        company_id: CompanyId = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Callback | None:
        """Look one callback up."""
        return await _thing(info, "callback", callback_id, company_id, as_of, at_position)  # type: ignore[no-any-return]

    @strawberry.field(description="The callbacks of a company, in the order they are due.")
    async def callbacks(
        self,
        info: strawberry.Info,
        company_id: CompanyId = None,
        filter: WhichCallbacks = None,  # noqa: A002
        order_by: CallbacksBy = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        as_of: AsOf = None,
        at_position: AtPosition = None,
    ) -> Connection[Callback]:
        """List callbacks."""
        arguments = {
            "order_by": order_by,
            "first": first,
            "after": after,
            "last": last,
            "before": before,
        }
        view = await info.context.view(company_id, as_of=as_of, at_position=at_position)
        return await roots.callbacks(info, view, filter, arguments)

    @strawberry.field(description="The events of a company, by position.")
    async def events(
        self,
        info: strawberry.Info,
        company_id: CompanyId = None,
        filter: WhichEvents = None,  # noqa: A002
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Event]:
        """List events."""
        arguments = {"first": first, "after": after, "last": last, "before": before}
        view = await info.context.view(company_id)
        return await roots.events(info, view, filter, arguments)

    @strawberry.field(description="The rejected bodies, the oldest first.")
    async def quarantine(
        self,
        info: strawberry.Info,
        company_id: CompanyId = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[QuarantinedBody]:
        """List rejected bodies."""
        info.context.require(OPERATE)
        arguments = {"first": first, "after": after, "last": last, "before": before}
        return await roots.quarantine(info, company_id, arguments)
