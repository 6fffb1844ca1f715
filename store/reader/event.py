"""What an event says, by its name (D5)."""

from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo
from typing import Final

from store.facts import Fact
from store.json_text import Object
from store.reader import application, call, callback, campaign
from store.reader.element import ENVELOPE_FIELDS, Element, names_of
from store.reader.envelope import read_event_name
from store.spans import Span

CAMPAIGN_EVENT: Final = "TelemarketCampaignStatusChangedEvent"
APPLICATION_EVENT: Final = "TACStatusUpdatedEvent"
CALL_EVENT: Final = "TelemarketStatisticsUpdatedEvent"
CALLBACK_EVENT: Final = "TelemarketCallbackCreatedEvent"

_READERS: Mapping[str, Callable[[Element], list[Fact]]] = {
    CAMPAIGN_EVENT: campaign.read_campaign,
    APPLICATION_EVENT: application.read_applications,
    CALL_EVENT: call.read_call,
    CALLBACK_EVENT: callback.read_callback,
}

KNOWN_FIELDS: Mapping[str, frozenset[str]] = {
    CAMPAIGN_EVENT: ENVELOPE_FIELDS | {campaign.ID} | names_of(campaign.FIELDS),
    APPLICATION_EVENT: ENVELOPE_FIELDS
    | {application.ID, application.ELEMENTS}
    | names_of(application.FIELDS),
    CALL_EVENT: ENVELOPE_FIELDS | {call.ID} | names_of(call.FIELDS),
    CALLBACK_EVENT: ENVELOPE_FIELDS | {callback.ID} | names_of(callback.FIELDS),
}
"""The fields that the source documents, by event name; those of `tac`'s elements included."""


def read_event(value: Object, *, zone: tzinfo = UTC) -> list[Fact]:
    """Read what an event says.

    Args:
        value: The event, as `parse_body` decodes it.
        zone: Whose clock dates without a zone show.

    Returns:
        A fact for each thing that it speaks of, each thing once; none for an unknown event (D5).

    Raises:
        RejectedError: A known event without the id that it is about, or with too many elements
            (D6).
    """
    read = _READERS.get(read_event_name(value) or "")
    if read is None:
        return []
    text = value.text
    return read(Element(value, zone, lambda: Span(text, 0, len(text))))
