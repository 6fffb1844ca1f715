"""What subscriptions tell, in their order: a fold before and after every position."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model.application import Application, ApplicationStatusChange
from model.body import APPLICATION, CALL, CALLBACK, CAMPAIGN
from model.call import Call
from model.callback import Callback
from model.campaign import Campaign, CampaignStatusChange
from model.contract import TYPES, snake
from model.event import Event
from model.history import NO_STATUS, Entry, Status, application_status, campaign_status
from model.ids import id_key
from model.view import View


@dataclass(frozen=True)
class CallUpdate:
    """An event of a call, which is as after it."""

    position: int
    created: bool
    call: Call


@dataclass(frozen=True)
class CallbackChange:
    """A callback was created, changed or completed; it is as after that."""

    event: Event
    callback: Callback

    @property
    def position(self) -> int:
        return self.event.position

    @property
    def state(self) -> str:
        return self.callback.state_at(self.event.received_at)


@dataclass(frozen=True)
class Step:
    """An event of a company, and the company's things before and after it."""

    event: Event
    before: View
    after: View

    def things(self, noun: str) -> list[str]:
        """Return the things that the event is about, in its order."""
        return [fact.thing for fact in self.event.said.facts if fact.noun == noun]


def steps(log: Sequence[Event], company: str, now: int) -> Iterator[Step]:
    """Yield the company's events by position."""
    before = View([], company, now=now)
    for event in log:
        if event.company_id == company:
            after = View(log, company, at_position=event.position, now=now)
            yield Step(event, before, after)
            before = after


def campaign_status_changed(step: Step) -> Iterator[CampaignStatusChange]:
    """Yield what `campaignStatusChanged` tells of a step."""
    for thing in step.things(CAMPAIGN):
        campaign = step.after.campaigns[thing]
        was, status = _campaign_status(step.before.campaigns.get(thing)), _campaign_status(campaign)
        if not status.is_same(was):
            yield CampaignStatusChange(Entry(step.event, was, status), campaign)


def application_status_changed(step: Step) -> Iterator[ApplicationStatusChange]:
    """Yield what `applicationStatusChanged` tells of a step."""
    for thing in step.things(APPLICATION):
        application = step.after.applications[thing]
        was = _application_status(step.before.applications.get(thing))
        status = _application_status(application)
        if not status.is_same(was):
            yield ApplicationStatusChange(Entry(step.event, was, status), application)


def call_updated(step: Step) -> Iterator[CallUpdate]:
    """Yield what `callUpdated` tells of a step: every event of a call."""
    for thing in step.things(CALL):
        is_new = thing not in step.before.calls
        yield CallUpdate(step.event.position, is_new, step.after.calls[thing])


def callback_changed(step: Step) -> Iterator[CallbackChange]:
    """Yield what `callbackChanged` tells of a step: what its event says, then whom it completed."""
    own = [
        thing
        for thing in step.things(CALLBACK)
        if _shown(step.before, thing) != _shown(step.after, thing)
    ]
    before = {one.thing_id for one in step.before.callbacks.values() if one.completed_by}
    after = {one.thing_id for one in step.after.callbacks.values() if one.completed_by}
    for thing in [*own, *sorted(after - before - set(own), key=id_key)]:
        yield CallbackChange(step.event, step.after.callbacks[thing])


def _shown(view: View, thing: str) -> object:
    """Return what the graph shows of a callback itself."""
    callback = view.callbacks.get(thing)
    kind = TYPES["Callback"]
    if callback is None:
        return None
    return [getattr(callback, snake(name)) for name in (*kind.plain, *kind.parts)]


def _campaign_status(campaign: Campaign | None) -> Status:
    return campaign_status(campaign.state.get("status")) if campaign else NO_STATUS


def _application_status(application: Application | None) -> Status:
    return application_status(application.state.get("status")) if application else NO_STATUS
