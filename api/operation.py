"""One operation of one caller: the position that it answers at, and the views it reads through."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from api.answering import Answering
from api.errors import ClientError
from api.identity import PERSONAL_DATA, SCOPES
from api.throttle import Charge, Throttle
from api.views import OpenBoardedView
from store.boards import BoardedView
from store.follow import Follower
from store.head import Head
from store.log import EventLog
from store.moment import Moment
from store.term import hold_to
from store.trace import Trace, untraced
from store.view import View


@dataclass(slots=True)
class Caller:
    """Who asks; made by the endpoint for each request or connection.

    Attributes:
        log: What is asked about.
        follower: What subscriptions listen to.
        companies: The companies that the caller sees (D22); `None` is all.
        last_event_id: The cursor after which an SSE client resumes.
        scopes: What the caller may, of `SCOPES`.
        payer: Who is charged for what is asked: the name of a token, or a network.
        throttle: What holds the callers of this process to their limits.
    """

    log: EventLog
    follower: Follower
    companies: tuple[str, ...] | None = None
    last_event_id: str | None = None
    scopes: frozenset[str] = SCOPES
    payer: str = "anonymous"
    throttle: Throttle = field(default_factory=Throttle)

    def may(self, scope: str) -> bool:
        """Say whether the caller's credential allows something."""
        return scope in self.scopes


class Operation(Answering):
    """The context of one operation: everything in it is answered at one position (D21).

    Attributes:
        caller: Who asks.
        now: The moment the operation began.
        position: What the result's `extensions.position` says.
        cursor: What a subscription's result resumes after.
        charge: What a query costs its caller.
    """

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        now = datetime.now(UTC)
        self.now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self.position: int | None = None
        self.cursor: str | None = None
        self.charge: Charge | None = None
        self._head: asyncio.Task[Head] | None = None
        # Weak, for graphql-core's executor keeps the operation until a collection of garbage.
        self._views: WeakValueDictionary[tuple[str, Moment], View] = WeakValueDictionary()

    def begin(self) -> asyncio.Future[Head]:
        """Begin to read the end of the log, if nobody has: it comes while the query is prepared."""
        if self._head is None:
            with untraced():
                reading = self.caller.log.head(self.caller.companies)
                self._head = asyncio.ensure_future(reading)
                self._head.add_done_callback(_hear)
        return self._head

    async def head(self) -> Head:
        """Return the end of the log, read once for the whole operation.

        The caller is told the last position of its own companies (D22).
        """
        head = await self.begin()
        hold_to(head.term)
        if self.position is None:
            self.position = head.told
        return head

    async def known(self, question: Hashable) -> bytes | None:
        """Return the answer to what was asked before, if it is what would be answered now."""
        head, log = await self.head(), self.caller.log
        moment = Moment(head.position, None, head.generation, head.redactions)
        asked = self._question(question, head)
        return await log.answers.find(log.database, moment, self.now, asked)

    async def keep(self, question: Hashable, trace: Trace, data: bytes) -> None:
        """Keep an answer for whoever may see the same and asks the same."""
        head = await self.head()
        self.caller.log.answers.keep(self._question(question, head), trace, data, self.now)

    def _question(self, question: Hashable, head: Head) -> Hashable:
        return question, self.caller.companies, self.caller.scopes, head.companies

    def require(self, scope: str) -> None:
        """Refuse what the caller's credential does not allow.

        Raises:
            ClientError: FORBIDDEN_SCOPE.
        """
        if not self.caller.may(scope):
            raise ClientError(
                "FORBIDDEN_SCOPE", f"The token does not allow this: it needs the scope `{scope}`."
            )

    async def company(self, company_id: str | None) -> str:
        """Return the company that a field speaks of (D22).

        Raises:
            ClientError: COMPANY_REQUIRED, where it is left out and the caller sees several.
        """
        if company_id is not None:
            return company_id if self.may_see(company_id) else ""
        visible = self.caller.companies
        seen = visible if visible and len(visible) == 1 else (await self.head()).companies
        if len(seen) > 1:
            raise ClientError(
                "COMPANY_REQUIRED", "The log holds several companies: say which in `companyId`."
            )
        return seen[0] if seen else ""

    def may_see(self, company: str) -> bool:
        """Say whether the caller sees a company (D22)."""
        return self.caller.companies is None or company in self.caller.companies

    def companies(self, company_id: str | None) -> tuple[str, ...] | None:
        """Return whose log figures a field shows; `None` is all: the caller sees all (D22)."""
        if company_id is None:
            return self.caller.companies
        return (company_id,) if self.may_see(company_id) else ()

    async def view(
        self,
        company_id: str | None,
        *,
        as_of: datetime | None = None,
        at_position: int | None = None,
    ) -> View:
        """Return what a root field reads: one company at one moment (D21, D22)."""
        head = await self.head()
        company = await self.company(company_id)
        # Behind the last position of the caller's companies there is nothing of theirs: whether the
        # log goes on there must not show, in the time that it takes either.
        position = head.position
        if at_position is not None and at_position < head.told:
            position = at_position
        return self._view(company, Moment(position, as_of, head.generation, head.redactions))

    def _view(self, company: str, moment: Moment) -> View:
        key = (company, moment)
        view = self._views.get(key)
        if view is None:
            view = self._views[key] = self._new_view(company, moment)
        return view

    def _new_view(self, company: str, moment: Moment) -> View:
        log, may = self.caller.log, self.caller.may(PERSONAL_DATA)
        see = OpenBoardedView if may else BoardedView
        return see(log.database, company, moment, self.now, log.boards, log.cache)


def _hear(reading: asyncio.Future[Head]) -> None:
    """Take a failure for told: an operation may end before it asks for the head."""
    if not reading.cancelled():
        reading.exception()
