"""Follow the graph, and hold what it tells against the model's changes."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final

from model.changes import (
    Step,
    application_status_changed,
    call_updated,
    callback_changed,
    campaign_status_changed,
    steps,
)
from model.compare import differences
from model.contract import Answer
from model.event import Event
from model.selection import Argument, Chooser, Field, Query, answer, described
from model.spelling import IDS

Subscribe = Callable[[str, Mapping[str, object]], AsyncIterator[dict[str, Any]]]
"""Yields the data of each result."""


class Topic:
    """One subscription: its field, its model, its filters."""

    def __init__(
        self,
        name: str,
        type_name: str,
        thing: str,
        changes: Callable[[Step], Iterator[Any]],
        filters: Mapping[str, str],
    ) -> None:
        """Make a topic; `filters` are arguments and the fields of `thing` that they compare."""
        self.name = name
        self.type_name = type_name
        self.thing = thing
        self.changes = changes
        self.filters = filters

    def accepts(self, change: Answer, wanted: Sequence[Argument]) -> bool:
        thing = getattr(change, self.thing)
        values = [(getattr(thing, self.filters[one.name]), one.value) for one in wanted]
        return all(value in ids if isinstance(ids, list) else value == ids for value, ids in values)


TOPICS: Final = (
    Topic(
        "campaignStatusChanged",
        "CampaignStatusChange",
        "campaign",
        campaign_status_changed,
        {"campaignIds": "campaign_id"},
    ),
    Topic(
        "applicationStatusChanged",
        "ApplicationStatusChange",
        "application",
        application_status_changed,
        {"applicationIds": "application_id", "campaignId": "campaign_id"},
    ),
    Topic(
        "callbackChanged",
        "CallbackChange",
        "callback",
        callback_changed,
        {"campaignId": "campaign_id", "operatorId": "operator_id"},
    ),
    Topic(
        "callUpdated",
        "CallUpdate",
        "call",
        call_updated,
        {"campaignId": "campaign_id", "operatorId": "operator_id"},
    ),
)


class Following:
    """One subscription of one company, from a random position on."""

    def __init__(self, topic: Topic, company: str, choose: Chooser, last_position: int) -> None:
        self.topic = topic
        self.company = company
        random = choose.random
        self.after = random.choice((0, random.randint(0, last_position)))
        self.wanted = [
            self._filter(random, name) for name in topic.filters if random.random() < 0.3
        ]
        self.heard: list[dict[str, Any]] = []
        self.below = (*choose.fields(topic.type_name, 2), Field("cursor", "cursor"))

    def _filter(self, random: Random, name: str) -> Argument:
        if name.endswith("s"):
            return Argument(name, "[ID!]", random.sample(IDS, 3))
        return Argument(name, "ID", random.choice(IDS[:3]))

    async def hear(self, subscribe: Subscribe) -> None:
        """Listen, until cancelled."""
        query = Query()
        company = Argument("companyId", "ID", self.company)
        after = Argument("after", "Position", self.after)
        told = Field(self.topic.name, "told", (*self.wanted, company, after), self.below)
        text = query.text([told]).replace("query", "subscription", 1)
        async for change in subscribe(text, query.variables):
            self.heard.append(change["told"])

    def expected(self, log: Sequence[Event], now: int) -> list[dict[str, Any]]:
        """Return what the model tells."""
        return [
            answer(change, self.below[:-1])
            for step in steps(log, self.company, now)
            if step.event.position > self.after
            for change in self.topic.changes(step)
            if self.topic.accepts(change, self.wanted)
        ]

    def differences(self, expected: list[dict[str, Any]]) -> list[str]:
        """Return how what was heard differs; cursors are unique."""
        found = list(differences(expected, self.heard, self.topic.name))
        if len({change["cursor"] for change in self.heard}) < len(self.heard):
            found.append("a cursor comes twice")
        about = f"{self.company} after {self.after}, {described(self.wanted)}"
        return [about, *found] if found else []
