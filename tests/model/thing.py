"""What the four nouns have in common: facts in order of effect, folded (D9, D10)."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from model.body import Fact
from model.dates import date_of
from model.event import Event
from model.ids import id_of
from model.json_text import Json
from model.pairs import Pair, pairs_of
from model.values import digits_of, text_of

if TYPE_CHECKING:
    from model.view import View


class Thing:
    """One campaign, application, call or callback at one moment.

    Its public attributes bear the contract's names, in Python's spelling.
    """

    noun = ""

    def __init__(self, view: "View", thing_id: str) -> None:
        self.view = view
        self.thing_id = thing_id

    @property
    def company_id(self) -> str:
        return self.view.company

    @cached_property
    def said(self) -> Sequence[tuple[Event, Fact]]:
        """Return what events say of it, in order of effect."""
        return [
            (event, fact)
            for event in sorted(self.view.events, key=lambda event: event.effect)
            for fact in event.said.facts
            if (fact.noun, fact.thing) == (self.noun, self.thing_id)
        ]

    @cached_property
    def state(self) -> dict[str, Json]:
        """Return each field's last value."""
        state: dict[str, Json] = {}
        for _, fact in self.said:
            state.update(fact.fields)
        return state

    def carried(self, field: str) -> list[tuple[Event, Json]]:
        """Return a field's values, one for each event that carries it, in order of effect."""
        return [(event, fact.fields[field]) for event, fact in self.said if field in fact.fields]

    def ever(self, field: str) -> list[Json]:
        """Return all the values that any of its events ever carried."""
        parts = [part for _, fact in self.said for part in fact.parts]
        return [given for part in parts if (given := part.get(field)) is not None]

    def text(self, field: str) -> str | None:
        return text_of(self.state.get(field))

    def date(self, field: str) -> int | None:
        return date_of(self.state.get(field))

    def id(self, field: str) -> str | None:
        return id_of(self.state.get(field))

    @property
    def client_sync_ids(self) -> list[Pair]:
        return pairs_of(self.state.get("clientSyncIdsToValues"))

    @cached_property
    def pairs_ever(self) -> set[Pair]:
        return {pair for given in self.ever("clientSyncIdsToValues") for pair in pairs_of(given)}

    def phones_ever(self, field: str) -> set[str]:
        return {digits_of(text_of(given)) for given in self.ever(field)} - {""}

    @property
    def events(self) -> list[Event]:
        """Return the events that name it, by position."""
        return [event for event in self.view.events if event.said.names(self.noun, self.thing_id)]
