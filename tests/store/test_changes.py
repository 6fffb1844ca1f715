from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from factories import (
    ABSENT,
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)
from following import formed, simulated, tangled

from store.callbacks import Course, courses_of, state_at
from store.changes import CallbackUpdate, StatusUpdate, says_something_new
from store.fold import State
from store.history import identity
from store.log import EventLog
from store.moment import Moment
from store.topics import (
    APPLICATION_STATUS,
    CALLBACKS,
    CALLS,
    CAMPAIGN_STATUS,
    EVENTS_APPENDED,
    TOPICS,
    Topic,
)
from store.view import View


def at(minute: int) -> dict[str, str]:
    return {"eventCreationDate": f"2026-01-31T10:{minute:02}:00Z"}


def statuses(changes: list[StatusUpdate]) -> list[tuple[str | None, str | None]]:
    return [(change.entry.previous, change.entry.status) for change in changes]


def callback_states(changes: list[CallbackUpdate]) -> list[tuple[str, str]]:
    return [(change.state.id, change.callback_state) for change in changes]


async def test_a_campaign_changes_when_its_folded_status_does(log: EventLog, company: str) -> None:
    for minute, status in enumerate(("NEW", "inProcess", "IN_PROCESS", "PAUSED", None)):
        await log.append([a_campaign_event(companyId=company, status=status, **at(minute))])

    changes = await formed(log, CAMPAIGN_STATUS, company)

    assert statuses(changes) == [
        (None, "NEW"),
        ("NEW", "IN_PROCESS"),
        ("IN_PROCESS", "PAUSED"),
        ("PAUSED", None),
    ]


async def test_a_late_status_changes_history_only(log: EventLog, company: str) -> None:
    await log.append([a_campaign_event(companyId=company, status="PAUSED", **at(30))])
    await log.append([a_campaign_event(companyId=company, status="NEW", **at(10))])
    await log.append([a_campaign_event(companyId=company, status="FINISHED", **at(40))])

    changes = await formed(log, CAMPAIGN_STATUS, company)

    assert statuses(changes) == [(None, "PAUSED"), ("PAUSED", "FINISHED")]


async def test_leading_nulls_are_no_change(log: EventLog, company: str) -> None:
    for minute, status in enumerate((None, None, "NEW", None, None)):
        await log.append([a_campaign_event(companyId=company, status=status, **at(minute))])

    changes = await formed(log, CAMPAIGN_STATUS, company)

    assert statuses(changes) == [(None, "NEW"), ("NEW", None)]


async def test_an_unknown_status_changes_with_its_letters_not_with_its_spelling(
    log: EventLog, company: str
) -> None:
    for minute, status in enumerate(("on hold", "ON_HOLD", "frozen", "NEW")):
        await log.append([a_campaign_event(companyId=company, status=status, **at(minute))])

    changes = await formed(log, CAMPAIGN_STATUS, company)

    assert [change.entry.raw for change in changes] == ["on hold", "frozen", "NEW"]


async def test_application_statuses_are_compared_as_text(log: EventLog, company: str) -> None:
    for minute, status in enumerate(("busy", "busy", "BUSY")):
        event = a_tac_event(an_application(status=status), companyId=company, **at(minute))
        await log.append([event])

    changes = await formed(log, APPLICATION_STATUS, company)

    assert statuses(changes) == [(None, "busy"), ("busy", "BUSY")]


async def test_the_applications_of_one_event_change_in_their_order(
    log: EventLog, company: str
) -> None:
    elements = [an_application(id=each, status="NEW") for each in ("a9", "a1", "a5")]
    await log.append([a_tac_event(*elements, companyId=company)])

    changes = await formed(log, APPLICATION_STATUS, company)

    assert [change.state.id for change in changes] == ["a9", "a1", "a5"]
    assert len({str(change.cursor) for change in changes}) == len(elements)


async def test_a_status_that_is_not_carried_is_none(log: EventLog, company: str) -> None:
    await log.append([a_tac_event(an_application(smsStatus="sent"), companyId=company)])

    assert await formed(log, APPLICATION_STATUS, company) == []


async def test_every_event_of_a_call_is_a_change_of_it(log: EventLog, company: str) -> None:
    await log.append([a_call_event(companyId=company, operatorId=7, **at(5))])
    await log.append([a_call_event(companyId=company, **at(6))])
    await log.append([a_call_event(companyId=company, operatorId=8, **at(1))])

    changes = await formed(log, CALLS, company)

    assert [change.created for change in changes] == [True, False, False]
    assert [change.state.data["operatorId"] for change in changes] == ["7", "7", "7"]


async def test_every_event_is_appended_once(log: EventLog, company: str) -> None:
    events = [a_call_event(companyId=company), a_campaign_event(companyId=company, status="NEW")]
    await log.append([*events, events[0]])

    changes = await formed(log, EVENTS_APPENDED, company)

    assert [bytes(change.event["raw"]) for change in changes] == events


async def test_a_large_event_is_told_without_its_bytes(log: EventLog, company: str) -> None:
    await log.append([a_call_event(companyId=company, errorMessage="x" * 70_000)])

    [change] = await formed(log, EVENTS_APPENDED, company)

    assert "raw" not in change.event


async def test_a_callback_changes_when_the_graph_shows_it_otherwise(
    log: EventLog, company: str
) -> None:
    told = {"companyId": company, "applicationId": "a1"}
    for minute, name in enumerate(("Ann", "Ann", "Bob")):
        await log.append([a_callback_event(name=name, **told, **at(minute))])
    await log.append([a_callback_event(description=None, **told, **at(10))])
    await log.append([a_callback_event(name="late", **told, **at(0))])

    changes = await formed(log, CALLBACKS, company)

    assert [(change.state.data["name"], change.created) for change in changes] == [
        ("Ann", True),
        ("Bob", False),
    ]


async def test_a_call_completes_the_callback_of_its_application(
    log: EventLog, company: str
) -> None:
    await log.append([a_linked_application(company), a_callback(company)])
    await log.append([a_completing_call(company)])

    created, completed = await formed(log, CALLBACKS, company)

    assert (created.callback_state, completed.callback_state) == ("DUE", "COMPLETED")
    assert (completed.state.id, completed.campaign) == ("b1", "zc1")
    assert completed.position == created.position + 1


async def test_a_call_that_says_so_again_completes_nothing_more(
    log: EventLog, company: str
) -> None:
    await log.append([a_linked_application(company), a_callback(company)])
    await log.append([a_completing_call(company), a_completing_call(company, hungupSide="client")])

    changes = await formed(log, CALLBACKS, company)

    assert callback_states(changes) == [("b1", "DUE"), ("b1", "COMPLETED")]


async def test_an_application_that_becomes_known_links_the_call_and_completes(
    log: EventLog, company: str
) -> None:
    await log.append([a_completing_call(company)])
    await log.append([a_callback(company)])
    await log.append([a_linked_application(company)])

    changes = await formed(log, CALLBACKS, company)

    assert callback_states(changes) == [("b1", "DUE"), ("b1", "COMPLETED")]


async def test_a_callback_that_completes_itself_leaves_its_call_to_another(
    log: EventLog, company: str
) -> None:
    later = a_callback(company, id="b2", recallAt="2026-01-31T10:50:00Z")
    await log.append([a_linked_application(company), a_callback(company), later])
    await log.append([a_completing_call(company)])
    await log.append([a_callback(company, recallStatus="COMPLETED")])

    changes = await formed(log, CALLBACKS, company)

    assert callback_states(changes)[2:] == [
        ("b1", "COMPLETED"),
        ("b1", "COMPLETED"),
        ("b2", "COMPLETED"),
    ]
    assert [change.cursor.part for change in changes[2:]] == [1, 0, 1]


def a_linked_application(company: str) -> bytes:
    application = an_application(telemarketCampaignId="c1", clientSyncIdsToValues={"crm": "7"})
    return a_tac_event(application, companyId=company)


def a_callback(company: str, **fields: object) -> bytes:
    told = {
        "companyId": company,
        "applicationId": "a1",
        "createdAt": "2026-01-31T10:00:00Z",
        "recallAt": "2026-01-31T10:30:00Z",
    }
    return a_callback_event(**{**told, **fields})


def a_completing_call(company: str, **fields: object) -> bytes:
    return a_call_event(
        companyId=company,
        campaignId="c1",
        updatedDate="2026-01-31T10:20:00Z",
        recallDescription="COMPLETED",
        clientSyncIdsToValues={"crm": "7"},
        **fields,
    )


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
async def test_changes_do_not_depend_on_how_the_log_is_cut(
    log: EventLog, company: str, topic: Topic[Any]
) -> None:
    await log.append(simulated(company, applications=8) + tangled(company, 200, seed=1))

    whole, pieces = [await formed(log, topic, company, step=step) for step in (1_000, 7)]

    assert len(whole) > 5
    assert whole == pieces


@pytest.mark.parametrize("seed", range(4))
async def test_callbacks_change_as_the_whole_graph_says_before_and_after_each_event(
    log: EventLog, company: str, seed: int
) -> None:
    await log.append(tangled(company, 300, seed=seed))

    changes = await formed(log, CALLBACKS, company)

    expected = [each async for each in by_comparing_whole_graphs(log, company)]
    assert any(part for _, part, *_ in expected)
    assert [(c.position, c.cursor.part, c.state, c.callback_state) for c in changes] == expected


async def by_comparing_whole_graphs(
    log: EventLog, company: str
) -> AsyncIterator[tuple[int, int, State, str]]:
    before: dict[str, tuple[State, Course]] = {}
    for event in await formed(log, EVENTS_APPENDED, company):
        view = View(log.database, company, Moment(event.position))
        states = await view.states("callback", await view.things_in("callback", {}))
        courses = await courses_of(view, list(states.values()))
        after = {key: (state, courses.get(key, Course())) for key, state in states.items()}
        for part, key in differences(before, after):
            state, course = after[key]
            received_at = event.event["receivedAt"]
            yield event.position, part, state, state_at(state, course, received_at)
        before = after


def differences(
    before: dict[str, tuple[State, Course]], after: dict[str, tuple[State, Course]]
) -> Iterator[tuple[int, str]]:
    old = {key: state for key, (state, _) in before.items()}
    own = [key for key, (state, _) in after.items() if says_something_new(old.get(key), state)]
    yield from ((0, key) for key in own)
    completed = [
        key
        for key in sorted(after.keys() - set(own))
        if after[key][1].completed_by and not before[key][1].completed_by
    ]
    yield from enumerate(completed, start=1)


async def test_a_reading_that_is_full_ends_with_a_whole_event(
    log: EventLog, company: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elements = [an_application(id=f"a{number}", status="NEW") for number in range(5)]
    for minute in range(4):
        await log.append([a_tac_event(*elements, companyId=company, **at(minute))])
    expected = await formed(log, APPLICATION_STATUS, company)

    monkeypatch.setattr("store.window.MAX_FACTS", 7)

    assert await formed(log, APPLICATION_STATUS, company) == expected


async def test_status_changes_are_those_of_the_fold(log: EventLog, company: str) -> None:
    await log.append(tangled(company, 200, seed=9))

    changes = await formed(log, CAMPAIGN_STATUS, company)

    for change in changes:
        views = [
            View(log.database, company, Moment(position))
            for position in (change.position - 1, change.position)
        ]
        [before, after] = [
            (await view.states("campaign", [change.state.id_key])).get(change.state.id_key)
            for view in views
        ]
        assert after == change.state
        marks = [identity(s.statuses[-1]) if s and s.statuses else None for s in (before, after)]
        assert marks[0] != marks[1]


async def test_another_company_hears_nothing(log: EventLog, company: str) -> None:
    await log.append([a_campaign_event(companyId=company, status="NEW", campaignId=ABSENT)])
    await log.append([a_campaign_event(companyId=company, status="NEW")])

    assert await formed(log, CAMPAIGN_STATUS, f"not-{company}") == []
