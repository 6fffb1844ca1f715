"""The tolerant reader: what an event says, as one fact for each thing that it speaks of."""

from store.reader.envelope import Envelope, read_envelope
from store.reader.event import (
    APPLICATION_EVENT,
    CALL_EVENT,
    CALLBACK_EVENT,
    CAMPAIGN_EVENT,
    KNOWN_FIELDS,
    read_event,
)

__all__ = [
    "APPLICATION_EVENT",
    "CALLBACK_EVENT",
    "CALL_EVENT",
    "CAMPAIGN_EVENT",
    "KNOWN_FIELDS",
    "Envelope",
    "read_envelope",
    "read_event",
]
