"""`TelemarketStatisticsUpdatedEvent`: what it says of its call (D13)."""

from store.facts import Fact
from store.names import CALL_RESULTS, CALL_TYPES, RECALL_DESCRIPTIONS, RECALL_TYPES
from store.reader.element import CLIENT_SYNC_IDS, Element, date, enum, keys_of, plain, text
from store.values import read_id, read_integer, read_seconds

ID = "statisticId"
FIELDS = (
    plain("campaignId", read_id),
    date("updatedDate"),
    plain("operatorId", read_id),
    text("phoneNumber"),
    plain("operatorCallDuration", read_seconds),
    plain("generalCallDuration", read_seconds),
    *enum("status", CALL_RESULTS),
    text("clientCallStatus"),
    text("operatorCallStatus"),
    text("closeFormStatus"),
    *enum("callType", CALL_TYPES),
    *enum("recallDescription", RECALL_DESCRIPTIONS),
    *enum("recallType", RECALL_TYPES),
    plain("redirectionId", read_id),
    text("hungupSide"),
    text("externalId"),
    text("errorMessage"),
    plain("calledCount", read_integer),
    CLIENT_SYNC_IDS,
)


def read_call(event: Element) -> list[Fact]:
    """Read the call that the event is about, with the keys that link it (D17).

    Raises:
        MissingIdError: There is no `statisticId` (D6).
    """
    call_id = event.require_id(ID)
    data = event.read(FIELDS)
    return [Fact("call", call_id, data, keys_of(data, data.get("phoneNumber")))]
