"""How far what is known of a company holds, and what the facts behind that touch."""

import asyncio
from collections.abc import Hashable, Iterator

from store.collections import Document, facts_of
from store.driver import Database
from store.moment import Moment, numbers_between

_MAX_ROWS = 3_000
_MAX_TOUCHED = 20_000

# What is read and kept: by a thing's kind its state, and by these names the rest.
CAMPAIGNS = "campaigns"
CAMPAIGN_OF = "campaign of"
APPLICATIONS_IN = "applications in"
APPLICATION_OF = "application of"
CALLBACKS_NAMING = "callbacks naming"
HOLDING_CALLS = "calls holding"
HOLDING_APPLICATIONS = "applications and callbacks holding"

CACHED = frozenset(
    {
        *("campaign", "application", "call", "callback"),
        *(CAMPAIGN_OF, APPLICATION_OF, CALLBACKS_NAMING, HOLDING_CALLS, HOLDING_APPLICATIONS),
    }
)
"""What a view looks for here by its key; the lists' stretches beside it."""

Slot = tuple[int, str, Hashable]  # the horizon, what was read, of what


class Horizon:
    """How far the entries of one company and generation are known to hold.

    Attributes:
        company: Whose they are.
        number: Leads the slots of its entries; a new horizon's entries are new.
        position: Up to where the facts were looked at.
        floor: From where on `touched` is whole.
        touched: The position at which each slot was touched last.
        latest: The last position at which any was.
        is_retired: Whether another took its place.
    """

    def __init__(self, company: str, number: int, position: int) -> None:
        self.company = company
        self.number = number
        self.position = self.floor = position
        self.touched: dict[Slot, int] = {}
        self.latest = 0
        self.is_retired = False
        self.lock = asyncio.Lock()

    def touch(self, slot: Slot, position: int, most: int) -> None:
        """Remember that a fact of this position may have changed a slot; of `most` slots."""
        self.touched[slot] = self.latest = position
        if len(self.touched) > min(most, _MAX_TOUCHED):
            self.touched.clear()
            self.floor = position

    def retire(self) -> None:
        """Remember nothing: another takes its place, though answers may hold it for long."""
        self.is_retired = True
        self.touched.clear()
        self.floor = max(self.floor, self.latest)

    def is_untouched(self, position: int) -> bool:
        """Say whether no fact behind a position touched anything."""
        return self.floor <= position and self.latest <= position

    def was_untouched(self, slot: Slot, position: int) -> bool:
        """Say whether no fact behind a position touched a slot, as far as that is remembered."""
        return self.floor <= position and self.touched.get(slot, 0) <= position


async def rows_between(
    database: Database, company: str, moment: Moment, position: int
) -> list[Document] | None:
    """Return what the facts of a company behind a position name; `None` where they are too many.

    One read.
    """
    numbers = numbers_between(position, moment.position)
    rows = await database.find(
        facts_of(moment.generation),
        {"_id": numbers, "company": company},
        fields=dict.fromkeys(("kind", "idKey", "campaign", "application", "keys"), 1),
        hint=[("_id", 1)],
        limit=_MAX_ROWS,
    )
    return None if len(rows) == _MAX_ROWS else rows


def touched_by(row: Document) -> Iterator[tuple[str, str, str]]:
    """Name all that a fact may change: what was read, of what, and the member that it brings."""
    kind, key, campaign = row["kind"], row["idKey"], row.get("campaign")
    yield kind, key, ""
    if campaign is not None and kind != "callback":
        yield CAMPAIGNS, "", campaign
    if kind == "application":
        yield CAMPAIGN_OF, key, ""
        if campaign is not None:
            yield APPLICATIONS_IN, campaign, key
    if kind == "callback":
        yield APPLICATION_OF, key, ""
        if "application" in row:
            yield CALLBACKS_NAMING, row["application"], ""
    for link in row.get("keys", ()):
        yield (HOLDING_CALLS if kind == "call" else HOLDING_APPLICATIONS), link, ""
