"""A body read: what it says of which thing, or why it is rejected (D1, D6, D11-D15)."""

from dataclasses import dataclass
from typing import Final

from model.ids import id_of
from model.json_text import Json, NotJsonError, parse

STATUS_EVENT: Final = "TelemarketCampaignStatusChangedEvent"
TAC_EVENT: Final = "TACStatusUpdatedEvent"
CALL_EVENT: Final = "TelemarketStatisticsUpdatedEvent"
CALLBACK_EVENT: Final = "TelemarketCallbackCreatedEvent"

CAMPAIGN: Final = "Campaign"
APPLICATION: Final = "Application"
CALL: Final = "Call"
CALLBACK: Final = "Callback"

_SUBJECTS: Final = {
    STATUS_EVENT: (CAMPAIGN, "campaignId"),
    CALL_EVENT: (CALL, "statisticId"),
    CALLBACK_EVENT: (CALLBACK, "id"),
}


class RejectedError(ValueError):
    """A body that is kept in the quarantine (D6)."""

    def __init__(self, code: str, company: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.company = company


@dataclass(frozen=True)
class Fact:
    """What one event says of one thing.

    Attributes:
        noun: What kind of thing.
        thing: Its id.
        parts: The objects that say it: several where one `tac` repeats an id.
    """

    noun: str
    thing: str
    parts: tuple[Json, ...]

    @property
    def fields(self) -> dict[str, Json]:
        """Return the fields carried, later parts and later members first (D10)."""
        fields: dict[str, Json] = {}
        for part in self.parts:
            assert isinstance(part.value, tuple)
            fields.update(part.value)
        return fields


@dataclass(frozen=True)
class Body:
    """An accepted body."""

    json: Json
    name: str
    company: str
    facts: tuple[Fact, ...]

    def names(self, noun: str, thing: str) -> bool:
        """Say whether the body names a thing: what makes it exist, and an event of it (D15)."""
        return (noun, thing) in self.named()

    def named(self) -> set[tuple[str, str]]:
        """Return the things that the body names."""
        found = {(fact.noun, fact.thing) for fact in self.facts}
        for fact in self.facts:
            for part in fact.parts:
                found |= _mentioned(fact.noun, part)
        return found


def read(raw: bytes) -> Body:
    """Return what a body says.

    Raises:
        RejectedError: where it is no event that the log takes.
    """
    try:
        body = parse(raw)
    except NotJsonError as error:
        raise RejectedError("INVALID_JSON") from error
    if not isinstance(body.value, tuple):
        raise RejectedError("NOT_AN_OBJECT")
    company = id_of(body.get("companyId"))
    name = body.get("eventName")
    if name is None or not isinstance(name.value, str) or not name.value.strip():
        raise RejectedError("MISSING_EVENT_NAME", company)
    if company is None:
        raise RejectedError("MISSING_COMPANY_ID")
    try:
        return Body(body, name.value, company, _facts(name.value, body))
    except LookupError as error:
        raise RejectedError("MISSING_ID", company) from error


def _facts(name: str, body: Json) -> tuple[Fact, ...]:
    if name == TAC_EVENT:
        return _applications(body)
    if name in _SUBJECTS:
        noun, key = _SUBJECTS[name]
        return (Fact(noun, _id(body, key), (body,)),)
    return ()


def _applications(body: Json) -> tuple[Fact, ...]:
    tac = body.get("tac")
    if tac is None or tac.value is None:
        tac = body
    elements = tac.value if isinstance(tac.value, list) else [tac]
    parts: dict[str, list[Json]] = {}
    for element in elements:
        parts.setdefault(_id(element, "id"), []).append(element)
    return tuple(Fact(APPLICATION, thing, tuple(said)) for thing, said in parts.items())


def _id(given: Json, key: str) -> str:
    found = id_of(given.get(key)) if isinstance(given.value, tuple) else None
    if found is None:
        raise LookupError(key)
    return found


def _mentioned(noun: str, part: Json) -> set[tuple[str, str]]:
    mentions = {
        APPLICATION: (CAMPAIGN, "telemarketCampaignId"),
        CALL: (CAMPAIGN, "campaignId"),
        CALLBACK: (APPLICATION, "applicationId"),
    }
    if noun not in mentions:
        return set()
    other, key = mentions[noun]
    thing = id_of(part.get(key))
    return set() if thing is None else {(other, thing)}
