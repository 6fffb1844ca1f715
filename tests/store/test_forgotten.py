"""The old body of a redacted event is known again; whatever may be another person's is not lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from factories import ABSENT, a_call_event, a_campaign_event, a_tac_event, an_application

from store.body import parse_body
from store.collections import EVENTS, QUARANTINE, Document
from store.driver import Transaction
from store.erasure import forget
from store.keys import phone_key
from store.log import EventLog
from store.redaction import holes_in, kept_digest
from store.transfer import export_lines, import_lines, read_line

PHONE, DATE = "+380501234567", "2026-01-31T10:00:00Z"
KEY = str(phone_key(PHONE))
DATES = pytest.mark.parametrize("date", [{}, {"eventCreationDate": DATE}], ids=["undated", "dated"])


def a_message(to: str, text: str, **fields: object) -> bytes:
    """An event of an unknown kind."""
    message = {"eventName": "SmsSent", "companyId": "acme", "to": to, "text": text, **fields}
    return json.dumps(message).encode()


async def forgetting(log: EventLog, *bodies: bytes) -> None:
    """Append events, and a call of a person; then forget the person."""
    await log.append([a_call_event(statisticId=1, campaignId="c1", phoneNumber=PHONE), *bodies])
    await forget(log, "acme", KEY, by="the officer")


async def raws(log: EventLog, collection: str = EVENTS) -> list[bytes]:
    return [bytes(each["raw"]) for each in await log.database.find(collection, {})]


@DATES
async def test_no_event_of_others_is_taken_for_that_of_a_forgotten_person(
    new_log: EventLog, date: dict[str, str]
) -> None:
    await forgetting(new_log, a_message(PHONE, "hello", **date))
    others = [a_message(f"+38067000000{each}", f"text {each}", **date) for each in range(3)]

    receipt = await new_log.append(others)

    assert receipt.duplicates == 0
    assert [each.code for each in receipt.rejected] == ["MAY_BE_FORGOTTEN"] * 3
    assert await raws(new_log, QUARANTINE) == others


async def test_an_old_body_that_no_id_names_does_not_come_back_into_the_log(
    new_log: EventLog,
) -> None:
    old = a_message(PHONE, "hello", eventCreationDate=DATE)
    await forgetting(new_log, old)

    receipt = await new_log.append([old])

    assert (receipt.appended, receipt.duplicates, len(receipt.rejected)) == (0, 0, 1)
    assert not any(PHONE.encode() in raw for raw in await raws(new_log))


async def test_an_old_body_in_the_quarantine_stays_until_another_run_and_is_kept_again_after_it(
    new_log: EventLog,
) -> None:
    old = a_message(PHONE, "hello", eventCreationDate=DATE)
    await forgetting(new_log, old)
    await new_log.append([old])

    await forget(new_log, "acme", KEY, by="the officer")

    assert await raws(new_log, QUARANTINE) == [b"redacted"]
    await new_log.append([old])
    assert sorted(await raws(new_log, QUARANTINE)) == sorted([b"redacted", old])


@pytest.mark.parametrize(
    "other",
    [
        a_message("+380677654321", "hello", eventCreationDate="2026-01-31T10:00:01Z"),
        a_message("+380677654321", "hello", eventCreationDate=DATE, sender="x"),
        a_message("+380677654321", "", eventCreationDate=DATE),
    ],
    ids=["another date", "another field", "an empty field"],
)
async def test_what_differs_in_what_was_not_erased_is_appended(
    new_log: EventLog, other: bytes
) -> None:
    await forgetting(new_log, a_message(PHONE, "hello", eventCreationDate=DATE))

    assert (await new_log.append([other])).appended == 1


async def test_an_event_that_is_in_the_log_as_it_is_remains_a_duplicate(new_log: EventLog) -> None:
    other = a_message("+380677654321", "another text")
    await forgetting(new_log, a_message(PHONE, "hello"), other)

    receipt = await new_log.append([other])

    assert (receipt.duplicates, receipt.rejected) == (1, ())
    assert [each.position for each in receipt.placed if each] == [3]


@pytest.mark.parametrize(
    "event",
    [
        lambda note: a_campaign_event(status="PAUSED", note=note, eventCreationDate=ABSENT),
        lambda note: a_tac_event(note=note),
    ],
    ids=["a campaign's", "of no application"],
)
async def test_a_known_event_that_no_id_of_a_person_names_is_not_taken_for_another(
    new_log: EventLog, event: Callable[[str], bytes]
) -> None:
    await forgetting(new_log, event(f"asked for by {PHONE}"))

    receipt = await new_log.append([event("the line is down")])

    assert [each.code for each in receipt.rejected] == ["MAY_BE_FORGOTTEN"]


async def test_an_old_body_is_known_among_those_of_other_things(new_log: EventLog) -> None:
    def told(number: int, phone: str) -> bytes:
        application = an_application(id=f"a{number}", nextPhoneNumber=phone)
        return a_tac_event(application, eventCreationDate=ABSENT)

    await forgetting(new_log, told(1, PHONE), told(2, PHONE))

    receipt = await new_log.append([told(2, PHONE), told(3, "+380677654321"), told(1, PHONE)])

    assert [(each.position, each.is_new) for each in receipt.placed if each] == [
        (3, False),
        (4, True),
        (2, False),
    ]


async def test_a_doubtful_event_does_not_hold_up_the_others(new_log: EventLog) -> None:
    await forgetting(new_log, a_message(PHONE, "hello"))

    receipt = await new_log.append(
        [a_message("+380677654321", "hi"), a_campaign_event(), a_call_event(statisticId=2)]
    )

    assert [each and each.position for each in receipt.placed] == [None, 3, 4]


@pytest.fixture
def raws_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events' bytes each read of a transaction gave."""
    find, read = Transaction.find, list[int]()

    def counted(self: Transaction, *query: Any, **rest: Any) -> list[Document]:  # noqa: ANN401 - a find's
        found = find(self, *query, **rest)
        read.append(sum("raw" in row for row in found))
        return found

    monkeypatch.setattr(Transaction, "find", counted)
    return read


async def test_of_many_events_that_no_id_tells_apart_some_are_read_once_for_a_batch(
    new_log: EventLog, raws_read: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.forgotten._MOST_COMPARED", 10)
    await forgetting(new_log, *(a_message(PHONE, str(each), count=each) for each in range(100)))
    others = [a_message("+380677654321", str(each), count=each) for each in range(200)]
    raws_read.clear()

    receipt = await new_log.append([*others, a_message("+380677654321", "hi", other=True)])

    assert sum(raws_read) == 10
    assert [each.code for each in receipt.rejected] == ["MAY_BE_FORGOTTEN"] * 201


async def test_of_many_events_only_those_of_the_same_things_are_read(
    new_log: EventLog, raws_read: list[int]
) -> None:
    def told(number: int) -> bytes:
        application = an_application(id=f"a{number}", nextPhoneNumber=PHONE)
        return a_tac_event(application, eventCreationDate=ABSENT)

    await forgetting(new_log, *map(told, range(100)))
    raws_read.clear()

    receipt = await new_log.append([told(7), told(200), told(300)])

    assert sum(raws_read) == 1
    assert [each and each.position for each in receipt.placed] == [9, 102, 103]


def test_a_twin_may_differ_in_nothing_but_what_was_erased() -> None:
    [first, again, other, longer, flat] = [
        parse_body(text).value
        for text in (
            b'{"a": ["redacted-abcdefghijklmnopqrstuvwx"], "b": [1, {"c": 1.0}]}',
            b'{"b": [1, {"c": 1}], "a": [{"any": "thing"}]}',
            b'{"b": [1, {"c": 2}], "a": [1]}',
            b'{"b": [1, {"c": 1}], "a": [1], "d": 1}',
            b'{"b": [1, {"c": 1}], "a": []}',
        )
    ]
    holes = holes_in(first)

    assert kept_digest(again, holes) == kept_digest(first, holes)
    assert kept_digest(first, holes) not in {kept_digest(each, holes) for each in (other, longer)}
    assert kept_digest(flat, holes) is None


async def test_an_export_with_an_event_that_differs_in_erased_values_is_imported(
    new_log: EventLog,
) -> None:
    mine, other = (a_message(each, "code", eventCreationDate=DATE) for each in (PHONE, "5"))
    await forgetting(new_log, mine, other)
    head = (await new_log.head()).position
    lines = [line async for batch in export_lines(new_log.database, up_to=head) for line in batch]
    await new_log.database.drop()
    fresh = EventLog(new_log.database)
    await fresh.prepare()

    appended = [await import_lines(fresh, [read_line(line)]) for line in lines]

    assert appended == [1, 1, 1]
    assert other in await raws(fresh)
