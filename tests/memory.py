"""The real graph over things in memory: what executing costs, and gives, without a store."""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import strawberry

from api import lookahead, nodes
from api.errors import ClientError
from api.lookahead import Ask, below, prefetch
from api.operation import Caller
from api.paging import connection_of
from api.schema import EXTENSIONS, DialgraphSchema
from api.types.application import Application
from api.types.call import Call
from api.types.callback import Callback
from api.types.campaign import Campaign, StatusCount
from api.types.connection import Connection
from api.types.enums import CallbackState
from api.types.node import Node
from api.types.scalars import SCALARS
from store.facts import Kind
from store.fold import State, StatusEntry
from store.head import Head
from store.ids import id_key
from store.listing import Page

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
COMPANY = "acme"


class Memory:
    """A campaign with applications, calls and callbacks, linked; the `view` of each."""

    def __init__(self, applications: int = 100, seed: int = 1) -> None:
        self._dice = random.Random(seed)
        self._loaded: dict[tuple[str, str], Any] = {}
        self._failing: set[str] = set()
        self._linked: list[Node] = []
        self.campaign: Any = self._thing(
            "campaign", "7", statusRaw="inProcess", status="IN_PROCESS"
        )
        made = [self._application(number) for number in range(applications)]
        self.things: list[Node] = [self.campaign, *made]
        counts = [StatusCount(status="NEW", count=applications), StatusCount(status=None, count=0)]
        self._link(
            self.campaign,
            applications=a_connection(made),
            applicationStatusCounts=counts,
            statusHistory=nodes.campaign_changes(self.campaign),
            calls=a_connection([]),
        )

    def loaded(self, thing: Node, field: str) -> Any:  # noqa: ANN401 - any field
        """Return what a loader would load for a field."""
        if field in self._failing:
            return ClientError("BAD_PAGE", "Not this page.")
        return self._loaded.get((thing.state.id, field))

    def forget(self, dice: random.Random) -> None:
        """Forget what was loaded for documents; some loaders fail from now on, with an error."""
        self._failing = {name for _, name in self._loaded if dice.random() < 0.05}
        for each in self._linked:
            each.results.clear()

    def _link(self, thing: Node, **fields: object) -> None:
        self._loaded |= {(thing.state.id, name): value for name, value in fields.items()}

    def _thing(self, kind: Kind, id_: str, **data: object) -> Any:  # noqa: ANN401 - of its kind
        state = State(kind, COMPANY, id_key(id_), {"clientSyncIds": (("crm", f"x{id_}"),), **data})
        state.statuses = [StatusEntry(self._moment(), n, s, s) for n, s in ((1, "NEW"), (2, None))]
        view: Any = self
        made = nodes.node(view, state)
        self._linked.append(made)
        return made

    def _moment(self) -> datetime:
        return NOON + timedelta(milliseconds=self._dice.randrange(10**9))

    def _application(self, number: int) -> Application:
        made: Application = self._thing(
            "application",
            f"a{number}",
            campaignId="7",
            status=self._dice.choice(["NEW", "DONE", None]),
            maxCallCount=5,
            calledCount=number % 4,
            lastCall=self._moment(),
            nextCall=self._moment() if number % 3 else None,
            nextPhoneNumber=f"38050{number:07}",
            hasRecall=number % 2 == 0,
            processable=True,
            orderIndex='{"n": 1.50}',
        )
        calls = [self._call(f"{number}-{n}", made) for n in range(2)]
        callbacks = [self._callback(f"{number}", made, calls[0])]
        self._link(
            made,
            campaign=self.campaign,
            calls=a_connection(calls),
            callbacks=a_connection(callbacks),
            statusHistory=nodes.application_changes(made),
        )
        return made

    def _call(self, number: str, application: Application) -> Call:
        made: Call = self._thing(
            "call",
            f"s{number}",
            campaignId="7",
            updatedDate=self._moment(),
            operatorId="12",
            phoneNumber="380501234567",
            operatorCallDuration=self._dice.random() * 100,
            generalCallDuration=61.0,
            status="SUCCESSFUL",
            statusRaw="successful",
            callType="NORMAL",
            calledCount=1,
        )
        self._link(made, application=application, campaign=self.campaign, redirections=[])
        self._link(made, callbacks=[])
        return made

    def _callback(self, number: str, application: Application, call: Call) -> Callback:
        made: Callback = self._thing(
            "callback",
            f"b{number}",
            applicationId=application.application_id,
            createdAt=self._moment(),
            autorecall=False,
            description="Call again — «after lunch»",
            recallAt=self._moment(),
            recallStatus="PERSONAL_CREATED",
        )
        self._link(made, application=application, createdDuring=call, state=CallbackState.DUE)
        return made


def a_connection(things: Sequence[Any]) -> Connection[Any]:
    places = [(thing.state.data.get("recallAt"), thing.state.id_key) for thing in things]
    page = Page([], places, has_next=True, has_previous=False)
    return connection_of(page, things, "RECALL_AT", len(things))


@strawberry.type(name="Query")
class MemoryQuery:
    """Root fields that find everything in the operation's root value."""

    @strawberry.field
    async def campaign(self, info: strawberry.Info) -> Campaign | None:
        memory: Memory = info.root_value
        await prefetch([memory.campaign], below(info), "Campaign")
        return memory.campaign  # type: ignore[no-any-return]

    @strawberry.field
    async def nodes(self, info: strawberry.Info) -> list[Node | None]:
        memory: Memory = info.root_value
        await prefetch(memory.things, below(info), "Node")
        return [None, *memory.things]


@contextmanager
def loading_from_memory() -> Iterator[None]:
    """Load what batches load from the things' own memory."""
    batches: Mapping[Any, Any] = dict.fromkeys(lookahead._batches, _from_memory)  # noqa: SLF001
    with patch.object(lookahead, "_batches", batches):
        yield


async def _from_memory(things: Sequence[Any], ask: Ask) -> list[Any]:
    return [thing.view.loaded(thing, ask.field) for thing in things]


def a_schema(
    query: type = MemoryQuery,
    *,
    more: Sequence[Any] = (),
    **options: Any,  # noqa: ANN401 - strawberry's
) -> DialgraphSchema:
    """The real schema, but for the root."""
    return DialgraphSchema(
        query=query,
        types=(Campaign, Application, Call, Callback),
        extensions=[*EXTENSIONS, *more],
        config=strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS),
        **options,
    )


async def _head(companies: object = None) -> Head:
    del companies
    await asyncio.sleep(0)
    return Head(4_000, 0, (COMPANY,), 4_000)


class Forgetful:
    """Knows no answer, so that each operation is executed."""

    async def find(self, *of: object) -> None:
        """Find none."""

    def keep(self, *of: object) -> None:
        """Keep none."""


def a_caller() -> Caller:
    log: Any = SimpleNamespace(head=_head, database=None, answers=Forgetful())
    follower: Any = None
    return Caller(log, follower)
