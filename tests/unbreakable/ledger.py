"""What senders posted and what was acknowledged, held against the log in the end."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC

import httpx
from factories import a_call_event, a_callback_event, a_campaign_event, a_tac_event, an_application

from store.collections import EVENTS
from store.driver import Database
from store.log import EventLog
from store.verify import verify
from unbreakable.table import Row
from unbreakable.waiting import until

COMPANY = "unbreakable"

_TIMEOUT_SECONDS = 60.0
_PAUSE_SECONDS = 0.05
_REPEATED = 0.05


@dataclass
class Ledger:
    """The events of all senders: what was sent, and up to which position what was acknowledged."""

    sent: set[bytes] = field(default_factory=set)
    acknowledged: dict[bytes, int] = field(default_factory=dict)
    refused: int = 0
    broken: int = 0
    complaints: list[str] = field(default_factory=list)
    longest_answer_seconds: float = 0.0
    _answers: list[tuple[float, float]] = field(default_factory=list)

    def answered(self, bodies: Sequence[bytes], position: int, sent_at: float) -> None:
        for body in bodies:
            self.acknowledged.setdefault(body, position)
        self._answers.append((sent_at, time.monotonic()))

    async def recovery(self, since: float) -> float:
        """Wait until something sent after that moment is acknowledged; return how long it took."""
        await until(lambda: self._answers and self._answers[-1][0] >= since)
        return min(at for sent_at, at in self._answers if sent_at >= since) - since

    async def grown(self, by: int) -> None:
        """Wait until this many more events are acknowledged."""
        goal = len(self.acknowledged) + by
        await until(lambda: len(self.acknowledged) >= goal)


class Sender:
    """Posts small requests, each again and again until it is acknowledged, as the dialer does."""

    def __init__(self, ledger: Ledger, url: Callable[[], str], seed: int) -> None:
        self._ledger = ledger
        self._url = url
        self._dice = random.Random(seed)
        self._name = f"{seed}-{random.randrange(2**32):08x}"
        self._made = 0

    async def run(self, client: httpx.AsyncClient, over: asyncio.Event) -> None:
        """Post until it is over; what was begun is brought to its end."""
        while not over.is_set():
            await self._deliver(client, self._bodies())

    def _bodies(self) -> list[bytes]:
        known = [*self._ledger.acknowledged][-200:]
        again = self._dice.sample(known, 1) if known and self._dice.random() < _REPEATED else []
        fresh = [self._event() for _ in range(self._dice.randint(1, 3))]
        self._ledger.sent.update(fresh)
        return fresh + again

    def _event(self) -> bytes:
        self._made += 1
        place = f"{self._name}-{self._made}"
        thing, status = f"t{self._dice.randint(1, 40)}", self._dice.choice(("NEW", "BUSY", "DONE"))
        common = {"companyId": COMPANY, "place": place}
        match self._dice.randrange(4):
            case 0:
                return a_campaign_event(campaignId=thing, status=status, **common)
            case 1:
                application = an_application(id=thing, status=status, telemarketCampaignId="c1")
                return a_tac_event(application, **common)
            case 2:
                return a_call_event(statisticId=thing, campaignId="c1", **common)
        return a_callback_event(id=thing, applicationId="t1", **common)

    async def _deliver(self, client: httpx.AsyncClient, bodies: list[bytes]) -> None:
        content = b"[" + b",".join(bodies) + b"]"
        while True:
            sent_at = time.monotonic()
            try:
                answer = await client.post(self._url() + "/events", content=content)
            except httpx.TransportError as error:
                self._ledger.broken += 1
                if isinstance(error, httpx.TimeoutException):
                    self._ledger.complaints.append(f"no answer in {_TIMEOUT_SECONDS} s")
            else:
                taken = time.monotonic() - sent_at
                self._ledger.longest_answer_seconds = max(
                    taken, self._ledger.longest_answer_seconds
                )
                if self._is_settled(answer, bodies, sent_at):
                    return
            await asyncio.sleep(self._dice.uniform(0.5, 1.5) * _PAUSE_SECONDS)

    def _is_settled(self, answer: httpx.Response, bodies: list[bytes], sent_at: float) -> bool:
        ledger = self._ledger
        if answer.status_code == httpx.codes.OK:
            receipt = json.loads(answer.content)
            if receipt["appended"] + receipt["duplicates"] != len(bodies):
                ledger.complaints.append(f"not all of it: {receipt}")
            ledger.answered(bodies, receipt["position"], sent_at)
            return True
        ledger.refused += 1
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            ledger.complaints.append(f"{answer.status_code}: {answer.text}")
        elif "Retry-After" not in answer.headers:
            ledger.complaints.append("503 without Retry-After")
        return False


@asynccontextmanager
async def senders(*urls: Callable[[], str], count: int = 32) -> AsyncIterator[Ledger]:
    """Post from `count` senders to servers in turn while the context lasts, then let them end."""
    ledger, over = Ledger(), asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        for seed in range(count):
            sender = Sender(ledger, urls[seed % len(urls)], seed)
            group.create_task(sender.run(client, over))
        try:
            yield ledger
        finally:
            over.set()


async def hold_against_log(ledger: Ledger, database: Database, row: Row) -> None:
    """Count into `row` what the log lacks, has twice or out of order; then let `verify` look."""
    events = await database.find(EVENTS, {}, fields={"raw": 1}, sort=[("_id", 1)])
    positions = [event["_id"] for event in events]
    raws = [bytes(event["raw"]) for event in events]
    place = dict(zip(raws, positions, strict=True))
    row.acknowledged += len(ledger.acknowledged)
    row.refused += ledger.refused
    row.longest_answer_seconds = max(row.longest_answer_seconds, ledger.longest_answer_seconds)
    row.lost += sum(1 for body in ledger.acknowledged if body not in place)
    row.duplicated += sum(times - 1 for times in Counter(raws).values())
    row.out_of_order += sum(
        1 for at, position in enumerate(positions, start=1) if at != position
    ) + sum(1 for body, told in ledger.acknowledged.items() if place.get(body, 0) > told)
    assert set(raws) <= ledger.sent, "the log holds what nobody sent"
    assert ledger.complaints == []
    assert await findings(database) == []


async def findings(database: Database) -> list[str]:
    """Return what `verify` finds."""
    head = await EventLog(database).head()
    return [
        f"{each.position}: {each.problem}"
        async for progress in verify(database, head, zone=UTC)
        for each in progress.findings
    ]
