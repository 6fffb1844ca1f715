"""Pages of lists: the same as a plain sort of the folded things, whatever the data (D10)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from factories import a_call_event, a_campaign_event
from views import a_view, everything

from store.facts import Kind
from store.fold import State
from store.ids import id_key
from store.links import campaign_of
from store.listing import Listing, Page, Slice, page_of, sort_key
from store.log import EventLog
from store.view import View
from store.walk import pages

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)
_ABSENT = object()

Ids = list[str]


def moment(dice: Random, minutes: int) -> str:
    return (_START + timedelta(minutes=dice.randrange(minutes))).isoformat()


def some(dice: Random, **choices: Sequence[object]) -> dict[str, object]:
    """Choose a value for each field, or leave it out."""
    chosen = {name: dice.choice(values) for name, values in choices.items()}
    return {name: value for name, value in chosen.items() if value is not _ABSENT}


def a_random_event(dice: Random, company: str) -> dict[str, object]:
    """An event about few things that move, and of which few values are said, in disorder."""
    dates = (_ABSENT, None, *(moment(dice, 4) for _ in range(3)))
    campaigns = (_ABSENT, None, "x", "x", "y")
    made: dict[str, object] = dice.choice(
        (
            {
                "eventName": "TelemarketStatisticsUpdatedEvent",
                "statisticId": dice.randrange(40),
                **some(dice, campaignId=campaigns, updatedDate=dates),
            },
            {
                "eventName": "TACStatusUpdatedEvent",
                "id": dice.randrange(40),
                **some(dice, telemarketCampaignId=campaigns, nextCall=dates),
            },
            {
                "eventName": "TelemarketCallbackCreatedEvent",
                "id": dice.choice("abcdefghijklmnopqrstuvwxyz"),
                **some(dice, recallAt=dates, createdAt=dates),
            },
        )
    )
    return {**made, "companyId": company, "eventCreationDate": moment(dice, 30)}


async def append(log: EventLog, *events: dict[str, object]) -> None:
    receipt = await log.append([json.dumps(event).encode() for event in events])
    assert not receipt.rejected


async def append_random(log: EventLog, company: str, seed: int, *, count: int = 300) -> None:
    dice = Random(seed)
    await append(
        log, *({**a_random_event(dice, company), "place": place} for place in range(count))
    )


async def nothing(states: Sequence[State]) -> None:
    del states


@dataclass(frozen=True)
class Order:
    """A list: of which things, by what."""

    kind: Kind
    campaign: str | None
    field: str | None
    descending: bool

    def __str__(self) -> str:
        direction = "down" if self.descending else "up"
        return f"{self.kind}s of {self.campaign} by {self.field} {direction}"

    @property
    def listing(self) -> Listing:
        scope = {} if self.campaign is None else {"campaign": id_key(self.campaign)}
        return Listing(self.kind, scope, self.field, self.descending, self.accept, nothing)

    async def accept(self, states: Sequence[State]) -> list[State]:
        return [state for state in states if self.holds(state)]

    def holds(self, state: State) -> bool:
        return self.campaign is None or campaign_of(state) == id_key(self.campaign)

    async def plainly(self, view: View) -> Ids:
        """Return the whole list by a plain sort of all folded things of the kind."""
        keys = await view.things_in(self.kind, {})
        states = await view.states(self.kind, keys)
        listed = [state for state in states.values() if self.holds(state)]
        listed.sort(key=lambda each: sort_key(self.listing.place(each)), reverse=self.descending)
        return [state.id for state in listed]

    async def page(self, view: View, wanted: Slice) -> Page:
        [page] = await pages(view, [self.listing], wanted)
        return page


_INDEXED: list[tuple[Kind, str | None, str | None]] = [
    ("call", "x", "updatedDate"),
    ("application", "x", None),
    ("callback", None, "recallAt"),
    ("callback", None, "createdAt"),
]
ORDERS = [Order(*indexed, descending) for indexed in _INDEXED for descending in (False, True)]
CALLS = ORDERS[0]


def ids(page: Page) -> Ids:
    return [state.id for state in page.states]


async def forward(view: View, order: Order, limit: int) -> list[Page]:
    """Page from the start to the end."""
    found = [await order.page(view, Slice(limit))]
    while found[-1].has_next:
        found.append(await order.page(view, Slice(limit, after=found[-1].places[-1])))
    return found


async def backward(view: View, order: Order, limit: int) -> list[Page]:
    """Page from the end to the start."""
    found = [await order.page(view, Slice(limit, backward=True))]
    while found[0].has_previous:
        before = found[0].places[0]
        found.insert(0, await order.page(view, Slice(limit, before=before, backward=True)))
    return found


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_pages_in_either_direction_are_the_whole_list_in_its_order(
    log: EventLog, company: str, order: Order, seed: int, limit: int
) -> None:
    await append_random(log, company, seed)
    view = await a_view(log, company)
    expected = await order.plainly(view)

    there, back = await forward(view, order, limit), await backward(view, order, limit)

    assert [each for page in there for each in ids(page)] == expected
    assert [each for page in back for each in ids(page)] == expected
    assert len(expected) > 10


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_slice_between_two_cursors_is_cut_from_either_end(
    log: EventLog, company: str, order: Order
) -> None:
    await append_random(log, company, 3)
    view = await a_view(log, company)
    expected = await order.plainly(view)
    whole = (await order.page(view, Slice(100))).places
    after, before = whole[2], whole[-3]

    first = await order.page(view, Slice(3, after=after, before=before))
    last = await order.page(view, Slice(3, after=after, before=before, backward=True))
    between = await order.page(view, Slice(100, after=after, before=before))

    assert ids(first) == expected[3:6]
    assert ids(last) == expected[-6:-3]
    assert ids(between) == expected[3:-3]


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_a_list_as_of_a_moment_or_a_position_is_of_what_was_known_then(
    log: EventLog, company: str, order: Order
) -> None:
    await append_random(log, company, 4, count=100)
    then = (await log.head()).position
    await append_random(log, company, 5)
    as_of = _START + timedelta(minutes=15)

    for view in (
        await a_view(log, company, at_position=then),
        await a_view(log, company, as_of=as_of),
        await a_view(log, company, as_of=as_of, at_position=then),
    ):
        found = [each for page in await forward(view, order, 5) for each in ids(page)]
        assert found == await order.plainly(view)


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_the_whole_list_at_once_is_in_the_same_order(
    log: EventLog, company: str, order: Order
) -> None:
    await append_random(log, company, 6)
    view = await a_view(log, company)

    [found] = await everything(view, [order.listing])

    assert [state.id for state in found] == await order.plainly(view)


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("limit", [0, 1, 5, 100])
async def test_a_page_cut_from_the_whole_list_is_the_page_that_an_index_gives(
    log: EventLog, company: str, order: Order, limit: int, *, backward: bool
) -> None:
    await append_random(log, company, 7, count=120)
    view = await a_view(log, company)
    [whole] = await everything(view, [order.listing])
    places = [order.listing.place(state) for state in whole]

    for wanted in (
        Slice(limit, backward=backward),
        Slice(limit, after=places[3], backward=backward),
        Slice(limit, before=places[-2], backward=backward),
        Slice(limit, after=places[1], before=places[7], backward=backward),
        Slice(limit, after=places[-1], backward=backward),
    ):
        assert page_of(whole, order.listing, wanted) == await order.page(view, wanted)


def a_call(company: str, id: object, minute: int | None, **fields: object) -> dict[str, object]:  # noqa: A002 - the domain's word
    date = None if minute is None else (_START + timedelta(minutes=minute)).isoformat()
    told = {"companyId": company, "statisticId": id, "campaignId": "x", "updatedDate": date}
    return {**json.loads(a_call_event(**told)), **fields}


async def test_null_is_greater_than_every_value_and_ties_go_by_id(
    log: EventLog, company: str
) -> None:
    told = [("b", 1), ("10", 2), ("9", 2), ("a", None), ("x", None)]
    await append(log, *(a_call(company, id_, minute) for id_, minute in told))
    view = await a_view(log, company)

    up = await Order("call", "x", "updatedDate", descending=False).page(view, Slice(10))
    down = await Order("call", "x", "updatedDate", descending=True).page(view, Slice(10))

    assert ids(up) == ["b", "9", "10", "a", "x"]
    assert ids(down) == ["x", "a", "10", "9", "b"]


async def test_a_thing_stands_once_where_its_last_value_puts_it(
    log: EventLog, company: str
) -> None:
    await append(log, *(a_call(company, "moving", minute, n=minute) for minute in (1, 9, 4)))
    await append(log, a_call(company, "early", 2), a_call(company, "late", 5))

    page = await CALLS.page(await a_view(log, company), Slice(10))

    assert ids(page) == ["early", "moving", "late"]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param({"updatedDate": None}, id="a null date"),
        pytest.param({"updatedDate": "2026-01-31T10:05:00Z"}, id="another date"),
        pytest.param({"updatedDate": "rubbish"}, id="a date that cannot be read"),
        pytest.param({"campaignId": "x"}, id="the campaign again"),
        pytest.param({"status": "successful"}, id="something else"),
    ],
)
async def test_a_thing_is_listed_also_if_no_event_says_both_its_campaign_and_its_date(
    log: EventLog, company: str, later: dict[str, object]
) -> None:
    name = {"eventName": "TelemarketStatisticsUpdatedEvent", "companyId": company}
    await append(
        log,
        a_call(company, "s1", 1, eventCreationDate="2026-01-31T10:00:00Z"),
        {**name, "statisticId": "s1", "eventCreationDate": "2026-01-31T11:00:00Z", **later},
    )
    view = await a_view(log, company)

    for order in ORDERS[:2]:
        assert ids(await order.page(view, Slice(10))) == ["s1"]


async def test_a_thing_that_left_is_listed_no_more(log: EventLog, company: str) -> None:
    await append(
        log,
        a_call(company, "s1", 1, eventCreationDate="2026-01-31T10:00:00Z"),
        a_call(company, "s1", 1, eventCreationDate="2026-01-31T11:00:00Z", campaignId="y"),
    )

    assert ids(await CALLS.page(await a_view(log, company), Slice(10))) == []


@pytest.mark.parametrize("backwards", [False, True])
async def test_an_empty_list_has_an_empty_page(
    log: EventLog, company: str, *, backwards: bool
) -> None:
    page = await CALLS.page(await a_view(log, company), Slice(10, backward=backwards))

    assert page == Page([], [], has_next=False, has_previous=False)


async def test_a_page_says_whether_there_is_more_on_either_side(
    log: EventLog, company: str
) -> None:
    await append(log, *(a_call(company, place, place) for place in range(5)))
    view = await a_view(log, company)
    places = (await CALLS.page(view, Slice(5))).places

    sides = [
        (page.has_previous, page.has_next)
        for page in [
            await CALLS.page(view, wanted)
            for wanted in (
                Slice(5),
                Slice(4),
                Slice(2, after=places[0]),
                Slice(2, after=places[2]),
                Slice(5, backward=True),
                Slice(4, backward=True),
                Slice(2, before=places[4], backward=True),
                Slice(2, before=places[2], backward=True),
            )
        ]
    ]

    assert sides == [
        (False, False),
        (False, True),
        (True, True),
        (True, False),
        (False, False),
        (True, False),
        (True, True),
        (False, True),
    ]


@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_cursors_stay_valid_while_events_are_appended(
    log: EventLog, company: str, order: Order
) -> None:
    await append_random(log, company, 8)
    start = await a_view(log, company)
    before = await order.plainly(start)
    page = await order.page(start, Slice(3))
    seen = ids(page)

    seed = 100
    while page.has_next:
        await append_random(log, company, seed, count=5)
        seed += 1
        page = await order.page(await a_view(log, company), Slice(3, after=page.places[-1]))
        seen += ids(page)

    end = await a_view(log, company)
    after = await order.plainly(end)
    keys = [id_key(each) for each in before]
    then, now = await start.states(order.kind, keys), await end.states(order.kind, keys)
    unmoved = [
        then[key].id
        for key in keys
        if order.holds(now[key]) and order.listing.place(then[key]) == order.listing.place(now[key])
    ]
    assert [each for each in seen if each in unmoved] == unmoved
    assert set(unmoved) <= set(after)
    assert len(unmoved) > 3


async def test_a_page_costs_as_many_reads_at_any_size_and_for_any_number_of_lists(
    log: EventLog, company: str
) -> None:
    campaigns = [f"c{place}" for place in range(60)]
    await append(
        log,
        *(
            a_call(company, f"{campaign}-{place}", place, campaignId=campaign)
            for campaign in campaigns
            for place in range(10)
        ),
    )
    reads: set[int] = set()
    for parents, limit in ((1, 1), (1, 10), (60, 1), (60, 10), (60, 500)):
        view = await a_view(log, company)
        listings = [
            Order("call", campaign, "updatedDate", descending=True).listing
            for campaign in campaigns[:parents]
        ]
        before = log.database.reads
        found = await pages(view, listings, Slice(limit))
        reads.add(log.database.reads - before)
        assert [len(page.states) for page in found] == [min(limit, 10)] * parents

    assert reads == {2}


async def test_whole_lists_cost_as_many_reads_for_any_number_of_them(
    log: EventLog, company: str
) -> None:
    campaigns = [f"c{place}" for place in range(60)]
    await append(log, *(a_call(company, f"{each}-s", 1, campaignId=each) for each in campaigns))
    reads: set[int] = set()
    for parents in (1, 60):
        view = await a_view(log, company)
        listings = [Order("call", each, None, descending=False).listing for each in campaigns]
        before = log.database.reads
        found = await everything(view, listings[:parents])
        reads.add(log.database.reads - before)
        assert [len(each) for each in found] == [1] * parents

    assert reads == {2}


async def test_a_long_list_is_walked_on_until_a_page_is_full(log: EventLog, company: str) -> None:
    """Most of what the index promises stands elsewhere by now."""
    for place in range(40):
        old = {"eventCreationDate": "2026-01-31T10:00:00Z"}
        new = {"eventCreationDate": "2026-01-31T11:00:00Z"}
        minute = place if place % 10 == 0 else 100
        await append(
            log,
            a_call(company, place, place, **old),
            a_call(company, place, minute, **new),
        )
    view = await a_view(log, company)

    page = await CALLS.page(view, Slice(2))

    assert ids(page) == ["0", "10"]
    assert ids(await CALLS.page(view, Slice(2, after=page.places[-1]))) == ["20", "30"]


def states_of(*given: tuple[str, Any]) -> list[State]:
    return [State("call", "acme", id_key(id_), {"updatedDate": value}) for id_, value in given]


def test_a_cut_keeps_the_order_of_the_whole() -> None:
    whole = states_of(("1", _START), ("2", _START), ("3", None))

    page = page_of(whole, CALLS.listing, Slice(2, after=(_START, id_key("1"))))

    assert ids(page) == ["2", "3"]
    assert page.places == [(_START, id_key("2")), (None, id_key("3"))]


async def test_a_list_without_things_takes_no_second_look(log: EventLog, company: str) -> None:
    receipt = await log.append([a_campaign_event(companyId=company)])

    assert receipt.appended == 1
    assert await everything(await a_view(log, company), [CALLS.listing]) == [[]]
