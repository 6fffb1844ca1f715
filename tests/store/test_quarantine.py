"""Rejected bodies (D6): kept with the reason, once per body, for those who may see them (D22)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import a_campaign_event

from store.collections import QUARANTINE, Document
from store.driver import Database
from store.errors import LogUnavailableError
from store.listing import Page, Slice
from store.log import EventLog
from store.quarantine import (
    RejectedBody,
    count_bodies,
    quarantine,
    quarantined_page,
    visible_to,
)
from store.rejections import MissingCompanyIdError, NotAnObjectError

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


@pytest.fixture
async def kept(new_log: EventLog) -> Database:
    """Five bodies, one a minute: of two companies and of none."""
    for minute, company in enumerate(["acme", "zoo", None, "acme", "acme"]):
        await keep(new_log.database, b"%d" % minute, minute, company)
    return new_log.database


async def keep(database: Database, raw: bytes, minute: int, company: str | None) -> str:
    body = RejectedBody(raw, NotAnObjectError(), company)
    [key] = await quarantine(database, [body], _START + timedelta(minutes=minute))
    return key


def raws(found: tuple[Page, list[Document]]) -> list[bytes]:
    return [bytes(row["raw"]) for row in found[1]]


async def test_a_body_is_kept_with_its_bytes_the_reason_and_the_time(new_log: EventLog) -> None:
    body = RejectedBody(b"{}", MissingCompanyIdError(), None)

    [key] = await quarantine(new_log.database, [body], _START)

    _, [row] = await quarantined_page(new_log.database, None, Slice(10))
    assert row.pop("digest")
    assert row == {
        "_id": key,
        "company": None,
        "receivedAt": _START,
        "code": "MISSING_COMPANY_ID",
        "message": str(MissingCompanyIdError()),
        "raw": b"{}",
        "count": 1,
    }


async def test_the_same_bytes_are_kept_once_with_the_time_they_came_first(kept: Database) -> None:
    again = await keep(kept, b"0", 99, "acme")

    page, [row] = await quarantined_page(kept, None, Slice(1))
    assert (again, row["count"], row["receivedAt"]) == (row["_id"], 2, _START)
    assert page.places == [(None, again)]
    assert await count_bodies(kept, None) == 5


async def test_a_body_that_leaves_the_moment_it_came_is_to_be_sent_again(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_all = new_log.database.upsert_all

    async def keep_and_lose(*given: Any, **named: Any) -> None:  # noqa: ANN401 - as it is called
        await keep_all(*given, **named)
        await new_log.database.handle[QUARANTINE].delete_many({})

    monkeypatch.setattr(new_log.database, "upsert_all", keep_and_lose)
    bodies = [a_campaign_event(), b"!"]
    with pytest.raises(LogUnavailableError, match="send it again"):
        await new_log.append(bodies)
    monkeypatch.undo()

    receipt = await new_log.append(bodies)

    assert (receipt.duplicates, len(receipt.rejected)) == (1, 1)
    assert await count_bodies(new_log.database, None) == 1


async def test_white_space_makes_other_bytes(kept: Database) -> None:
    await keep(kept, b" 0", 0, "acme")

    assert await count_bodies(kept, None) == 6


async def test_bodies_are_listed_by_the_time_they_came(kept: Database) -> None:
    await keep(kept, b"early", -1, "acme")

    assert raws(await quarantined_page(kept, None, Slice(10))) == [
        b"early",
        *(b"%d" % minute for minute in range(5)),
    ]


async def test_pages_go_in_either_direction(kept: Database) -> None:
    first = await quarantined_page(kept, None, Slice(2))
    then = await quarantined_page(kept, None, Slice(2, after=first[0].places[-1]))
    last = await quarantined_page(kept, None, Slice(2, backward=True))
    before = await quarantined_page(kept, None, Slice(2, before=last[0].places[0], backward=True))
    between = await quarantined_page(
        kept, None, Slice(9, after=first[0].places[0], before=last[0].places[-1])
    )

    found = (first, then, last, before, between)
    assert [raws(each) for each in found] == [
        [b"0", b"1"],
        [b"2", b"3"],
        [b"3", b"4"],
        [b"1", b"2"],
        [b"1", b"2", b"3"],
    ]
    assert [(page.has_previous, page.has_next) for page, _ in found] == [
        (False, True),
        (True, True),
        (True, False),
        (True, True),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("companies", "seen"),
    [
        (["acme"], [b"0", b"3", b"4"]),
        (["acme", "zoo"], [b"0", b"1", b"3", b"4"]),
        (["other"], []),
        ([], []),
        (None, [b"0", b"1", b"2", b"3", b"4"]),
    ],
    ids=["one company", "two companies", "another company", "none", "all"],
)
async def test_d22_callers_see_the_bodies_of_their_companies(
    kept: Database, companies: list[str] | None, seen: list[bytes]
) -> None:
    assert raws(await quarantined_page(kept, companies, Slice(10))) == seen
    assert await count_bodies(kept, companies) == len(seen)


def test_d22_bodies_of_no_company_are_seen_by_callers_of_all_only() -> None:
    assert visible_to(None) == {}
    assert visible_to(["acme"]) == {"company": {"$in": ["acme"]}}
