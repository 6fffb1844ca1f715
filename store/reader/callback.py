"""`TelemarketCallbackCreatedEvent`: what it says of its callback and of the application (D14)."""

from store.facts import Fact
from store.keys import phone_key
from store.names import RECALL_DESCRIPTIONS
from store.reader.element import CLIENT_SYNC_IDS, Element, date, enum, plain, text
from store.values import read_boolean, read_id

ID = "id"
FIELDS = (
    plain("applicationId", read_id),
    date("createdAt"),
    plain("autorecall", read_boolean),
    text("description"),
    text("name"),
    text("phoneNumber"),
    date("recallAt"),
    *enum("recallStatus", RECALL_DESCRIPTIONS),
    plain("operatorId", read_id),
    CLIENT_SYNC_IDS,
)


def read_callback(event: Element) -> list[Fact]:
    """Read the callback, with the phone number by which calls find its application (D17).

    The application that it names exists from then on (D15).

    Raises:
        MissingIdError: There is no `id` (D6).
    """
    data = event.read(FIELDS)
    key = phone_key(data.get("phoneNumber") or "")
    callback = Fact("callback", event.require_id(ID), data, (key,) if key else ())
    application_id = data.get("applicationId")
    if application_id is None:
        return [callback]
    return [callback, Fact("application", application_id, {})]
