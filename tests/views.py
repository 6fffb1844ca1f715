"""What stands in a log, seen as an answer sees it."""

from collections.abc import Sequence
from datetime import datetime

from store.fold import State
from store.listing import Listing, Slice
from store.log import EventLog
from store.moment import Moment
from store.sweep import sorted_pages
from store.view import View


async def a_view(
    log: EventLog,
    company: str,
    *,
    as_of: datetime | None = None,
    at_position: int | None = None,
    now: datetime | None = None,
) -> View:
    """A company's things at a moment, by default at the log's head."""
    head = await log.head()
    position = head.position if at_position is None else at_position
    return View(log.database, company, Moment(position, as_of, head.generation), now)


async def everything(view: View, listings: Sequence[Listing]) -> list[list[State]]:
    """Several lists, each whole and in its order."""
    return [page.states for page, _ in await sorted_pages(view, listings, Slice(1_000_000))]
