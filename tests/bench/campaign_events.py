"""Events of campaigns of one shape: how many there are of everything does not depend on the size.

A day has four campaigns of 500 applications; each application is said to be new, dialled two to
four times and told the outcome of each attempt. Events of applications carry several elements, as
the dialer's do; who is called, when, and with what luck is seeded by the campaign's number.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import orjson

COMPANY = "brightline"
CAMPAIGNS_PER_DAY = 4
APPLICATIONS = 500
LARGE_CAMPAIGN = 9_999_999
LARGE_APPLICATIONS = 200_000
LARGE_PARTS = 20

_FIRST_DAY = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
_ATTEMPTS = (2, 2, 2, 2, 2, 3, 3, 3, 4, 4)
_ROUND = timedelta(hours=2)
_STATUSES = ("NEW", "IN_PROCESS", "PAUSED", "IN_PROCESS", "PAUSED", "FINISHED")
_ENDINGS = ("SUCCESSFUL", "NOT_SUCCESSFUL", "NOT_SUCCESSFUL", "NOT_REACHED", "REDIAL")

Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timed:
    """One event and when it was created."""

    at: datetime
    raw: bytes

    @property
    def received_at(self) -> datetime:
        return self.at + timedelta(milliseconds=200)


@dataclass(slots=True)
class Client:
    """An application and whom it is about."""

    id: int
    campaign: int
    phone: str
    pairs: dict[str, str]
    attempts: int
    called: int = 0
    is_awaited: bool = False

    def element(self, status: str, last: datetime | None, upcoming: datetime | None) -> Element:
        is_closed = upcoming is None and status != "IN_PROCESS"
        return {
            "id": self.id,
            "telemarketCampaignId": self.campaign,
            "status": status,
            "maxCallCount": 4,
            "calledCount": self.called,
            "lastCall": spell(last),
            "nextCall": spell(upcoming),
            "nextPhoneNumber": None if is_closed else self.phone,
            "ccprojectCallStatus": None,
            "hasRecall": status == "CALLBACK",
            "processable": not is_closed,
            "clientSyncIdsToValues": [self.pairs] if self.pairs else [],
        }


def spell(moment: datetime | None) -> str | None:
    return (
        None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    )


def in_parts(items: Sequence[Client], size: int) -> list[Sequence[Client]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


@dataclass(slots=True)
class Campaign:
    """Tells the events of one campaign, in no order."""

    number: int
    begins: datetime
    clients: list[Client]
    dice: Random
    told: list[Timed] = field(default_factory=list)
    calls: Iterator[int] = field(default_factory=count)
    callbacks: Iterator[int] = field(default_factory=count)

    def tell(self, name: str, at: datetime, fields: Element) -> None:
        envelope = {"eventName": name, "companyId": COMPANY, "eventCreationDate": spell(at)}
        self.told.append(Timed(at, orjson.dumps(envelope | fields)))

    def tell_elements(self, at: datetime, elements: Sequence[Element]) -> None:
        self.tell("TACStatusUpdatedEvent", at, {"tac": elements})

    def tell_statuses(self) -> None:
        for place, status in enumerate(_STATUSES):
            at = self.begins + place * _ROUND * 0.9
            fields = {"campaignId": self.number, "status": status}
            self.tell("TelemarketCampaignStatusChangedEvent", at, fields)

    def tell_imported(self, portion: int) -> None:
        for place, clients in enumerate(in_parts(self.clients, portion)):
            at = self.begins + timedelta(seconds=place)
            opens = self.begins + timedelta(minutes=30)
            self.tell_elements(at, [each.element("NEW", None, opens) for each in clients])

    def tell_round(self, number: int, talk: Callable[[Client, datetime], datetime]) -> None:
        """Dial everybody who is still to be dialled, four at once."""
        dialled = [each for each in self.clients if each.attempts > number]
        self.dice.shuffle(dialled)
        groups = in_parts(dialled, 4)
        for place, group in enumerate(groups):
            at = self.begins + _ROUND * (number + 0.3 + 0.6 * place / len(groups))
            for client in group:
                client.called += 1
            self.tell_elements(at, [each.element("IN_PROCESS", at, None) for each in group])
            for pair in in_parts(group, 2):
                ended = max(talk(each, at) for each in pair)
                self.tell_elements(ended, [self.outcome(each, at) for each in pair])

    def outcome(self, client: Client, at: datetime) -> Element:
        if client.called < client.attempts:
            status = "CALLBACK" if answered(client) else "REDIAL"
            return client.element(status, at, at + _ROUND)
        status = _ENDINGS[client.id % 5]
        return client.element(status, at, at + timedelta(days=1) if status == "REDIAL" else None)

    def call(self, client: Client, at: datetime) -> datetime:
        """Tell the call, and the callback made in it; return when it ended."""
        is_last, picked_up = client.called == client.attempts, at + timedelta(seconds=15)
        known = {
            "statisticId": 1_000_000_000 + self.number * 2_000 + next(self.calls),
            "updatedDate": spell(picked_up),
            "campaignId": self.number,
        }
        happened = "ANSWERED" if answered(client) else "NO_ANSWER"
        self._create_call(client, picked_up, known, happened)
        if happened == "NO_ANSWER":
            return picked_up + timedelta(seconds=2)
        hung_up = picked_up + timedelta(seconds=self.dice.randint(20, 240))
        seconds = (hung_up - picked_up).seconds
        talked = {
            "operatorCallDuration": seconds,
            "generalCallDuration": seconds,
            "hungupSide": "CLIENT",
        }
        self._tell_call(hung_up, known | talked)
        form = {"status": "successful" if is_last else "not successful", "closeFormStatus": "SAVED"}
        if not is_last:
            form |= {"recallDescription": "PERSONAL_CREATED"}
            client.is_awaited = True
            self._callback(client, hung_up)
        elif client.is_awaited:
            form |= {"recallDescription": "COMPLETED", "recallType": "PERSONAL"}
        self._tell_call(hung_up + timedelta(seconds=9), known | form)
        return hung_up + timedelta(seconds=10)

    def _create_call(self, client: Client, at: datetime, known: Element, happened: str) -> None:
        nothing_yet = dict.fromkeys(
            ("closeFormStatus", "recallType", "redirectionId", "hungupSide", "errorMessage")
        )
        created = {
            "operatorId": 100 + client.id % 40,
            "phoneNumber": client.phone,
            "operatorCallDuration": 0,
            "generalCallDuration": 0,
            "status": None if happened == "ANSWERED" else "not successful",
            "clientCallStatus": happened,
            "callType": "Normal" if client.called == 1 else "Callback",
            "recallDescription": None,
            "externalId": f"line-{client.id % 12}",
            "calledCount": client.called,
            "clientSyncIdsToValues": client.pairs,
        }
        self._tell_call(at, known | created | nothing_yet)

    def _tell_call(self, at: datetime, fields: Element) -> None:
        self.tell("TelemarketStatisticsUpdatedEvent", at, fields)

    def _callback(self, client: Client, at: datetime) -> None:
        fields = {
            "id": 500_000_000 + self.number * 500 + next(self.callbacks),
            "createdAt": spell(at),
            "autorecall": False,
            "description": "Asked to be called after work.",
            "name": f"Call back client {client.id}",
            "phoneNumber": client.phone,
            "recallAt": spell(at + _ROUND),
            "recallStatus": "PERSONAL_CREATED",
            "operatorId": 100 + client.id % 40,
            "applicationId": client.id,
            "clientSyncIdsToValues": [client.pairs] if client.pairs else [],
        }
        self.tell("TelemarketCallbackCreatedEvent", at, fields)


def answered(client: Client) -> bool:
    """Say whether the client answers this time: a fifth of the first attempts, half of the last."""
    if client.called < client.attempts:
        return (client.id + client.called) % 5 == 2
    return _ENDINGS[client.id % 5] in ("SUCCESSFUL", "NOT_SUCCESSFUL")


def events_of_day(day: int) -> list[Timed]:
    """Return the events of a day's campaigns, in the order in which they were created."""
    campaigns = range(day * CAMPAIGNS_PER_DAY, (day + 1) * CAMPAIGNS_PER_DAY)
    told = [event for each in campaigns for event in _events_of_campaign(each + 1, day)]
    return sorted(told, key=lambda event: event.at)


def _events_of_campaign(number: int, day: int) -> list[Timed]:
    campaign = Campaign(
        number,
        _FIRST_DAY + timedelta(days=day, minutes=number % CAMPAIGNS_PER_DAY),
        [_client(number, place) for place in range(APPLICATIONS)],
        Random(number),
    )
    campaign.tell_statuses()
    campaign.tell_imported(portion=50)
    for attempt in range(max(_ATTEMPTS)):
        campaign.tell_round(attempt, campaign.call)
    return campaign.told


def _client(campaign: int, place: int) -> Client:
    """Make a client: every tenth is also one of the campaign beside, every fiftieth shares a phone.

    One in seven has no client sync id, so calls find the application by the phone number.
    """
    known_as = (campaign - campaign % 2 if place % 10 == 3 else campaign) * APPLICATIONS + place
    phone = known_as - 1 if place % 50 == 49 else known_as
    return Client(
        id=10_000_000 + campaign * APPLICATIONS + place,
        campaign=campaign,
        phone=f"+999{phone:09}",
        pairs={} if place % 7 == 6 else {"externalId": f"CRM-{known_as}"},
        attempts=_ATTEMPTS[(place + place // 10) % len(_ATTEMPTS)],
    )


def events_of_large_campaign(part: int) -> list[Timed]:
    """Return a part of the events of the large campaign: five versions of each application."""
    size = LARGE_APPLICATIONS // LARGE_PARTS
    clients = [
        Client(
            id=20_000_000 + number,
            campaign=LARGE_CAMPAIGN,
            phone=f"+998{number:09}",
            pairs={"externalId": f"L-{number}"},
            attempts=2,
        )
        for number in range(part * size, (part + 1) * size)
    ]
    begins = _FIRST_DAY - timedelta(days=LARGE_PARTS - part)
    campaign = Campaign(LARGE_CAMPAIGN, begins, clients, Random(part))
    campaign.tell_imported(portion=100)
    for attempt in range(2):
        campaign.tell_round(attempt, lambda _, at: at + timedelta(seconds=40))
    return sorted(campaign.told, key=lambda event: event.at)
