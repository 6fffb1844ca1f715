"""Campaigns: their list, their timetable and their end."""

from collections.abc import Iterator
from itertools import islice

from api.simulation.application import Application, tell_imported
from api.simulation.centre import Centre
from api.simulation.client import Client
from api.simulation.plan import Plan
from api.simulation.queue import DialQueue
from api.simulation.timeline import HOUR, MINUTE, SECOND, Process

_CREATED_AT = (8, 40)
_LOADED_AT = (8, 42)
_LAST_RECALL_AT = (19, 30)
_TOMORROW_AT = (24 + 10, 0)
_MAX_ELEMENTS = 100
_IMPORTS_A_DAY = 10


class Campaign:
    """One campaign of the day.

    Attributes:
        status: As in the source; none before it is created.
        open_count: How many of its applications are loaded and not closed.
    """

    def __init__(
        self, centre: Centre, campaign_id: int, plan: Plan, clients: Iterator[Client], *, size: int
    ) -> None:
        self.id = campaign_id
        self.plan = plan
        self.status: str | None = None
        self.open_count = 0
        self._centre = centre
        self._clients = clients
        self._still_to_load = size
        self._queue = DialQueue()

    @property
    def running(self) -> bool:
        """Whether its clients are being dialled."""
        return self.status == "IN_PROCESS"

    def take_next(self) -> Application | None:
        """Return the application to dial now, none if none is due."""
        return self._queue.take(self._centre.now)

    def put_back(self, application: Application) -> None:
        """Have an application dialled again when its time comes, or not if it is closed."""
        if not application.closed:
            self._queue.add(application)
            return
        self.open_count -= 1
        self._finish_if_done()

    def redial_at(self, application: Application, *, share: float) -> int:
        """Return when to dial again after a failure; `share` shortens the wait."""
        doubled = self.plan.redial_ms << (application.called_count - 1)
        moment = self._centre.now + int(doubled * share)
        return moment if moment < self._clock_at(self.plan.ends) else moment + 14 * HOUR

    def recall_at(self) -> int:
        """Return when a client wishes to be called back, to five minutes as people say it."""
        wait = self._centre.dice.mostly_low(20 * MINUTE, self.plan.recall_ms)
        moment = (self._centre.now + wait) // (5 * MINUTE) * (5 * MINUTE)
        latest = self._clock_at(min(self.plan.ends, _LAST_RECALL_AT))
        if moment <= latest or not self.plan.carries_over:
            return moment
        return self._clock_at(_TOMORROW_AT) + self._centre.dice.between(0, 36) * 5 * MINUTE

    def timetable(self) -> Process:
        """Create, start, pause and end the campaign."""
        yield self._until(_CREATED_AT) + self._centre.dice.between(0, 60 * SECOND)
        self._change("NEW")
        yield self._until(self.plan.opens) + self._centre.dice.between(0, 3 * MINUTE)
        self._change("IN_PROCESS")
        for begin, end in self.plan.pauses:
            yield self._until(begin) + self._centre.dice.between(0, 2 * MINUTE)
            self._change("PAUSED")
            yield self._until(end) + self._centre.dice.between(0, 2 * MINUTE)
            self._change("IN_PROCESS")
            self._finish_if_done()
        yield self._until(self.plan.ends)
        self._change("STOPPED")

    def imports(self) -> Process:
        """Load the list: a part before the opening, the rest in portions over the day."""
        yield self._until(_LOADED_AT) + self._centre.dice.between(0, 3 * MINUTE)
        total = self._still_to_load
        morning = max(1, round(total * self.plan.morning_share))
        yield from self._load(morning, portion=_MAX_ELEMENTS, wait=2 * SECOND)
        rest = total - morning
        if rest:
            portion = max(1, min(_MAX_ELEMENTS, rest // _IMPORTS_A_DAY))
            yield self._until(self.plan.opens)
            wait = self._until(self.plan.list_until) * portion // rest
            yield from self._load(rest, portion=portion, wait=wait)

    def _load(self, total: int, *, portion: int, wait: int) -> Process:
        for done in range(0, total, portion):
            yield self._centre.dice.between(wait // 2, wait)
            self._load_portion(min(portion, total - done))

    def _load_portion(self, size: int) -> None:
        loaded = [self._application(client) for client in islice(self._clients, size)]
        self._still_to_load -= size
        self.open_count += size
        tell_imported(self._centre, loaded)
        for application in loaded:
            self._queue.add(application)

    def _application(self, client: Client) -> Application:
        return Application(next(self._centre.ids), self.id, client, self.plan.max_call_count)

    def _finish_if_done(self) -> None:
        if self.running and self.open_count == 0 and self._still_to_load == 0:
            self._change("FINISHED")

    def _change(self, status: str) -> None:
        if self.status in ("FINISHED", "STOPPED"):
            return
        self.status = status
        parameters: dict[str, object] = {"campaignId": self.id, "status": status}
        self._centre.tell("TelemarketCampaignStatusChangedEvent", parameters)

    def _clock_at(self, time_of_day: tuple[int, int]) -> int:
        return self._centre.clock.at(*time_of_day)

    def _until(self, time_of_day: tuple[int, int]) -> int:
        return self._centre.timeline.until(self._clock_at(time_of_day))
