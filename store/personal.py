"""Which parts of an event are personal: every one that is not known to be harmless.

Known as harmless are the fields that the dialer documents, but those below. Whatever it does not
document may be personal too, so it is taken for that.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from store.ids import id_key
from store.json_text import Json
from store.names import (
    CALL_RESULTS,
    CALL_TYPES,
    CAMPAIGN_STATUSES,
    RECALL_DESCRIPTIONS,
    RECALL_TYPES,
    read_name,
)
from store.reader import (
    APPLICATION_EVENT,
    CALL_EVENT,
    CALLBACK_EVENT,
    CAMPAIGN_EVENT,
    KNOWN_FIELDS,
)
from store.reader.application import ELEMENTS, ID
from store.reader.element import ENVELOPE_FIELDS, PAIRS
from store.reader.envelope import read_event_name
from store.spans import Span
from store.values import read_id, read_plain

PHONES = frozenset({"phoneNumber", "nextPhoneNumber"})
PERSONAL = PHONES | {"name", "description", "smsMessage", "errorMessage", PAIRS}
"""The documented fields that speak of a person; `errorMessage` is free text."""

MAX_LEVELS = 20
"""How deep harmless fields may lie; what is deeper is taken for personal as a whole."""

_WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    CAMPAIGN_EVENT: {"status": CAMPAIGN_STATUSES},
    CALL_EVENT: {
        "status": CALL_RESULTS,
        "callType": CALL_TYPES,
        "recallDescription": RECALL_DESCRIPTIONS,
        "recallType": RECALL_TYPES,
    },
    CALLBACK_EVENT: {"recallStatus": RECALL_DESCRIPTIONS},
}
"""Where the dialer documents which words there are: any other text there is not known."""

_PAIR_NAMES = {"id", "name", "field"}


class Part(NamedTuple):
    """A personal value in the text of an event.

    Attributes:
        start: Where it starts.
        end: Where it ends.
        name: The member that it stands in; of a client sync pair `clientSyncIdsToValues`.
        value: It, decoded: mostly a scalar.
        owner: The application whose element of `tac` it stands in, as an id key; else none.
    """

    start: int
    end: int
    name: str
    value: Json
    owner: str | None


def parts_of(text: str) -> list[Part]:
    """Return the personal parts of an event in their order; of null and blank text none.

    Args:
        text: The event, a JSON object.
    """
    whole = Span(text, 0, len(text))
    name = read_event_name(whole.value) or ""
    harmless = KNOWN_FIELDS.get(name, ENVELOPE_FIELDS) - PERSONAL
    owner = _owner(whole) if name == APPLICATION_EVENT and not whole.value.get(ELEMENTS) else None
    return [part for part in _Walk(name, harmless).within(whole, owner, 0) if _is_said(part.value)]


def _is_said(value: Json) -> bool:
    return isinstance(value, dict | list) or bool(read_plain(value).strip())


def _owner(span: Span) -> str | None:
    value = span.value
    given = read_id(value.get(ID)) if isinstance(value, dict) else None
    return None if given is None else id_key(given)


class _Walk(NamedTuple):
    """The way through one event."""

    event_name: str
    harmless: frozenset[str]

    def within(self, span: Span, owner: str | None, level: int) -> Iterator[Part]:
        """Yield the personal parts of an object, or of an array of harmless things."""
        if isinstance(span.value, list):
            for item in span.items:
                is_scalar = not isinstance(item.value, dict | list)
                yield from (
                    [_part(item, "", owner)] if is_scalar else self._below(item, "", owner, level)
                )
            return
        for name, child in span.pairs:
            if name == PAIRS and PAIRS not in self.harmless:
                yield from _pair_parts(child, owner)
            elif name not in self.harmless or self._is_unknown_word(name, child):
                yield _part(child, name, owner)
            elif level == 0 and name == ELEMENTS and self.event_name == APPLICATION_EVENT:
                yield from self._elements(child)
            else:
                yield from self._below(child, name, owner, level)

    def _is_unknown_word(self, name: str, span: Span) -> bool:
        words = _WORDS.get(self.event_name, {}).get(name)
        return words is not None and read_name(span.value, words) is None

    def _elements(self, span: Span) -> Iterator[Part]:
        """Yield those of the applications; each is the owner of its own."""
        for element in span.items if isinstance(span.value, list) else [span]:
            yield from self._below(element, ELEMENTS, _owner(element), 1)

    def _below(self, span: Span, name: str, owner: str | None, level: int) -> Iterator[Part]:
        if not isinstance(span.value, dict | list):
            return
        if level < MAX_LEVELS:
            yield from self.within(span, owner, level + 1)
        else:
            yield _part(span, name, owner)


def _part(span: Span, name: str, owner: str | None) -> Part:
    return Part(*span.bounds, name, span.value, owner)


def _pair_parts(span: Span, owner: str | None) -> Iterator[Part]:
    """Yield the values of client sync pairs (D16): the names of their fields stay."""
    for item in span.items if isinstance(span.value, list) else [span]:
        if not isinstance(item.value, dict):
            yield _part(item, PAIRS, owner)
            continue
        for name, child in item.pairs:
            if not _is_name(item.value, name, child.value):
                yield from (_part(each, PAIRS, owner) for each in _scalars(child, 0))


def _is_name(item: dict[str, Json], name: str, value: Json) -> bool:
    """Say whether a member names the field of a pair that is written as an object (D16)."""
    is_scalar = not isinstance(value, dict | list)
    return len(item) == 2 and "value" in item and name in _PAIR_NAMES and is_scalar  # noqa: PLR2004 - a pair


def _scalars(span: Span, level: int) -> Iterator[Span]:
    if isinstance(span.value, list) and level < MAX_LEVELS:
        for item in span.items:
            yield from _scalars(item, level + 1)
    else:
        yield span


def rewritten(text: str, parts: Iterable[tuple[Part, str]]) -> str:
    """Return the text with other JSON in the place of some parts, which are given in order."""
    written: list[str] = []
    end = 0
    for part, spelled in parts:
        written += (text[end : part.start], spelled)
        end = part.end
    return "".join([*written, text[end:]])
