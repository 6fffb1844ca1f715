import os
import uuid
from collections.abc import AsyncIterator

import pytest
from factories import a_call_event, a_campaign_event, a_tac_event, an_application

from store.collections import COMPANIES, EVENTS, facts_of, keys_of
from store.driver import connect
from store.log import EventLog, open_log
from store.verify import Finding, verify


@pytest.fixture
async def filled(mongo_uri: str) -> AsyncIterator[EventLog]:
    name = f"test-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    async with connect(mongo_uri, name) as database, open_log(database) as log:
        await log.append(
            [
                a_campaign_event(status="NEW"),
                a_tac_event(an_application(id=1, nextPhoneNumber="5550100")),
                a_call_event(statisticId=5, phoneNumber="5550100"),
            ]
        )
        yield log
        await database.drop()


async def findings(log: EventLog) -> list[Finding]:
    head = await log.head()
    return [
        finding
        async for progress in verify(log.database, head, zone=log.zone)
        for finding in progress.findings
    ]


async def test_a_log_as_it_was_appended_is_clean(filled: EventLog) -> None:
    assert await findings(filled) == []


async def test_an_event_whose_bytes_are_no_event_any_more_is_named(filled: EventLog) -> None:
    await filled.database.update(EVENTS, {"_id": 2}, {"$set": {"raw": b"{}"}})

    assert [finding.position for finding in await findings(filled)] == [2]


async def test_a_changed_value_is_named_with_its_digest_and_its_facts(filled: EventLog) -> None:
    events = filled.database.handle[EVENTS]
    event = await events.find_one({"_id": 1})
    assert event is not None

    await events.update_one({"_id": 1}, {"$set": {"raw": event["raw"].replace(b"NEW", b"NEE")}})

    assert await findings(filled) == [
        Finding(1, "the bytes do not have the event's digest"),
        Finding(1, "the decoded body is not what the bytes say"),
        Finding(1, "the facts are not what the bytes say: reindex"),
    ]


async def test_a_decoded_body_that_was_changed_is_named(filled: EventLog) -> None:
    await filled.database.update(EVENTS, {"_id": 1}, {"$set": {"body.status": "FINISHED"}})

    assert await findings(filled) == [Finding(1, "the decoded body is not what the bytes say")]


async def test_a_missing_event_is_a_hole(filled: EventLog) -> None:
    await filled.database.delete(EVENTS, 2)

    found = await findings(filled)

    assert found[0] == Finding(2, "there is no event from here up to 2")


async def test_missing_events_at_the_end_are_a_hole(filled: EventLog) -> None:
    await filled.database.delete(EVENTS, 3)

    found = await findings(filled)

    assert Finding(3, "there are no events from here up to 3") in found


async def test_facts_that_were_changed_or_lost_are_named(filled: EventLog) -> None:
    facts = filled.database.handle[facts_of(1)]

    await facts.update_one({"kind": "campaign"}, {"$set": {"data.status": "FINISHED"}})
    await facts.delete_one({"kind": "call"})

    assert await findings(filled) == [
        Finding(1, "the facts are not what the bytes say: reindex"),
        Finding(3, "the facts are not what the bytes say: reindex"),
    ]


async def test_a_lost_key_is_named(filled: EventLog) -> None:
    await filled.database.handle[keys_of(1)].delete_one({"kind": "call"})

    assert await findings(filled) == [Finding(3, "the keys are not what the bytes say: reindex")]


async def test_a_company_that_counts_too_few_events_is_named(filled: EventLog) -> None:
    await filled.database.update(COMPANIES, {"_id": "acme"}, {"$set": {"events": 2}})

    assert await findings(filled) == [Finding(0, "company acme counts 2 of 3 events")]


async def test_a_company_without_a_counter_is_named(filled: EventLog) -> None:
    await filled.database.delete(COMPANIES, "acme")

    assert await findings(filled) == [Finding(0, "company acme counts 0 of 3 events")]
