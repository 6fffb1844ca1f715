"""`TACStatusUpdatedEvent`: what it says of each of its applications (D12)."""

from collections.abc import Callable, Iterator
from functools import partial

from store.facts import Fact
from store.json_text import Json
from store.reader.element import (
    CLIENT_SYNC_IDS,
    Element,
    date,
    json,
    keys_of,
    measure_pairs,
    plain,
    text,
)
from store.rejections import MAX_ELEMENTS, MissingIdError, TooManyElementsError
from store.spans import Span
from store.values import read_boolean, read_id, read_integer

ID = "id"
ELEMENTS = "tac"
FIELDS = (
    plain("telemarketCampaignId", read_id, "campaignId"),
    text("status"),
    plain("maxCallCount", read_integer),
    plain("calledCount", read_integer),
    date("lastCall"),
    date("nextCall"),
    text("nextPhoneNumber"),
    text("smsStatus"),
    text("smsMessage"),
    text("errorMessage"),
    text("ccprojectCallStatus"),
    plain("hasRecall", read_boolean),
    plain("processable", read_boolean),
    plain("telemarketClientParentId", read_id),
    json("orderIndex"),
    json("callPriorityIndex"),
    json("ccprojectStatusCalledCount"),
    json("agiProcessing"),
    CLIENT_SYNC_IDS,
)


def read_applications(event: Element) -> list[Fact]:
    """Read the applications that the event is about.

    One id twice is merged in order into one fact. A campaign that only the overridden ones named
    gets a fact of its own, so that it exists (D15).

    Raises:
        MissingIdError: An application is no object or has no `id` (D6).
        TooManyElementsError: There are more than 10,000.
        UnstorableError: Their client sync pairs are too long.
    """
    read: dict[str, Fact] = {}
    overridden: dict[str, None] = {}
    chars = 0
    for fact in map(_read_application, _elements(event)):
        chars = measure_pairs(fact.data.get(CLIENT_SYNC_IDS.into, ()), chars)
        earlier = read.get(fact.id)
        if earlier is not None and earlier.data.get("campaignId") is not None:
            overridden[earlier.data["campaignId"]] = None
        read[fact.id] = fact if earlier is None else _merge(earlier, fact)
    named = {fact.data.get("campaignId") for fact in read.values()}
    campaigns = [Fact("campaign", each, {}) for each in overridden if each not in named]
    return [*read.values(), *campaigns]


def _read_application(element: Element) -> Fact:
    application_id = element.require_id(ID)
    data = element.read(FIELDS)
    return Fact("application", application_id, data, keys_of(data, data.get("nextPhoneNumber")))


def _merge(earlier: Fact, later: Fact) -> Fact:
    data = {**earlier.data, **later.data}
    return Fact("application", later.id, data, tuple(sorted({*earlier.keys, *later.keys})))


def _elements(event: Element) -> Iterator[Element]:
    """Find the objects that are applications: in `tac`, or the event itself without it (D12)."""
    given = event.fields.get(ELEMENTS)
    if given is None:
        yield event
    elif isinstance(given, list):
        if len(given) > MAX_ELEMENTS:
            raise TooManyElementsError(len(given))
        for place, fields in enumerate(given):
            yield _element(event, fields, partial(_locate, event, place))
    else:
        yield _element(event, given, lambda: event.span.members[ELEMENTS])


def _element(event: Element, fields: Json, locate: Callable[[], Span]) -> Element:
    if not isinstance(fields, dict):
        raise MissingIdError(ID)
    return Element(fields, event.zone, locate)


def _locate(event: Element, place: int) -> Span:
    return event.span.members[ELEMENTS].items[place]
