"""Callbacks: agreed with the client, or made by the dialer when nobody could talk."""

from dataclasses import dataclass

from api.simulation.centre import Centre
from api.simulation.client import Client

_WISHES = (
    "Asked to be called after work.",
    "Is in a meeting, please try again later.",
    "Wants to read the offer first.",
    "Would like to talk it over at home.",
    "Is driving, asked for another time.",
    "Needs the old contract at hand.",
)
_NO_OPERATOR = "All operators were busy, the client hung up."
_OPERATOR_FAILED = "The call to the operator failed."


@dataclass(frozen=True, slots=True)
class Callback:
    """A promise to call again; `operator_id` is none where the dialer made it."""

    id: int
    name: str
    description: str
    recall_at: int
    operator_id: int | None

    @property
    def automatic(self) -> bool:
        """Whether the dialer made it."""
        return self.operator_id is None

    @property
    def recall_type(self) -> str:
        """The name that calls completing it carry."""
        return "AUTO" if self.automatic else "PERSONAL"

    @property
    def recall_status(self) -> str:
        """The name that the call in which it was made carries."""
        return f"{self.recall_type}_CREATED"


def personal_callback(
    centre: Centre, client: Client, *, recall_at: int, operator_id: int
) -> Callback:
    """Make the callback that the client asked the operator for."""
    wish = centre.dice.pick(_WISHES)
    return Callback(next(centre.ids), f"Call back {client.name}", wish, recall_at, operator_id)


def automatic_callback(
    centre: Centre, client: Client, *, recall_at: int, operator_failed: bool
) -> Callback:
    """Make the callback of a client who answered and got no operator."""
    reason = _OPERATOR_FAILED if operator_failed else _NO_OPERATOR
    return Callback(next(centre.ids), f"Lost call: {client.name}", reason, recall_at, None)


def tell_callback(
    centre: Centre, callback: Callback, client: Client, *, application_id: int, phone: str
) -> None:
    """Send the event of a callback made now."""
    parameters: dict[str, object] = {
        "id": callback.id,
        "createdAt": centre.clock.text(centre.now),
        "autorecall": callback.automatic,
        "description": callback.description,
        "name": callback.name,
        "phoneNumber": phone,
        "recallAt": centre.clock.text(callback.recall_at),
        "recallStatus": callback.recall_status,
        "operatorId": callback.operator_id,
        "applicationId": application_id,
        "clientSyncIdsToValues": [client.sync_ids] if client.sync_ids else [],
    }
    centre.tell("TelemarketCallbackCreatedEvent", parameters)
