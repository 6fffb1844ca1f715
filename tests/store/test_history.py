"""The history of a status (D11): runs of equal ones, dated by their first event."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from store.cursor import Cursor
from store.fold import State, StatusEntry
from store.history import StatusChange, identity, status_changed_at, status_changes
from store.moment import fact_number
from store.names import CAMPAIGN_STATUSES, read_name

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


def at(minute: int) -> datetime:
    return _START + timedelta(minutes=minute)


def said(*raws: str | None) -> State:
    """A campaign of which these statuses were said, one a minute."""
    entries = [
        StatusEntry(at(minute), fact_number(minute, 0), read_name(raw, CAMPAIGN_STATUSES), raw)
        for minute, raw in enumerate(raws, start=1)
    ]
    return State("campaign", "acme", "a1~", {}, statuses=entries)


def history(state: State) -> list[tuple[str | None, str | None]]:
    return [(change.previous, change.status) for change in status_changes(state)]


def test_of_a_thing_without_a_status_there_is_no_history() -> None:
    assert status_changes(said()) == []
    assert status_changed_at(said()) is None


def test_an_entry_says_what_was_what_is_and_since_when() -> None:
    state = said("NEW", "paused")

    assert status_changes(state) == [
        StatusChange(fact_number(1, 0), at(1), None, "NEW", "NEW"),
        StatusChange(fact_number(2, 0), at(2), "NEW", "PAUSED", "paused"),
    ]
    assert status_changed_at(state) == at(2)


def test_a_run_of_one_status_is_one_entry_dated_by_its_first_event() -> None:
    state = said("NEW", "PAUSED", "PAUSED", "NEW", "NEW")

    assert [(change.at, change.status) for change in status_changes(state)] == [
        (at(1), "NEW"),
        (at(2), "PAUSED"),
        (at(4), "NEW"),
    ]


@pytest.mark.parametrize("again", ["IN_PROCESS", "inProcess", "in process", "In-Process"])
def test_another_spelling_of_a_known_status_is_no_change(again: str) -> None:
    assert history(said("IN_PROCESS", again)) == [(None, "IN_PROCESS")]


@pytest.mark.parametrize("again", ["ODD ONE", "odd-one", "oddOne"])
def test_another_spelling_of_an_unknown_status_is_no_change(again: str) -> None:
    changes = status_changes(said("Odd one", again))

    assert [(change.status, change.raw) for change in changes] == [(None, "Odd one")]


def test_other_letters_of_an_unknown_status_are_a_change() -> None:
    changes = status_changes(said("odd", "even", "NEW"))

    assert [(change.previous, change.status, change.raw) for change in changes] == [
        (None, None, "odd"),
        (None, None, "even"),
        (None, "NEW", "NEW"),
    ]


def test_leading_nulls_are_no_entry() -> None:
    assert history(said(None, None, "NEW")) == [(None, "NEW")]


def test_later_nulls_are_an_entry() -> None:
    assert history(said("NEW", None, None, "NEW")) == [
        (None, "NEW"),
        ("NEW", None),
        (None, "NEW"),
    ]


def test_an_unknown_word_is_not_the_status_that_it_is_spelled_like() -> None:
    unknown = StatusEntry(at(1), fact_number(1, 0), None, "NEW")
    known = StatusEntry(at(2), fact_number(2, 0), "NEW", "NEW")

    assert identity(unknown) != identity(known)


def test_an_unknown_word_without_letters_is_not_null() -> None:
    assert history(said("--", None)) == [(None, None), (None, None)]


def test_a_change_knows_its_event_and_its_place_among_the_subscriptions() -> None:
    [change] = status_changes(said("NEW"))

    assert change.position == 1
    assert Cursor.parse(change.cursor) == Cursor(fact_number(1, 0), 0)
    assert base64.urlsafe_b64decode(change.cursor + "==")
