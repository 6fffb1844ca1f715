"""Group commit: what arrives while a batch is in flight goes together with the next one."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from factories import a_call_event, a_campaign_event, a_tac_event, an_application
from faults import failing

from store.body import parse_body
from store.collections import EVENTS, facts_of
from store.driver import Database, connect
from store.errors import LogUnavailableError, QueueFullError
from store.log import EventLog, open_log, running
from store.rejections import UnstorableError
from store.rows import PreparedEvent, prepare
from store.writer import Placed, Writer

_RECEIVED_AT = datetime(2026, 1, 31, 10, tzinfo=UTC)
_BAD_VALUE = 2  # what MongoDB says of a document that it refuses
_FORBIDDEN = 13  # an error that no other attempt would mend


def prepared(raw: bytes) -> PreparedEvent:
    return prepare(raw, parse_body(raw).value, _RECEIVED_AT, UTC)


def several(count: int, **fields: object) -> list[PreparedEvent]:
    return [prepared(a_campaign_event(place=place, **fields)) for place in range(count)]


class Commits:
    """A writer, and how many events it had in hand at each of its commits."""

    def __init__(self, database: Database, *, queue_events: int = 20_000) -> None:
        self.writer = Writer(database, queue_events=queue_events, appended=self._note)
        self._in_hand: list[int] = []

    def _note(self) -> None:
        self._in_hand.append(self.writer.queued)

    def sizes(self) -> list[int]:
        """Return how many events each commit had, if none arrived while they were in flight."""
        later = [*self._in_hand[1:], self.writer.queued]
        return [before - after for before, after in zip(self._in_hand, later, strict=True)]

    @property
    def count(self) -> int:
        return len(self._in_hand)


@pytest.fixture
async def commits(new_log: EventLog) -> Commits:
    return Commits(new_log.database)


@pytest.fixture
async def faulty_database(faulty_uri: str) -> AsyncIterator[Database]:
    async with connect(faulty_uri, "writer") as database:
        await EventLog(database).prepare()
        yield database
        await database.drop()


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def appended(writer: Writer, events: list[PreparedEvent]) -> Any:  # noqa: ANN401 - any outcome
    """Append what waits already in one go."""
    appending = asyncio.create_task(writer.append(events))
    await settle()
    async with running(writer):
        return await appending


async def test_one_event_alone_is_committed_at_once(commits: Commits) -> None:
    outcome = await appended(commits.writer, several(1))

    assert outcome == [Placed(1, is_new=True)]
    assert commits.count == 1


async def test_what_arrives_while_a_batch_is_in_flight_goes_together(commits: Commits) -> None:
    first, *others = several(50)

    async with running(commits.writer):
        early = asyncio.create_task(commits.writer.append([first]))
        await settle()
        late = [asyncio.create_task(commits.writer.append([each])) for each in others]
        await asyncio.gather(early, *late)

    assert commits.count == 2
    assert [task.result() for task in late] == [
        [Placed(position, is_new=True)] for position in range(2, 51)
    ]


async def test_senders_of_one_event_share_its_commit(commits: Commits) -> None:
    [event], [twin] = several(1), several(1)

    async with running(commits.writer):
        first, second = await asyncio.gather(
            commits.writer.append([event]), commits.writer.append([twin, twin])
        )

    assert first == [Placed(1, is_new=True)]
    assert second == [Placed(1, is_new=False), Placed(1, is_new=False)]
    assert commits.count == 1


async def test_a_batch_holds_500_events_at_most(commits: Commits) -> None:
    await appended(commits.writer, several(1_001))

    assert commits.sizes() == [500, 500, 1]


async def test_a_batch_holds_5000_facts_at_most(commits: Commits) -> None:
    elements = [an_application(id=place) for place in range(2_000)]
    events = [prepared(a_tac_event(*elements, place=place)) for place in range(3)]

    await appended(commits.writer, events)

    assert commits.sizes() == [2, 1]


async def test_a_batch_holds_16_mib_at_most(commits: Commits) -> None:
    large = "x" * 3 * 2**20
    events = [prepared(a_campaign_event(place=place, text=large)) for place in range(3)]

    await appended(commits.writer, events)

    assert commits.sizes() == [2, 1]


async def test_an_event_over_the_limits_of_a_batch_goes_alone(commits: Commits) -> None:
    elements = [an_application(id=place) for place in range(6_000)]
    events = [*several(1), prepared(a_tac_event(*elements)), prepared(a_call_event())]

    await appended(commits.writer, events)

    assert commits.sizes() == [1, 1, 1]


async def test_what_does_not_fit_into_the_queue_is_refused_as_a_whole(new_log: EventLog) -> None:
    commits = Commits(new_log.database, queue_events=10)
    waiting = asyncio.create_task(commits.writer.append(several(8)))
    await settle()

    with pytest.raises(QueueFullError):
        await commits.writer.append(several(3, status="NEW"))

    assert commits.writer.queued == 8
    async with running(commits.writer):
        assert len(await waiting) == 8


async def test_the_queue_takes_events_again_when_it_has_room(new_log: EventLog) -> None:
    commits = Commits(new_log.database, queue_events=3)

    async with running(commits.writer):
        await commits.writer.append(several(3))
        outcomes = await commits.writer.append(several(3, status="NEW"))

    assert outcomes == [Placed(position, is_new=True) for position in (4, 5, 6)]


async def test_a_request_longer_than_the_queue_is_taken_when_nothing_waits(
    new_log: EventLog,
) -> None:
    commits = Commits(new_log.database, queue_events=3)

    assert len(await appended(commits.writer, several(5))) == 5


async def test_closing_refuses_what_waits(new_log: EventLog) -> None:
    commits = Commits(new_log.database)
    waiting = asyncio.create_task(commits.writer.append(several(3)))
    await settle()

    commits.writer.close()

    with pytest.raises(LogUnavailableError, match="shutting down"):
        await waiting
    assert commits.writer.queued == 0
    assert await new_log.database.find(EVENTS, {}) == []


async def test_a_closed_writer_refuses_what_comes(new_log: EventLog) -> None:
    commits = Commits(new_log.database)
    commits.writer.close()

    with pytest.raises(LogUnavailableError, match="shutting down"):
        async with asyncio.timeout(5):
            await commits.writer.append(several(1))


async def test_a_sender_of_several_events_hears_once_of_their_failure(new_log: EventLog) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, each: complaints.append(each))
    commits = Commits(new_log.database)
    waiting = asyncio.create_task(commits.writer.append(several(3)))
    await settle()

    commits.writer.close()
    with suppress(LogUnavailableError):
        await waiting
    del waiting
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)

    assert complaints == []


async def test_a_batch_that_fails_fails_its_own_senders_only(
    faulty_uri: str, faulty_database: Database
) -> None:
    commits = Commits(faulty_database)

    async with running(commits.writer), failing(faulty_uri, "findAndModify", code=_FORBIDDEN):
        unlucky = asyncio.create_task(commits.writer.append(several(2)))
        await settle()
        lucky = asyncio.create_task(commits.writer.append(several(2, status="NEW")))
        failed, placed = await asyncio.gather(unlucky, lucky, return_exceptions=True)

    assert isinstance(failed, LogUnavailableError)
    assert placed == [Placed(1, is_new=True), Placed(2, is_new=True)]


async def test_an_event_in_hand_is_acknowledged_although_the_rest_of_its_batch_fails(
    faulty_uri: str, faulty_database: Database
) -> None:
    commits = Commits(faulty_database)
    known, fresh = several(2)
    await appended(commits.writer, [known])

    commits = Commits(faulty_database)
    async with failing(faulty_uri, "commitTransaction", code=_FORBIDDEN):
        again = asyncio.create_task(commits.writer.append([known]))
        unlucky = asyncio.create_task(commits.writer.append([fresh]))
        await settle()
        async with running(commits.writer):
            placed, failed = await asyncio.gather(again, unlucky, return_exceptions=True)

    assert placed == [Placed(1, is_new=False)]
    assert isinstance(failed, LogUnavailableError)


async def test_an_event_that_collides_but_is_not_seen_is_not_acknowledged(
    new_log: EventLog,
) -> None:
    await new_log.database.insert(EVENTS, [{"_id": 1, "digest": b"of another event"}])

    with pytest.raises(LogUnavailableError, match="not durable"):
        await new_log.append([a_campaign_event()])


async def test_a_failed_event_may_be_sent_again(faulty_uri: str, faulty_database: Database) -> None:
    async with open_log(faulty_database) as log:
        async with failing(faulty_uri, "insert", code=_FORBIDDEN):
            with pytest.raises(LogUnavailableError):
                await log.append([a_campaign_event()])

        receipt = await log.append([a_campaign_event()])

    assert (receipt.appended, receipt.position) == (1, 1)


async def test_an_event_goes_without_its_body_where_mongodb_refuses_that(
    faulty_uri: str, faulty_database: Database
) -> None:
    async with open_log(faulty_database) as log, failing(faulty_uri, "insert", code=_BAD_VALUE):
        receipt = await log.append([a_campaign_event()])

    [event] = await faulty_database.find(EVENTS, {})
    assert receipt.appended == 1
    assert "body" not in event


async def test_a_batch_that_is_refused_is_divided_until_the_culprit_stands_alone(
    faulty_uri: str, faulty_database: Database
) -> None:
    commits = Commits(faulty_database)

    async with failing(faulty_uri, "insert", code=_BAD_VALUE, times=3):
        outcomes = await appended(commits.writer, several(8))

    found = await faulty_database.find(EVENTS, {}, sort=[("_id", 1)])
    assert outcomes == [Placed(position, is_new=True) for position in range(1, 9)]
    assert commits.sizes() == [1, 1, 2, 4]
    assert ["body" in event for event in found] == [True] * 8


async def test_an_event_whose_facts_are_refused_leaves_nothing_behind(
    new_log: EventLog,
) -> None:
    poison = a_call_event(clientSyncIdsToValues={"あ" * 1_300_000: [1, 2, 3]})
    commits = Commits(new_log.database)

    [outcome] = await appended(commits.writer, [prepared(poison)])

    assert isinstance(outcome, UnstorableError)
    assert (await new_log.head()).position == 0
    assert await new_log.database.find(EVENTS, {}) == []
    assert await new_log.database.find(facts_of(1), {}) == []


async def test_a_refused_event_leaves_no_hole(new_log: EventLog) -> None:
    poison = a_call_event(clientSyncIdsToValues={"あ" * 1_300_000: [1, 2, 3]})
    commits = Commits(new_log.database)

    outcomes = await appended(
        commits.writer, [*several(3), prepared(poison), prepared(a_call_event())]
    )

    placed = [each.position for each in outcomes if isinstance(each, Placed)]
    assert placed == [1, 2, 3, 4]
