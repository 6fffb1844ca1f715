"""Text messages to clients who could not be reached."""

from api.simulation.application import Application, tell_changed
from api.simulation.centre import Centre
from api.simulation.timeline import SECOND, Process


def message(centre: Centre, application: Application, topic: str) -> Process:
    """Send a text message, then tell what became of it."""
    yield centre.dice.between(1 * SECOND, 5 * SECOND)
    text = f"Dear {application.client.name}, we could not reach you about {topic}."
    tell_changed(centre, application, smsStatus="SENT", smsMessage=text)
    yield centre.dice.between(2 * SECOND, 40 * SECOND)
    if centre.dice.chance(0.92):
        tell_changed(centre, application, smsStatus="DELIVERED")
    else:
        reason = "SMS: the subscriber cannot be reached"
        tell_changed(centre, application, smsStatus="FAILED", errorMessage=reason)
