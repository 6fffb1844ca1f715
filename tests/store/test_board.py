"""Boards answer what the fold answers, whatever has come in the meantime."""

import asyncio
import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from factories import a_callback_event, a_tac_event
from faults import failing
from views import everything

from store.board import Board
from store.boards import Boards
from store.deadline import set_deadline
from store.driver import connect
from store.errors import LogUnavailableError
from store.fold import State
from store.ids import id_key
from store.links import campaign_of
from store.listing import Listing, Page, Slice, page_of
from store.log import EventLog, open_log
from store.moment import Moment
from store.view import View

CAMPAIGNS = [id_key("1"), id_key("2")]
START = datetime(2026, 1, 5, tzinfo=UTC)


def a_random_event(dice: random.Random, company: str) -> bytes:
    """An event of few applications: moved, late, with fields that are absent or null."""
    at = (START + timedelta(minutes=dice.randrange(600))).isoformat()
    if dice.random() < 0.1:
        return a_callback_event(
            id=dice.random(), applicationId=dice.randrange(9), companyId=company
        )
    fields = {
        "telemarketCampaignId": dice.choice([1, 1, 1, 2, None]),
        "status": dice.choice(["NEW", "REDIAL", None]),
        "nextCall": dice.choice([None, at]),
        "processable": dice.choice([True, False]),
    }
    carried = {name: value for name, value in fields.items() if dice.random() < 0.6}
    element = {"id": dice.randrange(9), **carried}
    return a_tac_event(element, companyId=company, eventCreationDate=at)


def listing(campaign: str, order: str | None, *, descending: bool, processable: bool) -> Listing:
    async def accept(states: Sequence[State]) -> list[State]:
        return [
            state
            for state in states
            if campaign_of(state) == campaign
            and (not processable or state.data.get("processable") is True)
        ]

    async def prepare(states: Sequence[State]) -> None:
        del states

    return Listing("application", {"campaign": campaign}, order, descending, accept, prepare)


async def view_of(log: EventLog, company: str, position: int | None = None) -> View:
    head = await log.head()
    moment = Moment(head.position if position is None else position, None, head.generation)
    return View(log.database, company, moment)


@pytest.mark.parametrize("seed", range(4))
async def test_a_board_counts_what_the_fold_counts(log: EventLog, company: str, seed: int) -> None:
    dice = random.Random(seed)
    boards = Boards()
    counted, folded = [], []

    for _ in range(12):
        await log.append([a_random_event(dice, company) for _ in range(dice.randrange(12))])
        view = await view_of(log, company)
        counted.append(await boards.read(view, CAMPAIGNS, counts))
        folded.append({campaign: await fold_counts(view, campaign) for campaign in CAMPAIGNS})

    assert counted == folded


async def counts(board: Board) -> dict[str | None, int]:
    return board.status_counts()


async def fold_counts(view: View, campaign: str) -> dict[str | None, int]:
    [states] = await everything(
        view, [listing(campaign, None, descending=False, processable=False)]
    )
    return dict(Counter(state.data.get("status") for state in states))


@pytest.mark.parametrize("seed", range(4))
async def test_a_board_pages_as_the_fold_does(log: EventLog, company: str, seed: int) -> None:
    dice = random.Random(seed)
    boards = Boards()
    found, folded = [], []

    for _ in range(25):
        await log.append([a_random_event(dice, company) for _ in range(dice.randrange(6))])
        view = await view_of(log, company)
        wanted = listing(
            dice.choice(CAMPAIGNS),
            dice.choice([None, "nextCall"]),
            descending=dice.random() < 0.5,
            processable=dice.random() < 0.3,
        )
        [whole] = await everything(view, [wanted])
        part = a_random_slice(dice, wanted, whole)
        pages = await boards.read(view, [wanted.scope["campaign"]], pager(wanted, part))
        assert pages is not None
        found += [shown(page) for page in pages.values()]
        folded.append(shown(page_of(whole, wanted, part)))

    assert found == folded


def a_random_slice(dice: random.Random, wanted: Listing, whole: Sequence[State]) -> Slice:
    places = [wanted.place(state) for state in whole]
    ends = [dice.choice([None, *places]), dice.choice([None, *places])]
    return Slice(dice.randrange(1, 5), ends[0], ends[1], backward=dice.random() < 0.5)


def pager(wanted: Listing, part: Slice):  # type: ignore[no-untyped-def]  # noqa: ANN201
    async def page(board: Board) -> Page:
        return await board.page(wanted, part, None)

    return page


def shown(page: Page) -> tuple[object, ...]:
    return page.places, page.has_next, page.has_previous


async def test_a_board_pages_through_some_statuses(log: EventLog, company: str) -> None:
    await log.append([tac(company, number, "NEW") for number in range(5)])
    await log.append([tac(company, number, "DONE") for number in range(3, 8)])
    view = await view_of(log, company)
    wanted = listing(CAMPAIGNS[0], None, descending=False, processable=False)

    async def work(board: Board) -> tuple[list[str], int]:
        page = await board.page(wanted, Slice(10), ["DONE", "none"])
        return [state.id for state in page.states], await board.count(["DONE"], None)

    found = await Boards().read(view, CAMPAIGNS[:1], work)

    assert found == {CAMPAIGNS[0]: (["3", "4", "5", "6", "7"], 5)}


def tac(company: str, number: int, status: str) -> bytes:
    element = {"id": number, "telemarketCampaignId": 1, "status": status}
    at = (START + timedelta(minutes=len(status))).isoformat()
    return a_tac_event(element, companyId=company, eventCreationDate=at)


async def test_a_board_knows_no_past(log: EventLog, company: str) -> None:
    boards = Boards()
    await log.append([tac(company, 1, "NEW"), tac(company, 2, "NEW")])
    now = await view_of(log, company)
    await boards.read(now, CAMPAIGNS, counts)

    earlier = await view_of(log, company, now.moment.position - 1)
    as_of = View(log.database, company, Moment(now.moment.position, START))

    assert await boards.read(earlier, CAMPAIGNS, counts) is None
    assert await boards.read(as_of, CAMPAIGNS, counts) is None


async def test_boards_cost_the_same_reads_for_one_campaign_and_for_many(
    log: EventLog, company: str
) -> None:
    boards = Boards()
    dice = random.Random(5)
    await log.append([a_random_event(dice, company) for _ in range(50)])
    reads = []

    for campaigns in (CAMPAIGNS[:1], CAMPAIGNS, CAMPAIGNS):
        view = await view_of(log, company)
        before = log.database.reads
        await boards.read(view, campaigns, counts)
        reads.append(log.database.reads - before)

    assert reads == [2, 2, 0]


async def test_the_boards_least_recently_read_are_dropped(log: EventLog, company: str) -> None:
    boards = Boards(max_applications=3)
    await log.append([tac(company, number, "NEW") for number in range(5)])
    view = await view_of(log, company)

    await boards.read(view, CAMPAIGNS[:1], counts)
    await boards.read(view, CAMPAIGNS[1:], counts)
    before = log.database.reads
    await boards.read(view, CAMPAIGNS[1:], counts)
    await boards.read(view, CAMPAIGNS[:1], counts)

    assert log.database.reads - before == 2


async def test_a_board_that_nobody_waits_for_any_longer_is_filled_for_the_next_one(
    log: EventLog, company: str
) -> None:
    boards = Boards()
    await log.append([tac(company, 1, "NEW")])
    view = await view_of(log, company)
    asking = asyncio.create_task(boards.read(view, CAMPAIGNS[:1], counts))
    await asyncio.sleep(0)

    asking.cancel()
    await boards.read(view, CAMPAIGNS[:1], counts)
    before = log.database.reads
    found = await boards.read(view, CAMPAIGNS[:1], counts)

    assert found == {CAMPAIGNS[0]: {"NEW": 1}}
    assert log.database.reads == before


async def test_a_board_is_filled_though_the_time_for_the_answer_is_over(
    log: EventLog, company: str
) -> None:
    await log.append([tac(company, 1, "NEW")])
    view = await view_of(log, company)

    async def ask_too_late() -> dict[str, dict[str | None, int]] | None:
        set_deadline(time.monotonic() - 1)
        return await Boards().read(view, CAMPAIGNS[:1], counts)

    assert await asyncio.create_task(ask_too_late()) == {CAMPAIGNS[0]: {"NEW": 1}}


async def test_a_board_that_could_not_be_brought_up_shows_nothing_of_what_it_met(
    faulty_uri: str, company: str
) -> None:
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(faulty_uri, name) as database, open_log(database) as log:
        boards = Boards()
        await log.append([tac(company, 1, "NEW")])
        early = await view_of(log, company)
        await boards.read(early, CAMPAIGNS[:1], counts)
        await log.append([tac(company, 1, "DONE"), tac(company, 2, "NEW")])
        late = await view_of(log, company)

        async with failing(faulty_uri, "aggregate", code=50):
            with pytest.raises(LogUnavailableError):
                await boards.read(late, CAMPAIGNS[:1], counts)

        assert await boards.read(early, CAMPAIGNS[:1], counts) == {CAMPAIGNS[0]: {"NEW": 1}}
        await database.drop()


async def test_a_status_that_no_application_has_is_not_remembered(
    log: EventLog, company: str
) -> None:
    await log.append([tac(company, 1, "NEW")])
    wanted = listing(CAMPAIGNS[0], "nextCall", descending=False, processable=False)

    async def work(board: Board) -> int:
        for number in range(20):
            await board.page(wanted, Slice(5), [f"status {number}"])
        return len(board._shelves)  # noqa: SLF001 - what a board remembers is not shown

    found = await Boards().read(await view_of(log, company), CAMPAIGNS[:1], work)

    assert found == {CAMPAIGNS[0]: 0}
