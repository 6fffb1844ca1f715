"""Rejected bodies tried again: each leaves the quarantine for the log, or stays as it is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from factories import a_call_event, a_campaign_event

from store.collections import COUNTERS, EVENTS, QUARANTINE, REDELIVERIES, Document
from store.driver import Database
from store.erasure import forget
from store.keys import phone_key
from store.log import EventLog
from store.person import ErasureError
from store.quarantine import RejectedBody, quarantine
from store.rejections import MissingIdError
from store.retry import every_body, retry
from store.verify import verify

PHONE = "+380501234567"
KEY = str(phone_key(PHONE))


async def rejected_once(log: EventLog, raw: bytes) -> str:
    """Keep a body as an older reader did, which could not read it."""
    rejection = MissingIdError("statisticId")
    [key] = await quarantine(
        log.database, [RejectedBody(raw, rejection, "acme")], datetime.now(UTC)
    )
    return key


async def raws(log: EventLog, collection: str = EVENTS) -> list[bytes]:
    return [bytes(each["raw"]) for each in await log.database.find(collection, {})]


async def test_what_is_an_event_by_now_moves_into_the_log(new_log: EventLog) -> None:
    bodies = [a_call_event(statisticId=each) for each in range(3)]
    await new_log.append([a_campaign_event()])
    for body in bodies:
        await rejected_once(new_log, body)

    assert await retry(new_log, None) == (3, 0)

    assert (await raws(new_log))[1:] == bodies
    assert await raws(new_log, QUARANTINE) == []
    steps = [
        each async for each in verify(new_log.database, await new_log.head(), zone=new_log.zone)
    ]
    assert [finding for each in steps for finding in each.findings] == []


async def test_only_the_bodies_that_are_named_are_tried(new_log: EventLog) -> None:
    keys = [await rejected_once(new_log, a_call_event(statisticId=each)) for each in range(2)]

    assert await retry(new_log, {keys[1]}) == (1, 0)

    assert await raws(new_log, QUARANTINE) == [a_call_event(statisticId=0)]


@pytest.mark.parametrize("raw", [b"redacted", b"[]"], ids=["no JSON", "no event"])
async def test_what_is_rejected_again_stays(new_log: EventLog, raw: bytes) -> None:
    await rejected_once(new_log, raw)

    assert await retry(new_log, None) == (0, 1)

    assert await raws(new_log, QUARANTINE) == [raw]


async def test_what_the_log_holds_already_leaves_the_quarantine(new_log: EventLog) -> None:
    await new_log.append([a_call_event()])
    await rejected_once(new_log, a_call_event())

    assert await retry(new_log, None) == (1, 0)

    assert (await new_log.head()).position == 1
    assert await raws(new_log, QUARANTINE) == []


async def test_a_body_that_was_kept_of_an_erased_event_leaves_the_quarantine(
    new_log: EventLog,
) -> None:
    await new_log.append([a_call_event(phoneNumber=PHONE)])
    await forget(new_log, "acme", KEY, by="the officer")
    await rejected_once(new_log, a_call_event(phoneNumber=PHONE))

    assert await retry(new_log, None) == (1, 0)

    assert (await new_log.head()).position == 1
    assert await raws(new_log, QUARANTINE) == []


async def test_an_event_without_room_for_its_decoded_body_is_appended_without(
    new_log: EventLog,
) -> None:
    await rejected_once(new_log, a_campaign_event(note="x" * 9 * 2**20))

    assert await retry(new_log, None) == (1, 0)

    [event] = await new_log.database.find(EVENTS, {}, fields={"body": 1})
    assert "body" not in event


async def test_a_retry_is_not_counted_as_another_delivery(new_log: EventLog) -> None:
    [rejected] = (await new_log.append([a_campaign_event(campaignId="x" * 14 * 2**20)])).rejected
    assert rejected.code == "UNSTORABLE"

    assert await retry(new_log, None) == (0, 1)

    [kept] = await new_log.database.find(QUARANTINE, {}, fields={"count": 1})
    assert kept["count"] == 1
    assert await new_log.database.find(REDELIVERIES, {}) == []


async def test_a_body_that_an_erasure_overtakes_is_not_appended(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await new_log.append([a_call_event(statisticId=1, phoneNumber=PHONE)])
    await rejected_once(new_log, a_call_event(statisticId=2, phoneNumber=PHONE))

    async def overtaken(database: Database) -> AsyncIterator[Document]:
        async for body in every_body(database):
            await forget(new_log, "acme", KEY, by="the officer")
            yield body

    monkeypatch.setattr("store.retry.every_body", overtaken)

    assert await retry(new_log, None) == (0, 1)
    assert not any(PHONE.encode() in raw for raw in await raws(new_log))
    assert await raws(new_log, QUARANTINE) == [b"redacted"]


async def test_no_body_is_appended_while_a_person_is_forgotten(new_log: EventLog) -> None:
    await rejected_once(new_log, a_call_event())
    await new_log.database.update(COUNTERS, {"_id": "log"}, {"$set": {"erasing": "a run"}})

    with pytest.raises(ErasureError, match="forget --resume"):
        await retry(new_log, None)

    assert await raws(new_log) == []
    assert await raws(new_log, QUARANTINE) == [a_call_event()]


async def test_a_doubtful_body_is_appended_only_if_it_is_named(new_log: EventLog) -> None:
    mine, other = (
        b'{"eventName": "SmsSent", "companyId": "acme", "to": "%b"}' % number
        for number in (PHONE.encode(), b"+380677654321")
    )
    await new_log.append([a_call_event(phoneNumber=PHONE), mine])
    await forget(new_log, "acme", KEY, by="the officer")
    [rejected] = (await new_log.append([other])).rejected

    assert await retry(new_log, None) == (0, 1)
    assert await retry(new_log, {str(rejected.quarantine_id)}) == (1, 0)

    assert (await raws(new_log))[-1] == other
    assert await raws(new_log, QUARANTINE) == []
    assert (await new_log.append([other])).duplicates == 1
