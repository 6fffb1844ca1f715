"""What the tests of following share: changes formed by hand, and a follower that runs."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from api.simulation import campaign_day
from store.changes import Change
from store.follow import Follower
from store.log import EventLog
from store.topics import Topic
from store.window import Asked, read_stretch

C = TypeVar("C", bound=Change)

_DAY = datetime(2026, 1, 31, 10, tzinfo=UTC)


@asynccontextmanager
async def a_follower(log: EventLog, **settings: float) -> AsyncIterator[Follower]:
    follower = Follower(log, **settings)  # type: ignore[arg-type]
    running = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def formed(log: EventLog, topic: Topic[C], company: str, *, step: int = 1_000) -> list[C]:
    """Form all changes of a company in windows of `step` positions."""
    head = await log.head()
    changes: list[C] = []
    position = 0
    while position < head.position:
        near = replace(head, position=min(position + step, head.position))
        asked = Asked(frozenset({company}), frozenset(topic.kinds))
        stretch = await read_stretch(log.database, near, position, asked)
        changes += await topic.form(stretch.window(company, topic.kinds))
        position = stretch.until
    return changes


async def take(changes: AsyncIterator[C], count: int) -> list[C]:
    async with asyncio.timeout(30):
        return [await anext(changes) for _ in range(count)]


async def until(is_so: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - a test may look
            await asyncio.sleep(0.01)


def simulated(company: str, *, applications: int = 3) -> list[bytes]:
    """Events of a small simulated day that come in disorder, now and then twice."""
    dice = random.Random(3)
    day = campaign_day(
        day=date(2026, 3, 2),
        seed=3,
        company_id="live-2",  # a day's dice depend on it: this day has four callbacks
        campaigns=2,
        applications_per_campaign=applications,
    )
    bodies = [delivery.body.replace(b'"live-2"', f'"{company}"'.encode()) for delivery in day]
    late = sorted(range(len(bodies)), key=lambda place: place + dice.choice((0, 0, 0, 30)))
    again = [bodies[place] for place in late if dice.random() < 0.05]
    return [bodies[place] for place in late] + again


def tangled(company: str, count: int, *, seed: int) -> list[bytes]:
    """Events about few things that share keys, move, complete and contradict each other."""
    dice = random.Random(seed)
    return [json.dumps(_tangled_event(dice, company, place)).encode() for place in range(count)]


def _tangled_event(dice: random.Random, company: str, place: int) -> dict[str, object]:
    make = dice.choice((_campaign, _tac, _tac, _call, _call, _call, _callback, _callback))
    event = {
        "companyId": company,
        "place": place,
        "eventCreationDate": _moment(dice, 600),
        **make(dice),
    }
    optional = event.keys() - {"companyId", "eventName", "eventCreationDate", "id", "statisticId"}
    left_out = {name for name in sorted(optional) if dice.random() < _LEFT_OUT}
    needed = "campaignId" if make is _campaign else "tac"
    return {name: given for name, given in event.items() if name not in left_out - {needed}}


_LEFT_OUT = 0.2


def _campaign(dice: random.Random) -> dict[str, object]:
    status = dice.choice(("NEW", "inProcess", "in_process", "PAUSED", "odd one", "Odd-One", None))
    name = "TelemarketCampaignStatusChangedEvent"
    return {"eventName": name, "campaignId": dice.choice("xy"), "status": status}


def _tac(dice: random.Random) -> dict[str, object]:
    elements = [
        {
            "id": f"a{dice.randint(1, 4)}",
            "telemarketCampaignId": dice.choice(("x", "x", "y", None)),
            "status": dice.choice(("NEW", "BUSY", "DONE", None)),
            "clientSyncIdsToValues": _pairs(dice),
        }
        for _ in range(dice.randint(1, 3))
    ]
    for element in elements:
        if dice.random() < 0.4:
            del element["telemarketCampaignId"]
    return {"eventName": "TACStatusUpdatedEvent", "tac": elements}


def _call(dice: random.Random) -> dict[str, object]:
    return {
        "eventName": "TelemarketStatisticsUpdatedEvent",
        "statisticId": f"s{dice.randint(1, 6)}",
        "campaignId": dice.choice("xxy"),
        "updatedDate": _moment(dice, 900),
        "phoneNumber": dice.choice(("101", "102", "103")),
        "recallDescription": dice.choice(("COMPLETED", "COMPLETED", "AUTO_CREATED", None)),
        "clientSyncIdsToValues": _pairs(dice),
    }


def _callback(dice: random.Random) -> dict[str, object]:
    return {
        "eventName": "TelemarketCallbackCreatedEvent",
        "id": f"b{dice.randint(1, 5)}",
        "applicationId": f"a{dice.randint(1, 4)}",
        "createdAt": _moment(dice, 600),
        "recallAt": _moment(dice, 900),
        "phoneNumber": dice.choice(("101", "102", "103")),
        "recallStatus": dice.choice(("AUTO_CREATED", "PERSONAL_CREATED", "AUTO_CREATED", 2)),
    }


def _pairs(dice: random.Random) -> dict[str, object]:
    return {"crm": dice.choice(("k1", "k2", "k3"))} if dice.random() < 0.5 else {}


def _moment(dice: random.Random, minutes: int) -> str:
    return (_DAY + timedelta(minutes=dice.randint(0, minutes))).isoformat()
