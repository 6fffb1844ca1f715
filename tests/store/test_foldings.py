"""Folds that are kept from one window of the log to the next."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from factories import a_call_event, a_tac_event, an_application

from store.foldings import Foldings
from store.log import EventLog
from store.topics import APPLICATION_STATUS, CALLS, Topic
from store.window import Asked, read_stretch


@dataclass
class Reader:
    """Goes through the log window by window, and counts the reads of the folds."""

    log: EventLog
    company: str
    topic: Topic[Any] = CALLS
    position: int = 0
    start: int = 0
    known: Foldings = field(default_factory=Foldings)

    async def changes(self) -> tuple[list[Any], int]:
        """Form what changed since the last window."""
        head = await self.log.head()
        asked = Asked(frozenset({self.company}), frozenset(self.topic.kinds))
        stretch = await read_stretch(self.log.database, head, self.position, asked)
        window = stretch.window(self.company, self.topic.kinds, self.known)
        before = self.log.database.reads
        with self.known.through(window.span, window.rows):
            changes = await self.topic.form(window)
        self.position = stretch.until
        return changes, self.log.database.reads - before

    async def told_again(self) -> list[Any]:
        """Form everything anew, in one window."""
        changes, _ = await replace(self, position=self.start, known=Foldings()).changes()
        return changes


@pytest.fixture
async def reader(log: EventLog, company: str) -> Reader:
    position = (await log.head()).position
    return Reader(log, company, position=position, start=position)


async def test_a_thing_that_changed_in_the_window_before_is_not_read_again(
    log: EventLog, company: str, reader: Reader
) -> None:
    told: list[Any] = []
    reads: list[int] = []
    for number in range(3):
        await log.append([a_call_event(companyId=company, operatorId=number)])
        changes, count = await reader.changes()
        told += changes
        reads.append(count)

    assert reads == [1, 0, 0]
    assert told == await reader.told_again()


async def test_after_a_gap_everything_is_read_again(
    log: EventLog, company: str, reader: Reader
) -> None:
    await log.append([a_call_event(companyId=company, operatorId=1)])
    await reader.changes()
    await log.append([a_call_event(companyId=company, operatorId=2)])
    reader.position = (await log.head()).position
    await log.append([a_call_event(companyId=company, hungupSide="client")])

    [change], reads = await reader.changes()

    assert reads == 1
    assert change == (await reader.told_again())[-1]


async def test_after_a_window_that_failed_everything_is_read_again(
    log: EventLog, company: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.append([a_call_event(companyId=company, operatorId=1)])
    await reader.changes()
    await log.append([a_call_event(companyId=company, operatorId=2)])
    with monkeypatch.context() as broken:
        broken.setattr("store.changes.Folding.state", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            await reader.changes()

    [change], reads = await reader.changes()

    assert reads == 1
    assert change == (await reader.told_again())[-1]


async def test_what_a_window_spoke_of_without_asking_for_its_fold_is_forgotten(
    log: EventLog, company: str, reader: Reader
) -> None:
    reader.topic = APPLICATION_STATUS
    for told in ({"status": "NEW"}, {"nextPhoneNumber": "101"}, {"status": "BUSY"}):
        await log.append([a_tac_event(an_application(**told), companyId=company)])
        changes, _ = await reader.changes()

    assert [change.state.data["nextPhoneNumber"] for change in changes] == ["101"]
    assert changes == (await reader.told_again())[1:]


async def test_only_the_last_ones_are_kept(log: EventLog, company: str, reader: Reader) -> None:
    reader.known = Foldings(max_things=2)
    reads = []
    for place, thing in enumerate("abcbca"):
        await log.append([a_call_event(companyId=company, statisticId=thing, place=place)])
        reads.append((await reader.changes())[1])

    assert reads == [1, 1, 1, 0, 0, 1]
