"""One object of an event, and the tables by which its fields are read (D4, D5, D10)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cached_property, partial
from typing import Any, NamedTuple

from store.dates import read_date
from store.json_text import Json
from store.keys import pair_key, phone_key
from store.names import read_name
from store.pairs import read_pairs
from store.rejections import MissingIdError, UnstorableError
from store.spans import Span
from store.values import read_id, read_text

PAIRS = "clientSyncIdsToValues"
_MAX_PAIRS_CHARS = 16 * 2**20
ENVELOPE_FIELDS = frozenset({"eventName", "companyId", "eventCreationDate"})


class Element:
    """An object whose fields speak of one thing.

    Args:
        fields: The decoded object.
        zone: Whose clock dates without a zone show (D3).
        locate: Finds the object's place in the body, if a field must be shown as spelled.
    """

    def __init__(
        self, fields: Mapping[str, Json], zone: tzinfo, locate: Callable[[], Span]
    ) -> None:
        self.fields = fields
        self.zone = zone
        self._locate = locate

    @cached_property
    def span(self) -> Span:
        """The object's place in the body."""
        return self._locate()

    def read(self, table: Iterable["Field"]) -> dict[str, Any]:
        """Read the fields of `table` that the event carries, by their names in the graph (D10)."""
        fields = self.fields
        data: dict[str, Any] = {}
        for name, into, read_value, read in table:
            if name in fields:
                value = fields[name]
                data[into] = read_value(value) if read_value else read(self, name)
        return data

    def require_id(self, name: str) -> str:
        """Read the id that the object is about.

        Raises:
            MissingIdError: There is none (D6).
        """
        given = read_id(self.fields.get(name))
        if given is None:
            raise MissingIdError(name)
        return given

    def text(self, name: str) -> str | None:
        """Read a text; what is no text shows its JSON as spelled (D4)."""
        value = self.fields[name]
        if value is None:
            return None
        return self.spelled(name) if isinstance(value, dict | list) else read_text(value)

    def json(self, name: str) -> str | None:
        """Show a field's JSON as spelled; none for `null`."""
        value = self.fields[name]
        if isinstance(value, dict | list) or type(value) is str:
            return self.spelled(name)
        return read_text(value)

    def spelled(self, name: str) -> str:
        """Show a field's JSON exactly as the sender spelled it, white space included."""
        return self.span.members[name].text

    def date(self, name: str) -> datetime | None:
        """Read a date on the clock of the configured zone (D3)."""
        return read_date(self.fields[name], self.zone)


def keys_of(data: Mapping[str, Any], phone: str | None) -> tuple[str, ...]:
    """Give the keys by which calls find applications (D17).

    Args:
        data: What `Element.read` read, the client sync pairs among it.
        phone: The phone number.
    """
    keys = {pair_key(*pair) for pair in data.get(CLIENT_SYNC_IDS.into, ())}
    number = phone_key(phone) if phone is not None else None
    if number is not None:
        keys.add(number)
    return tuple(sorted(keys))


class Field(NamedTuple):
    """A row of a table: a field of the event, and what the graph makes of it.

    Attributes:
        name: Its name in the event.
        into: Its name in the graph.
        read_value: Reads it by its value alone, if that is enough.
        read: Else reads it from the object that carries it.
    """

    name: str
    into: str
    read_value: Callable[[Json], object] | None
    read: Callable[[Element, str], object]


def plain(name: str, read: Callable[[Json], object], into: str | None = None) -> Field:
    """Read a field by its value alone."""
    return Field(name, into or name, read, Element.spelled)


def text(name: str) -> Field:
    """Read a field as text (D4)."""
    return Field(name, name, None, Element.text)


def json(name: str) -> Field:
    """Keep a field as JSON, by its spelling."""
    return Field(name, name, None, Element.json)


def date(name: str) -> Field:
    """Read a field as a moment (D3)."""
    return Field(name, name, None, Element.date)


def enum(name: str, names: Mapping[str, str]) -> tuple[Field, Field]:
    """Read a field as an enum value, with the text as given beside it (D5)."""
    known = plain(name, partial(read_name, names=names))
    return known, Field(name, f"{name}Raw", None, Element.text)


def names_of(*tables: Iterable[Field]) -> frozenset[str]:
    """Name the fields of the tables as events name them."""
    return frozenset(field.name for table in tables for field in table)


def measure_pairs(pairs: Iterable[Iterable[str]], already: int = 0) -> int:
    """Add the characters of pairs to those of others: each value of a list has its field with it.

    Raises:
        UnstorableError: They are more than an event can hold.
    """
    chars = already + sum(len(text) for pair in pairs for text in pair)
    if chars > _MAX_PAIRS_CHARS:
        raise UnstorableError(f"`{PAIRS}` is too long when each value has its field.")
    return chars


def _read_pairs(value: Json) -> list[list[str]]:
    pairs = read_pairs(value)
    measure_pairs(pairs)
    return pairs


CLIENT_SYNC_IDS = plain(PAIRS, _read_pairs, "clientSyncIds")
