"""What stands in a log, seen as an answer sees it."""

from datetime import datetime

from store.log import EventLog
from store.moment import Moment
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
