"""What becomes of callbacks: the call they were made in (D18), their completion (D19)."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from factories import a_call_event, a_callback_event, a_tac_event, an_application
from hypothesis import given
from hypothesis import strategies as st
from views import a_view

from store.callbacks import Course, completes, completions, courses, courses_of, made_in, state_at
from store.fold import State
from store.ids import id_key
from store.log import EventLog

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


def at(minute: float) -> datetime:
    return _START + timedelta(minutes=minute)


def a_callback(id: str = "b1", **data: Any) -> State:  # noqa: A002, ANN401 - the domain's word; data
    return State("callback", "acme", id_key(id), data)


def a_call(id: str = "s1", **data: Any) -> State:  # noqa: A002, ANN401 - the domain's word; data
    return State("call", "acme", id_key(id), data)


def a_completing_call(id: str, minute: float) -> State:  # noqa: A002 - the domain's word
    return a_call(id, recallDescription="COMPLETED", updatedDate=at(minute))


def completed(callbacks: list[State], calls: list[State]) -> dict[str, str]:
    return {
        callback.id: found.id
        for callback in callbacks
        if (found := completions(callbacks, calls).get(callback.id_key)) is not None
    }


def test_d18_a_callback_is_made_in_the_nearest_call() -> None:
    callback = a_callback(createdAt=at(0))
    calls = [a_call("s1", updatedDate=at(-9)), a_call("s2", updatedDate=at(8)), a_call("s3")]

    assert made_in(callback, calls) is calls[1]


def test_d18_calls_that_say_so_come_before_nearer_ones() -> None:
    callback = a_callback(createdAt=at(0))
    near = a_call("s1", updatedDate=at(1))
    far = a_call("s2", updatedDate=at(50), recallDescription="PERSONAL_CREATED")
    farther = a_call("s3", updatedDate=at(-51), recallDescription="AUTO_CREATED")

    assert made_in(callback, [near, farther, far]) is far


def test_d18_a_completing_call_does_not_say_so() -> None:
    callback = a_callback(createdAt=at(0))
    completing = a_completing_call("s1", 2)
    near = a_call("s2", updatedDate=at(1))

    assert made_in(callback, [completing, near]) is near


@pytest.mark.parametrize(("minute", "is_near"), [(60, True), (-60, True), (60.001, False)])
def test_d18_a_call_is_near_up_to_an_hour(minute: float, is_near: bool) -> None:  # noqa: FBT001 - a parameter
    call = a_call(updatedDate=at(minute))

    assert (made_in(a_callback(createdAt=at(0)), [call]) is call) is is_near


def test_d18_of_calls_as_near_the_smallest_id_is_taken() -> None:
    callback = a_callback(createdAt=at(0))
    calls = [a_call(id, updatedDate=at(minute)) for id, minute in (("10", 5), ("9", -5), ("x", 5))]  # noqa: A001

    assert made_in(callback, calls) is calls[1]


def test_d18_a_callback_that_does_not_say_when_it_was_created_was_made_in_no_call() -> None:
    assert made_in(a_callback(createdAt=None), [a_call(updatedDate=at(0))]) is None


def test_d19_a_call_completes_the_callback_that_is_due_first() -> None:
    callbacks = [
        a_callback("b1", createdAt=at(0), recallAt=at(30)),
        a_callback("b2", createdAt=at(0), recallAt=at(20)),
    ]

    assert completed(callbacks, [a_completing_call("s1", 40)]) == {"b2": "s1"}


def test_d19_calls_complete_one_callback_each_in_the_order_of_their_dates() -> None:
    callbacks = [a_callback(f"b{place}", createdAt=at(0), recallAt=at(place)) for place in range(3)]
    calls = [a_completing_call("late", 50), a_completing_call("early", 40)]

    assert completed(callbacks, calls) == {"b0": "early", "b1": "late"}


def test_d19_of_calls_at_one_moment_the_smallest_id_comes_first() -> None:
    callbacks = [a_callback(f"b{place}", createdAt=at(0), recallAt=at(place)) for place in (1, 2)]
    calls = [a_completing_call("10", 40), a_completing_call("9", 40)]

    assert completed(callbacks, calls) == {"b1": "9", "b2": "10"}


def test_d19_a_callback_without_a_time_comes_last() -> None:
    callbacks = [
        a_callback("b1", createdAt=at(0), recallAt=None),
        a_callback("b2", createdAt=at(0), recallAt=at(90)),
    ]

    assert completed(callbacks, [a_completing_call("s1", 40)]) == {"b2": "s1"}


def test_d19_of_callbacks_due_at_one_moment_the_smallest_id_is_completed() -> None:
    callbacks = [a_callback(id, createdAt=at(0), recallAt=at(1)) for id in ("10", "9")]  # noqa: A001

    assert completed(callbacks, [a_completing_call("s1", 40)]) == {"9": "s1"}


def test_d19_a_callback_created_after_the_call_is_left_for_a_later_one() -> None:
    callbacks = [
        a_callback("b1", createdAt=at(45), recallAt=at(1)),
        a_callback("b2", createdAt=at(40), recallAt=at(2)),
    ]
    calls = [a_completing_call("s1", 40), a_completing_call("s2", 50)]

    assert completed(callbacks, calls) == {"b2": "s1", "b1": "s2"}


def test_d19_a_callback_that_does_not_say_when_it_was_created_is_completed_by_none() -> None:
    assert completed([a_callback(recallAt=at(1))], [a_completing_call("s1", 40)]) == {}


def test_d19_a_callback_that_says_itself_that_it_is_completed_leaves_the_call_to_others() -> None:
    callbacks = [
        a_callback("b1", createdAt=at(0), recallAt=at(1), recallStatus="COMPLETED"),
        a_callback("b2", createdAt=at(0), recallAt=at(2)),
    ]

    assert completed(callbacks, [a_completing_call("s1", 40)]) == {"b2": "s1"}


@pytest.mark.parametrize(
    ("data", "does"),
    [
        ({"recallDescription": "COMPLETED", "updatedDate": at(0)}, True),
        ({"recallDescription": "COMPLETED", "updatedDate": None}, False),
        ({"recallDescription": "COMPLETED"}, False),
        ({"recallDescription": "AUTO_CREATED", "updatedDate": at(0)}, False),
        ({}, False),
    ],
)
def test_d19_a_call_completes_when_it_says_so_and_when(data: dict[str, Any], *, does: bool) -> None:
    assert completes(a_call(**data)) is does


@pytest.mark.parametrize(
    ("data", "course", "state"),
    [
        ({"recallAt": at(10)}, Course(), "SCHEDULED"),
        ({"recallAt": None}, Course(), "SCHEDULED"),
        ({}, Course(), "SCHEDULED"),
        ({"recallAt": at(0)}, Course(), "DUE"),
        ({"recallAt": at(-10)}, Course(), "DUE"),
        ({"recallAt": at(10), "recallStatus": "COMPLETED"}, Course(), "COMPLETED"),
        (
            {"recallAt": at(10)},
            Course(completed_by=a_completing_call("s1", 0)),
            "COMPLETED",
        ),
        (
            {"recallAt": at(-10)},
            Course(completed_by=a_completing_call("s1", 1)),
            "DUE",
        ),
        (
            {"recallAt": at(10)},
            Course(completed_by=a_completing_call("s1", 1)),
            "SCHEDULED",
        ),
    ],
)
def test_d19_the_state_at_a_moment(data: dict[str, Any], course: Course, state: str) -> None:
    assert state_at(a_callback(**data), course, at(0)) == state


minutes = st.none() | st.integers(0, 5)


@given(
    created=st.lists(st.tuples(minutes, minutes), max_size=6),
    said=st.lists(minutes, max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_d19_the_order_in_which_things_are_looked_at_does_not_matter(
    created: list[tuple[int | None, int | None]], said: list[int | None], order: Random
) -> None:
    def moment(minute: int | None) -> datetime | None:
        return None if minute is None else at(minute)

    callbacks = [
        a_callback(f"b{place}", createdAt=moment(made), recallAt=moment(due))
        for place, (made, due) in enumerate(created)
    ]
    calls = [
        a_call(f"s{place}", recallDescription="COMPLETED", updatedDate=moment(minute))
        for place, minute in enumerate(said)
    ]
    straight = courses(callbacks, calls)
    order.shuffle(callbacks)
    order.shuffle(calls)

    assert courses(callbacks, calls) == straight
    by = [course.completed_by.id for course in straight.values() if course.completed_by]
    assert len(by) == len(set(by))


async def test_a_callback_competes_with_all_of_its_application(log: EventLog, company: str) -> None:
    shared = {"companyId": company}
    pair = {"crm": "1"}
    await log.append(
        [
            a_tac_event(
                an_application(telemarketCampaignId="c1", clientSyncIdsToValues=pair), **shared
            ),
            a_callback_event(
                id="b1", applicationId="a1", createdAt=str(at(0)), recallAt=str(at(20)), **shared
            ),
            a_callback_event(
                id="b2", applicationId="a1", createdAt=str(at(0)), recallAt=str(at(10)), **shared
            ),
            a_call_event(
                campaignId="c1",
                clientSyncIdsToValues=pair,
                recallDescription="COMPLETED",
                updatedDate=str(at(15)),
                **shared,
            ),
        ]
    )
    view = await a_view(log, company)
    callbacks = await view.states("callback", [id_key("b1")])

    found = await courses_of(view, list(callbacks.values()))

    assert found[id_key("b1")].completed_by is None
    assert found[id_key("b1")].created_during is not None


async def test_a_callback_of_no_application_has_no_course(log: EventLog, company: str) -> None:
    await log.append([a_callback_event(createdAt=str(at(0)), companyId=company)])
    view = await a_view(log, company)
    callbacks = await view.states("callback", [id_key("b1")])

    assert await courses_of(view, list(callbacks.values())) == {id_key("b1"): Course()}


async def test_the_courses_of_many_callbacks_cost_as_many_reads_as_of_one(
    log: EventLog, company: str
) -> None:
    pairs = [{"crm": str(place)} for place in range(40)]
    shared: dict[str, object] = {"companyId": company, "eventCreationDate": str(at(0))}
    for place, pair in enumerate(pairs):
        application = an_application(
            id=place, telemarketCampaignId="c1", clientSyncIdsToValues=pair
        )
        await log.append(
            [
                a_tac_event(application, **shared),
                a_callback_event(id=place, applicationId=place, createdAt=str(at(0)), **shared),
                a_call_event(
                    statisticId=place,
                    campaignId="c1",
                    clientSyncIdsToValues=pair,
                    updatedDate=str(at(1)),
                    recallDescription="completed",
                    **shared,
                ),
            ]
        )
    reads = {}
    for count in (1, 40):
        view = await a_view(log, company)
        callbacks = await view.states("callback", [id_key(str(place)) for place in range(count)])
        before = log.database.reads
        found = await courses_of(view, list(callbacks.values()))
        reads[count] = log.database.reads - before
        assert all(course.completed_by is not None for course in found.values())

    assert reads[40] == reads[1] <= 9
