"""Who is offered which change."""

from datetime import UTC, datetime

import pytest

from store.broadcast import Broadcaster
from store.changes import CallUpdate
from store.cursor import Cursor
from store.fold import State
from store.subscriber import Subscriber, Wanted
from store.topics import CALLS


def an_update(
    number: int, *, campaign: str | None = None, operator: str | None = None
) -> CallUpdate:
    state = State("call", "acme", "zs1", {"campaignId": campaign, "operatorId": operator})
    return CallUpdate(
        company="acme",
        cursor=Cursor(number << 20, 0),
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
        state=state,
        created=False,
    )


def a_subscriber(wanted: Wanted) -> Subscriber[CallUpdate]:
    return Subscriber(CALLS, "acme", wanted, 100)


UPDATES = [
    an_update(1, campaign="1", operator="7"),
    an_update(2, campaign="2", operator="7"),
    an_update(3, campaign="2", operator="8"),
    an_update(4, campaign="3"),
    an_update(5),
]


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"campaign": {"2"}}, [2, 3]),
        ({"campaign": {"1", "2", "9"}}, [1, 2, 3]),
        ({"campaign": {"1", "2"}, "operator": {"7"}}, [1, 2]),
        ({"campaign": {"2"}, "operator": {"7", "8", "9"}}, [2, 3]),
        ({"campaign": set()}, []),
        ({"campaign": set(), "operator": {"7"}}, []),
    ],
)
async def test_each_change_is_offered_once_to_those_who_want_it(
    wanted: dict[str, set[str]], positions: list[int]
) -> None:
    broadcaster, subscriber = Broadcaster(), a_subscriber(wanted)
    broadcaster.add(subscriber)

    broadcaster.publish(CALLS, "acme", UPDATES)
    subscriber.wake()

    assert [change.position for change in await subscriber.take()] == positions


async def test_a_change_meets_only_those_who_may_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[Subscriber[CallUpdate]] = []
    monkeypatch.setattr(Subscriber, "offer", lambda subscriber, *_: met.append(subscriber))
    broadcaster = Broadcaster()
    listening = [a_subscriber({"campaign": {str(number)}}) for number in range(100)]
    for subscriber in listening:
        broadcaster.add(subscriber)

    broadcaster.publish(CALLS, "acme", [an_update(1, campaign="42")])

    assert met == [listening[42]]


async def test_who_has_left_is_offered_nothing_and_leaves_nothing_behind() -> None:
    broadcaster, subscriber = Broadcaster(), a_subscriber({"campaign": {"1", "2"}})
    broadcaster.add(subscriber)

    broadcaster.discard(subscriber)
    broadcaster.discard(subscriber)
    broadcaster.publish(CALLS, "acme", UPDATES)
    subscriber.wake()

    assert await subscriber.take() == []
    assert (len(broadcaster), broadcaster.channels) == (0, [])
