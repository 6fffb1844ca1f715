"""What one event says of one thing, and the row that it becomes."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Kind = Literal["campaign", "application", "call", "callback"]


class Fact(NamedTuple):
    """What one event says of one thing.

    Attributes:
        kind: The noun.
        id: The thing's id as text (D1), unique per kind within a company.
        data: The fields that the event carries, by their names in the graph (`statusRaw`,
            `nextCall`, …): text, int, float, bool, aware UTC datetime, `None` where the event says
            null or something unreadable, or a list of those. A field that is not carried is absent
            (D10).
        keys: The client sync pairs and phone numbers by which calls find applications (D17), of a
            callback the phone number by which they find its application; as `pair_key` and
            `phone_key` of `store.keys` spell them; sorted, each once.
    """

    kind: Kind
    id: str
    data: Mapping[str, Any]
    keys: tuple[str, ...] = ()
