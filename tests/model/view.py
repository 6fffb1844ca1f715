"""One company at one moment: every thing that exists, by its id (D15, D21, D22)."""

from collections.abc import Iterable
from typing import Any

from model import lists
from model.application import Application
from model.body import APPLICATION, CALL, CALLBACK, CAMPAIGN
from model.call import Call
from model.callback import Callback
from model.campaign import Campaign
from model.event import Event
from model.lists import Filter, Order


class View:
    """What a root field reads.

    Args:
        log: The whole log, of all companies.
        company: Whose.
        as_of: Only events that occurred by then (milliseconds).
        at_position: Only events up to that position.
        now: What a callback's state speaks of where there is no `as_of`.
    """

    def __init__(
        self,
        log: Iterable[Event],
        company: str,
        *,
        as_of: int | None = None,
        at_position: int | None = None,
        now: int,
    ) -> None:
        self.company = company
        self.moment = now if as_of is None else as_of
        self.events = [
            event
            for event in log
            if event.company_id == company
            and (as_of is None or event.occurred_at <= as_of)
            and (at_position is None or event.position <= at_position)
        ]
        self.campaigns = {one: Campaign(self, one) for one in self._named(CAMPAIGN)}
        self.applications = {one: Application(self, one) for one in self._named(APPLICATION)}
        self.calls = {one: Call(self, one) for one in self._named(CALL)}
        self.callbacks = {one: Callback(self, one) for one in self._named(CALLBACK)}

    def _named(self, noun: str) -> list[str]:
        named = [name for event in self.events for name in event.said.named()]
        return list(dict.fromkeys(thing for kind, thing in named if kind == noun))

    def list(self, field: str, where: Filter = None, order: Order = None) -> list[Any]:
        """Return what a root connection holds."""
        if field == "campaigns":
            return lists.campaigns(self.campaigns.values(), where, order)
        if field == "callbacks":
            return lists.callbacks(self.callbacks.values(), where, order)
        return lists.events(self.events, where)
