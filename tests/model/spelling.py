"""Values as senders spell them: JSON texts, drawn from small pools so that things collide."""

import json
from collections.abc import Sequence
from random import Random
from typing import Final

from model.dates import rfc3339
from model.json_text import Json, Number

COMPANIES: Final = ("acme", "7")
IDS: Final = ("7", "7.0", "007", "-3", "0", "12345678901234567890123", "Zoë", "a b")
"""As text; several spellings of some follow."""

_ID_SPELLINGS: Final = {
    "7": ("7", "7.0", '"7"', "70e-1", "0.7e1", '"\\u0037"'),
    "-3": ("-3", "-3.00", '"-3"'),
    "0": ("0", '"0"', "0.0", "-0"),
    "12345678901234567890123": (
        "12345678901234567890123",
        '"12345678901234567890123"',
        "1234567890123456789012.3e1",
    ),
    "Zoë": ('"Zoë"', '"Zo\\u00eb"', '"Zo\\u00EB"'),
}
NO_IDS: Final = ("null", "true", "1.5", '""', '" \\t"', "{}", "[7]")
_BOOLEANS: Final = ("true", "false", "1.0", '"true"', '"false"', "0", "1", '"0"', '"1"')
_NO_BOOLEANS: Final = ("null", "2", '"yes"', "{}", "[true]", '""')
_DURATIONS: Final = ("12", "12.5", '"12"', '"00:01:30"', '"01:75"', '"100:61:99"', "0", '"90:00"')
_NO_DURATIONS: Final = ("null", '"abc"', "true", "[]", '"1:2:3:4"', '""')
_INTS: Final = ("5", "5.0", '"5"', '"007"', '"-4"', "2147483647", "-2147483648", "1e2", "0")
_NO_INTS: Final = ("null", "1.5", '"x"', "true", "2147483648", "-2147483649", "1e30", '"1.5"', "[]")
_TEXTS: Final = (
    '"busy"',
    '"Busy"',
    '"no answer"',
    '"no_answer"',
    "1.50",
    "1e400",
    "-0.0",
    "true",
    "null",
    '""',
    '" "',
    '[1, "two"]',
    '{"b": 1.0,"a":[null]}',
    '"a\\u0000b"',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\\ud800"',
    '"\\/"',
    '"' + "long " * 200 + '"',
)
_CAMPAIGN_STATUSES: Final = (
    '"NEW"',
    '"new"',
    '"STOPPED"',
    '"In Process"',
    '"in-process"',
    '"IN_PROCESS"',
    '"inProcess"',
    '"PAUSED"',
    '"paused"',
    '"FINISHED"',
    '"ARCHIVED"',
    '"archived"',
    '"half done"',
    '"half_done"',
    "null",
    "5",
    "true",
)
_APPLICATION_STATUSES: Final = ('"NEW"', '"busy"', '"done"', '"done"', "null", "1.50", '""')
_RESULTS: Final = (
    '"successful"',
    '"SUCCESSFUL"',
    '"not successful"',
    '"notSuccessful"',
    '"NOT_SUCCESSFUL"',
    '"unsuccessful"',
    "true",
    "false",
    "1",
    '"0"',
    "null",
    '"maybe"',
    "7",
)
_CALL_TYPES: Final = ('"Normal"', '"NORMAL"', '"Callback"', '"call-back"', "null", '"Other"', "0")
_RECALLS: Final = (
    '"AUTO_CREATED"',
    '"autoCreated"',
    "0",
    '"0"',
    '"personal created"',
    "1",
    '"COMPLETED"',
    '"completed"',
    "2",
    '"2"',
    "2.0",
    "null",
    '"none"',
    "3",
)
_RECALL_TYPES: Final = ('"AUTO"', '"auto"', "0", '"Personal"', '"1"', "1", "null", "2", '"x"')
_PHONES: Final = (
    '"+7 (900) 111-22-33"',
    '"79001112233"',
    "79001112233",
    '"8 800 555"',
    '"8800555"',
    '"555"',
    "null",
    '"hidden"',
    '""',
)
_NO_DATES: Final = ("null", '"soon"', "-5", "true", '"2026-02-30"', '"2026-01-31T25:00:00Z"', "{}")
_START: Final = 1_769_853_600_000
_MINUTE: Final = 60_000


class Speller:
    """Draws spelled values."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def one_of(self, spelled: Sequence[str]) -> str:
        return self.random.choice(spelled)

    def mostly(self, good: Sequence[str], bad: Sequence[str]) -> str:
        return self.one_of(bad if self.random.random() < 0.1 else good)

    def id(self, ids: Sequence[str] = IDS) -> str:
        """Return an id that is one."""
        text = self.one_of(ids)
        spellings = _ID_SPELLINGS.get(text, (json.dumps(text, ensure_ascii=False),))
        return self.one_of(spellings)

    def maybe_id(self, ids: Sequence[str] = IDS) -> str:
        return self.one_of(NO_IDS) if self.random.random() < 0.08 else self.id(ids)

    def boolean(self) -> str:
        return self.mostly(_BOOLEANS, _NO_BOOLEANS)

    def duration(self) -> str:
        return self.mostly(_DURATIONS, _NO_DURATIONS)

    def integer(self) -> str:
        return self.mostly(_INTS, _NO_INTS)

    def text(self) -> str:
        return self.one_of(_TEXTS)

    def campaign_status(self) -> str:
        return self.one_of(_CAMPAIGN_STATUSES)

    def application_status(self) -> str:
        return self.one_of(_APPLICATION_STATUSES)

    def result(self) -> str:
        return self.one_of(_RESULTS)

    def call_type(self) -> str:
        return self.one_of(_CALL_TYPES)

    def recall(self) -> str:
        return self.one_of(_RECALLS)

    def recall_type(self) -> str:
        return self.one_of(_RECALL_TYPES)

    def phone(self) -> str:
        return self.one_of(_PHONES)

    def moment(self) -> int:
        """Return one of few moments, milliseconds since 1970; rarely decades ahead."""
        is_far = self.random.random() < 0.05
        return self.soon() + 5 * 365 * 24 * 60 * _MINUTE * is_far

    def soon(self) -> int:
        """Return one of the few moments of an afternoon."""
        fine = self.random.choice((0, 0, 0, 250, 999))
        return _START + self.random.randrange(0, 300, 10) * _MINUTE + fine

    def date(self) -> str:
        if self.random.random() < 0.1:
            return self.one_of(_NO_DATES)
        return self.spelled_date(self.moment())

    def spelled_date(self, at: int) -> str:
        """Return one of the spellings of a moment; the day alone is another moment."""
        spell = self.random.choice(
            (self._zulu, self._zulu, self._zulu, self._zoned, self._epoch, self._other)
        )
        return spell(at)

    def _zulu(self, at: int) -> str:
        text = rfc3339(at)
        if at % 1000 == 0 and self.random.random() < 0.5:
            text = text.replace(".000", "")
        elif self.random.random() < 0.3:
            text = text.replace("Z", "987Z").replace(".", self.one_of(".,"))
        return json.dumps(text.replace("T", self.one_of("T ")).replace("Z", self.one_of(("Z", ""))))

    def _zoned(self, at: int) -> str:
        zone, minutes = self.random.choice(
            (("+03", 180), ("+0300", 180), ("+03:00", 180), ("-11:30", -690), ("+05:45", 345))
        )
        return json.dumps(rfc3339(at + minutes * _MINUTE).replace("Z", zone))

    def _epoch(self, at: int) -> str:
        whole, rest = divmod(at, 1000)
        spelled = (f"{at}", f"{whole}.{rest:03}", f"{whole}.{rest:03}9", f"{at}.75", f"{at}00e-2")
        text = self.one_of(spelled)
        is_text = "e" not in text and self.random.random() < 0.5
        return json.dumps(text) if is_text else text

    def _other(self, at: int) -> str:
        text = rfc3339(at)
        before = rfc3339(at - _MINUTE)
        return json.dumps(
            self.one_of(
                (text[:10], text[:10].replace("-", ""), text[:16], before[:17] + "60" + text[19:])
            )
        )


def respelled(given: Json, random: Random) -> str:
    """Return the same JSON value in another spelling: a redelivery (D7)."""
    match given.value:
        case list() as items:
            return "[" + ", ".join([respelled(item, random) for item in items]) + "]"
        case tuple() as members:
            order = _shuffled([name for name, _ in members], random)
            pending = {name: [value for key, value in members if key == name] for name in order}
            spelled = [
                f"{_escaped(name, random)} : {_next(pending, name, random)}" for name in order
            ]
            return "{" + " ,".join(spelled) + "}"
        case Number(negative=negative, digits=digits, exponent=exponent) if digits:
            return f"{'-' * negative}{digits}0E{exponent - 1}"
        case str() as text:
            return _escaped(text, random)
        case _:
            return given.raw


def _shuffled(names: list[str], random: Random) -> list[str]:
    return random.sample(names, len(names))


def _next(pending: dict[str, list[Json]], name: str, random: Random) -> str:
    return respelled(pending[name].pop(0), random)


def _escaped(text: str, random: Random) -> str:
    is_ascii = random.random() < 0.5 or any("\ud800" <= letter <= "\udfff" for letter in text)
    return json.dumps(text, ensure_ascii=is_ascii)
