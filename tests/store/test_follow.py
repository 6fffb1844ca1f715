import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import a_call_event, a_callback_event, a_campaign_event, a_tac_event, an_application
from following import a_follower, formed, simulated, take, tangled, until

from store.changes import CallbackUpdate
from store.cursor import BadCursorError, Cursor
from store.driver import connect
from store.due import Hints, fallen_due
from store.errors import LogUnavailableError
from store.follow import Follower
from store.head import Head
from store.log import EventLog
from store.moment import fact_number
from store.subscriber import SlowSubscriberError
from store.topics import CALLBACKS, CALLS, CAMPAIGN_STATUS, EVENTS_APPENDED, TOPICS, Topic
from store.view import View

every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


@pytest.fixture
async def follower(log: EventLog) -> AsyncIterator[Follower]:
    async with a_follower(log) as follower:
        yield follower


def calls(company: str, count: int) -> list[bytes]:
    return [a_call_event(companyId=company, statisticId=number) for number in range(count)]


async def append_in_pieces(log: EventLog, bodies: list[bytes], size: int = 17) -> None:
    for start in range(0, len(bodies), size):
        await log.append(bodies[start : start + size])


@every_topic
async def test_a_replay_tells_what_was_told_live(
    log: EventLog, follower: Follower, company: str, topic: Topic[Any]
) -> None:
    start = (await log.head()).position
    live = follower.subscribe(topic, company=company, after=start)
    listening = asyncio.create_task(take(live, 1))
    await append_in_pieces(log, simulated(company, applications=8) + tangled(company, 150, seed=1))
    expected = await formed(log, topic, company)

    told = await listening + await take(live, len(expected) - 1)
    replay = follower.subscribe(topic, company=company, after=0)
    replayed = await take(replay, len(expected))
    await live.aclose()
    await replay.aclose()

    assert told == expected
    assert replayed == expected


@every_topic
async def test_whoever_drops_and_resumes_anywhere_misses_nothing_and_hears_nothing_twice(
    log: EventLog, follower: Follower, company: str, topic: Topic[Any]
) -> None:
    await log.append(simulated(company) + tangled(company, 60, seed=2))
    expected = await formed(log, topic, company)

    for place, change in enumerate(expected[:-1]):
        cursor = Cursor.parse(str(change.cursor))
        async with aclosing(
            follower.subscribe(topic, company=company, after_cursor=cursor)
        ) as rest:
            assert await take(rest, len(expected) - place - 1) == expected[place + 1 :]


async def test_a_resumption_goes_on_inside_one_event(
    log: EventLog, follower: Follower, company: str
) -> None:
    elements = [an_application(id=f"a{number}", status="NEW") for number in range(5)]
    await log.append([a_tac_event(*elements, companyId=company)])
    changes = await formed(log, TOPICS[1], company)

    cursor = changes[2].cursor
    rest = follower.subscribe(TOPICS[1], company=company, after_cursor=cursor)

    assert await take(rest, 2) == changes[3:]
    await rest.aclose()


async def test_after_a_position_means_after_all_of_it(
    log: EventLog, follower: Follower, company: str
) -> None:
    receipt = await log.append(calls(company, 3))

    told = follower.subscribe(CALLS, company=company, after=receipt.position - 1)

    assert [change.position for change in await take(told, 1)] == [receipt.position]
    await told.aclose()


async def test_a_subscription_begins_now_unless_it_says_otherwise(
    log: EventLog, follower: Follower, company: str
) -> None:
    await log.append(calls(company, 3))
    told = follower.subscribe(CALLS, company=company)
    first = asyncio.create_task(take(told, 1))
    await until(lambda: follower.listening)

    await log.append([a_call_event(companyId=company, statisticId="new")])

    assert [change.state.id for change in await first] == ["new"]
    await told.aclose()


async def test_a_position_still_to_come_is_waited_for(
    log: EventLog, follower: Follower, company: str
) -> None:
    ahead = (await log.head()).position + 2
    told = follower.subscribe(CALLS, company=company, after=ahead)
    first = asyncio.create_task(take(told, 1))
    await until(lambda: follower.listening)

    await log.append(calls(company, 3))

    assert [change.position for change in await first] == [ahead + 1]
    await told.aclose()


async def test_subscriptions_opened_while_events_pour_in_have_no_hole_and_no_repeat(
    log: EventLog, follower: Follower, company: str
) -> None:
    bodies = calls(company, 600)
    pouring = asyncio.create_task(append_in_pieces(log, bodies, 5))
    opened = []
    for _ in range(20):
        told = follower.subscribe(CALLS, company=company, after=0)
        opened.append(asyncio.create_task(take(told, len(bodies))))
        await asyncio.sleep(0.02)
    await pouring

    for changes in await asyncio.gather(*opened):
        assert [change.state.id for change in changes] == [str(number) for number in range(600)]


async def test_a_filter_is_held_against_the_state_after_the_change(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(
        CALLS,
        company=company,
        after=0,
        wanted={"operator": {"7"}},
    )
    await log.append([a_call_event(companyId=company, operatorId=8)])
    await log.append([a_call_event(companyId=company, operatorId=7)])
    await log.append([a_call_event(companyId=company, hungupSide="client")])
    await log.append([a_call_event(companyId=company, operatorId=9)])
    await log.append([a_call_event(companyId=company, statisticId="s2", operatorId=7)])

    changes = await take(told, 3)

    assert [(change.state.id, change.created) for change in changes] == [
        ("s1", False),
        ("s1", False),
        ("s2", True),
    ]
    await told.aclose()


async def test_two_followers_of_one_log_tell_the_same(
    log: EventLog, mongo_uri: str, company: str
) -> None:
    name = log.database.handle.name
    async with (
        connect(mongo_uri, name) as database,
        a_follower(log) as here,
        a_follower(EventLog(database)) as there,
    ):
        both = [each.subscribe(CALLBACKS, company=company, after=0) for each in (here, there)]
        first = [asyncio.create_task(take(each, 1)) for each in both]
        await append_in_pieces(log, simulated(company) + tangled(company, 150, seed=3))
        expected = await formed(log, CALLBACKS, company)

        for told, one in zip(both, first, strict=True):
            assert await one + await take(told, len(expected) - 1) == expected
            await told.aclose()


async def test_commits_of_other_processes_are_told_at_once(
    log: EventLog, mongo_uri: str, company: str
) -> None:
    async with (
        connect(mongo_uri, log.database.handle.name) as database,
        a_follower(EventLog(database), poll_seconds=5) as elsewhere,
    ):
        told = elsewhere.subscribe(CALLS, company=company)
        first = asyncio.create_task(take(told, 1))
        await until(lambda: elsewhere.listening)
        await asyncio.sleep(0.5)

        await log.append(calls(company, 1))

        async with asyncio.timeout(2):
            await first
        await told.aclose()


async def test_a_subscriber_that_does_not_take_is_told_where_to_resume(
    log: EventLog, company: str
) -> None:
    async with a_follower(log, buffer_changes=5, patience_seconds=0) as follower:
        told = follower.subscribe(CALLS, company=company, after=(await log.head()).position)
        first = asyncio.create_task(take(told, 1))
        await until(lambda: follower.listening)
        await log.append(calls(company, 1))
        await first
        await append_in_pieces(log, calls(company, 20), 4)
        await until(lambda: not follower.listening)

        with pytest.raises(SlowSubscriberError) as caught:
            await take(told, 20)
        cursor = Cursor.parse(str(caught.value.cursor))
        rest = follower.subscribe(CALLS, company=company, after_cursor=cursor)

        assert [each.state.id for each in await take(rest, 19)] == [str(n) for n in range(1, 20)]
        await rest.aclose()


async def test_a_burst_beyond_the_buffer_is_read_again_from_the_log(
    log: EventLog, company: str
) -> None:
    async with a_follower(log, buffer_changes=5) as follower:
        told = follower.subscribe(CALLS, company=company, after=(await log.head()).position)
        first = asyncio.create_task(take(told, 1))
        await until(lambda: follower.listening)

        await log.append(calls(company, 100))

        changes = await first + await take(told, 99)
        assert [change.state.id for change in changes] == [str(number) for number in range(100)]
        await told.aclose()


async def test_a_subscriber_that_does_not_take_holds_nobody_up(log: EventLog, company: str) -> None:
    async with a_follower(log, buffer_changes=5) as follower:
        idle = follower.subscribe(CALLS, company=company, after=0)
        quick = follower.subscribe(CALLS, company=company, after=0)
        taking = [asyncio.create_task(take(idle, 1)), asyncio.create_task(take(quick, 40))]

        await append_in_pieces(log, calls(company, 40), 4)

        assert len(await taking[1]) == 40
        await taking[0]
        await idle.aclose()
        await quick.aclose()


async def test_a_closed_subscription_leaves_nothing_behind(
    follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLS, company=company)
    waiting = asyncio.create_task(anext(told))
    await until(lambda: follower.listening)

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert follower.subscribers == 0
    assert follower.listening == 0


async def test_the_log_is_not_read_while_nobody_listens(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLS, company=company, after=0)
    await log.append(calls(company, 1))
    await take(told, 1)
    await told.aclose()
    await asyncio.sleep(0.3)

    before = log.database.reads
    await asyncio.sleep(1)

    assert log.database.reads == before


async def test_listeners_of_one_topic_share_one_reading(
    log: EventLog, follower: Follower, company: str
) -> None:
    alone = await reads_while_told(log, follower, company, listeners=1)
    shared = await reads_while_told(log, follower, company, listeners=30)

    assert shared < alone + 30


async def reads_while_told(
    log: EventLog, follower: Follower, company: str, *, listeners: int
) -> int:
    told = [follower.subscribe(CALLS, company=company) for _ in range(listeners)]
    first = [asyncio.create_task(take(each, 1)) for each in told]
    await until(lambda: follower.listening == listeners)
    before = log.database.reads
    await log.append([a_call_event(companyId=company, calledCount=listeners)])
    await asyncio.gather(*first)
    for each in told:
        await each.aclose()
    return log.database.reads - before


async def test_a_follower_outlives_a_log_that_does_not_answer(
    log: EventLog, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_follower(log) as follower:
        told = follower.subscribe(CALLS, company=company)
        first = asyncio.create_task(take(told, 1))
        await until(lambda: follower.listening)
        head = log.head
        failures: list[str] = []

        async def failing_head() -> Head:
            if len(failures) == 3:
                return await head()
            failures.append("no primary")
            raise LogUnavailableError(failures[-1])

        monkeypatch.setattr(log, "head", failing_head)
        await until(lambda: len(failures) == 3)
        await log.append(calls(company, 1))

        assert [change.state.id for change in await first] == ["0"]
        await told.aclose()


async def test_a_follower_that_fails_begins_again_where_it_stood(
    log: EventLog, company: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_follower(log, restart_seconds=0.1) as follower:
        failures: list[None] = []
        follower.on_failure = lambda: failures.append(None)
        told = follower.subscribe(EVENTS_APPENDED, company=company)
        hearing = asyncio.create_task(take(told, 2))
        await until(lambda: follower.listening)
        start, head = (await log.head()).position, log.head

        async def failing_head() -> Head:
            if len(failures) > 1:
                return await head()
            raise KeyError("nobody foresaw this")

        monkeypatch.setattr(log, "head", failing_head)
        await log.append(calls(company, 2))

        assert [change.position for change in await hearing] == [start + 1, start + 2]
        assert "KeyError" in caplog.text
        await told.aclose()


async def test_what_cannot_be_read_of_one_company_ends_who_listens_to_it_and_holds_up_nobody(
    log: EventLog, company: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_follower(log) as follower:
        failures: list[None] = []
        follower.on_failure = lambda: failures.append(None)
        theirs = follower.subscribe(CALLS, company="broken")
        ours = follower.subscribe(CALLS, company=company)
        hearing = [asyncio.create_task(take(each, 2)) for each in (theirs, ours)]
        await until(lambda: follower.listening == 2)
        start = (await log.head()).position
        row = {"_id": fact_number(start + 1, 9), "company": "broken", "kind": "call"}
        await log.database.insert("facts_1", [{**row, "idKey": "zs0"}])

        await log.append([*calls("broken", 1), *calls(company, 2)])

        assert [change.state.id for change in await hearing[1]] == ["0", "1"]
        with pytest.raises(KeyError):
            await hearing[0]
        assert len(failures) == 1
        assert "KeyError" in caplog.text
        await log.database.delete("facts_1", row["_id"])
        mended = follower.subscribe(CALLS, company="broken", after=start)
        assert [change.state.id for change in await take(mended, 1)] == ["0"]
        for each in (theirs, ours, mended):
            await each.aclose()


async def test_without_a_change_stream_commits_of_others_are_polled_for(
    log: EventLog, mongo_uri: str, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_updates(_: str) -> AsyncIterator[None]:
        raise LogUnavailableError("the change stream has ended")
        yield

    async with (
        connect(mongo_uri, log.database.handle.name) as database,
        a_follower(EventLog(database)) as elsewhere,
    ):
        monkeypatch.setattr(database, "updates", no_updates)
        told = elsewhere.subscribe(CALLS, company=company)
        first = asyncio.create_task(take(told, 1))
        await until(lambda: elsewhere.listening)

        await log.append(calls(company, 1))

        async with asyncio.timeout(2):
            await first
        await told.aclose()


async def test_subscribers_hear_that_the_follower_has_ended(log: EventLog, company: str) -> None:
    async with a_follower(log) as follower:
        told = follower.subscribe(CALLS, company=company)
        waiting = asyncio.create_task(take(told, 1))
        await until(lambda: follower.listening)

    with pytest.raises(LogUnavailableError):
        await waiting


def a_callback_due_in(seconds: float, company: str, **fields: object) -> bytes:
    recall_at = datetime.now(UTC) + timedelta(seconds=seconds)
    told = {"companyId": company, "recallAt": recall_at.isoformat(), "applicationId": "a1"}
    return a_callback_event(**{**told, **fields})


def states(changes: list[CallbackUpdate]) -> list[tuple[str, str]]:
    return [(change.state.id, change.callback_state) for change in changes]


async def test_a_callback_that_was_there_falls_due_live(
    log: EventLog, follower: Follower, company: str
) -> None:
    await log.append([a_callback_due_in(1, company)])
    told = follower.subscribe(CALLBACKS, company=company)

    [due] = await take(told, 1)

    assert (due.callback_state, due.is_live_only) == ("DUE", True)
    assert due.position == (await log.head()).position
    await told.aclose()


async def test_a_callback_that_comes_while_listening_falls_due(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(1, company)])

    changes = await take(told, 2)

    assert states(changes) == [("b1", "SCHEDULED"), ("b1", "DUE")]
    await told.aclose()


async def test_a_callback_put_off_falls_due_later_only(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(0.5, company)])
    await log.append([a_callback_due_in(1.5, company, name="put off")])

    changes = await take(told, 3)

    assert [change.callback_state for change in changes] == ["SCHEDULED", "SCHEDULED", "DUE"]
    assert changes[2].state.data["name"] == "put off"
    await told.aclose()


async def test_a_callback_that_was_put_forward_before_falls_due_then(
    log: EventLog, follower: Follower, company: str
) -> None:
    await log.append([a_callback_due_in(600, company)])
    await log.append([a_callback_due_in(1, company, name="put forward")])
    told = follower.subscribe(CALLBACKS, company=company)

    [due] = await take(told, 1)

    assert (due.callback_state, due.state.data["name"]) == ("DUE", "put forward")
    await told.aclose()


async def test_a_completed_callback_does_not_fall_due(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(0.7, company)])
    await log.append([a_callback_due_in(0.7, company, recallStatus="COMPLETED")])
    await log.append([a_callback_due_in(1.2, company, id="b2")])

    changes = await take(told, 4)

    assert states(changes) == [
        ("b1", "SCHEDULED"),
        ("b1", "COMPLETED"),
        ("b2", "SCHEDULED"),
        ("b2", "DUE"),
    ]
    await told.aclose()


async def test_a_callback_falls_due_though_the_log_did_not_answer_at_that_moment(
    log: EventLog, follower: Follower, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter(["no primary"] * 2)

    async def sometimes(view: View, hints: Hints, now: datetime) -> list[CallbackUpdate]:
        for failure in failures:
            raise LogUnavailableError(failure)
        return await fallen_due(view, hints, now)

    monkeypatch.setattr("store.due.fallen_due", sometimes)
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(0.3, company)])

    assert states(await take(told, 2)) == [("b1", "SCHEDULED"), ("b1", "DUE")]
    await told.aclose()


async def test_after_a_callback_fell_due_the_next_event_follows(
    log: EventLog, follower: Follower, company: str
) -> None:
    told = follower.subscribe(CALLBACKS, company=company, after=0)
    await log.append([a_callback_due_in(0.3, company), a_callback_due_in(0.3, company, id="b2")])
    *_, first_due, second_due = await take(told, 4)
    await told.aclose()
    await log.append([a_callback_event(companyId=company, id="b3")])

    for due in (first_due, second_due):
        cursor = Cursor.parse(str(due.cursor))
        rest = follower.subscribe(CALLBACKS, company=company, after_cursor=cursor)
        assert states(await take(rest, 1)) == [("b3", "SCHEDULED")]
        await rest.aclose()
    assert first_due.cursor != second_due.cursor


@pytest.mark.parametrize(
    "text",
    ["", "x", "💥", "MTIz", "LTEuMA", "MS4", "1.1", "A" * 10_000, "OTk5OTk5OTk5OTk5OTk5OTk5OS4w"],
)
def test_rubbish_is_no_cursor(text: str) -> None:
    with pytest.raises(BadCursorError):
        Cursor.parse(text)


async def test_events_of_all_sorts_are_told_as_they_came(
    log: EventLog, follower: Follower, company: str
) -> None:
    bodies = [
        json.dumps({"eventName": "Unheard", "companyId": company}).encode(),
        a_campaign_event(companyId=company, status="NEW"),
    ]
    told = follower.subscribe(EVENTS_APPENDED, company=company, after=0)
    changed = follower.subscribe(CAMPAIGN_STATUS, company=company, after=0)

    await log.append(bodies)

    assert [bytes(each.event["raw"]) for each in await take(told, 2)] == bodies
    assert len(await take(changed, 1)) == 1
    await told.aclose()
    await changed.aclose()
