"""A person's data taken out of an event: random words in their place, the rest as it came.

The same value becomes the same word within one erasure, so what was equal stays equal and edges
still lead where they led. The secret that the words are made with is thrown away in the end.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TypeAlias

from store.body import digest, parse_body
from store.facts import Kind
from store.ids import id_key
from store.json_text import Json, Object
from store.keys import PHONE, phone_key
from store.personal import MAX_LEVELS, PHONES, Part, parts_of, rewritten
from store.reader import APPLICATION_EVENT, CALL_EVENT, CALLBACK_EVENT, KNOWN_FIELDS
from store.reader.element import ENVELOPE_FIELDS
from store.reader.envelope import read_event_name
from store.telling import Telling, split_pair
from store.values import read_id, read_plain

_PSEUDONYM = re.compile(r"redacted-(?:[a-z]{24}|[0-9]{24})")

Thing = tuple[Kind, str]  # with its id key


@dataclass(slots=True)
class Person:
    """Whom an erasure is about.

    Attributes:
        company: In which company.
        keys: The link keys (D17) that are this person's alone; the one asked for among them.
        shared: Those that others carry too; they stay with the others.
        things: The applications, calls and callbacks that speak of the person.
    """

    company: str
    keys: set[str]
    shared: set[str] = field(default_factory=set)
    things: set[Thing] = field(default_factory=set)

    def is_about(self, kind: Kind, given: Json) -> bool:
        """Say whether the thing with this id is one of the person's."""
        read = read_id(given)
        return read is not None and (kind, id_key(read)) in self.things


class Pseudonyms:
    """The random words of one erasure.

    Args:
        secret: 32 random bytes; without them nobody can tell which word a value became.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, part: Part, spelled: str) -> str:
        """Return the JSON text that takes the place of a part, which is spelled so.

        A phone number becomes one with digits: as a key (D17) it is equal to what it was equal to.
        """
        is_scalar = not isinstance(part.value, dict | list)
        plain = read_plain(part.value) if is_scalar else digest(part.value).hex()
        number = phone_key(plain if is_scalar else spelled) if part.name in PHONES else None
        if number is not None:
            return f'"redacted-{self._word(number, b"0123456789")}"'
        return f'"redacted-{self._word("=" + plain, b"abcdefghijklmnopqrstuvwxyz")}"'

    def _word(self, text: str, letters: bytes) -> str:
        made = hmac.digest(self._secret, text.encode("utf-8", "surrogatepass"), "sha256")
        return bytes(letters[each % len(letters)] for each in made[:24]).decode()


def is_pseudonym(value: Json) -> bool:
    """Say whether a value stands in the place of an erased one."""
    return isinstance(value, str) and _PSEUDONYM.fullmatch(value) is not None


def _is_blank(value: Json) -> bool:
    """Say whether a value tells nothing, so that nothing is put in its place."""
    return not isinstance(value, dict | list) and not read_plain(value).strip()


def is_erased(key: str) -> bool:
    """Say whether a link key is made of a pseudonym."""
    if key[0] == PHONE:
        return is_pseudonym(f"redacted-{key[1:]}")
    return is_pseudonym(split_pair(key)[1])


@dataclass(frozen=True, slots=True)
class Redacted:
    """An event without the person: its bytes, and the members in which something was replaced."""

    raw: bytes
    fields: frozenset[str]


class Redactor:
    """Takes one person out of events.

    Args:
        person: Who.
        pseudonyms: What to put there.
    """

    def __init__(self, person: Person, pseudonyms: Pseudonyms) -> None:
        self.person = person
        self._pseudonyms = pseudonyms

    @cached_property
    def telling(self) -> Telling:
        """What gives the person away; only to be asked for when all keys are known."""
        return Telling(self.person.keys)

    def redact(self, raw: bytes) -> Redacted | None:
        """Return an event without the person's data; `None` where there is nothing to take out.

        Of a thing of the person every part goes that is not known to be harmless; of others' things
        only a part that gives the person away. Of an unknown event all, if any part does.
        """
        text = raw.decode()
        parts = [part for part in parts_of(text) if not is_pseudonym(part.value)]
        theirs = self._chosen(parse_body(raw).value, parts)
        chosen = [(part, text[part.start : part.end]) for part in parts if theirs(part)]
        if not chosen:
            return None
        spelled = [(part, self._pseudonyms.of(part, said)) for part, said in chosen]
        fields = frozenset(part.name for part, _ in chosen if part.name)
        return Redacted(rewritten(text, spelled).encode(), fields)

    def _chosen(self, event: Object, parts: list[Part]) -> Callable[[Part], bool]:
        name, is_about = read_event_name(event) or "", self.person.is_about
        if name == CALL_EVENT and is_about("call", event.get("statisticId")):
            return _every
        if name == CALLBACK_EVENT and (
            is_about("callback", event.get("id"))
            or is_about("application", event.get("applicationId"))
        ):
            return _every
        if name == APPLICATION_EVENT:
            return self._chosen_of_applications(parts)
        tells = {id(part) for part in parts if self.telling.is_in_json(part.value)}
        if tells and name not in KNOWN_FIELDS:
            return _every
        return lambda part: id(part) in tells

    def _chosen_of_applications(self, parts: list[Part]) -> Callable[[Part], bool]:
        """Choose the parts of the person's elements; those beside `tac` where all are."""
        owners = {part.owner for part in parts if part.owner is not None}
        mine = {owner for owner in owners if ("application", owner) in self.person.things}
        is_alone = bool(mine) and mine == owners
        return lambda part: (
            (is_alone if part.owner is None else part.owner in mine)
            or self.telling.is_in_json(part.value)
        )


def _every(part: Part) -> bool:
    del part
    return True


_STUB = ("eventName", "companyId", "eventCreationDate", "statisticId", "id", "campaignId")


def stub_values(event: Object) -> list[Json]:
    """Return what no redaction of an event touches: what it is, when, and about which thing."""
    known = KNOWN_FIELDS.get(read_event_name(event) or "", ENVELOPE_FIELDS)
    return [_scalar(event.get(name)) if name in known else None for name in _STUB]


def stub_of(event: Object) -> bytes:
    """Name an event by its `stub_values`.

    A redacted event has the stub that it had before, so the sender's old body is recognised by it
    without a hash of what was erased.
    """
    return digest(stub_values(event))


def _scalar(value: Json) -> Json:
    return None if isinstance(value, dict | list) else value


Holes: TypeAlias = tuple[tuple[int, "Holes"], ...]
"""Where a value has pseudonyms: the places that lead to some, each with what is below it."""

_WHOLE: Holes = ((-1, ()),)


def holes_in(redacted: Json, level: int = 0) -> Holes:
    """Return where a redacted value has pseudonyms."""
    if is_pseudonym(redacted):
        return _WHOLE
    if level > 2 * MAX_LEVELS or not isinstance(redacted, dict | list):
        return ()
    _, values = _opened(redacted)
    below = [(place, holes_in(each, level + 1)) for place, each in enumerate(values)]
    return tuple((place, holes) for place, holes in below if holes)


def kept_digest(value: Json, holes: Holes) -> bytes | None:
    """Name what a value has beside the holes: a redacted event and its old body have the same.

    Returns:
        The digest; `None` where the value has no such places, or nothing to erase in one.
    """
    try:
        return digest(_without(value, holes))
    except LookupError:
        return None


def _without(value: Json, holes: Holes) -> Json:
    if holes == _WHOLE:
        if _is_blank(value):
            raise LookupError
        return None
    keys, values = _opened(value)
    for place, below in holes:
        values[place] = _without(values[place], below)
    return [keys, *values]


def _opened(value: Json) -> tuple[list[str] | None, list[Json]]:
    """Return the keys and values of an object by key, or no keys and the values of an array."""
    if isinstance(value, Object):
        pairs = sorted(value.pairs or value.items(), key=itemgetter(0))
        return [key for key, _ in pairs], [each for _, each in pairs]
    return None, [*value] if isinstance(value, list) else []


def redacted_digest(value: Json, position: int) -> bytes:
    """Return the digest of a redacted event, which no body that a sender sends has.

    The position is in it because erasing may make two events equal.
    """
    return hashlib.sha256(b"redacted" + position.to_bytes(8) + digest(value)).digest()[:16]
