"""Delivery forensics: drift, disorder and lateness (small print of D5, D8)."""

from datetime import UTC, datetime, timedelta

import pytest
from factories import (
    ABSENT,
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)

from store.collections import Document
from store.deliveries import Drift, Forensics, forensics
from store.log import EventLog

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)
CAMPAIGN = "TelemarketCampaignStatusChangedEvent"
TAC = "TACStatusUpdatedEvent"
CALL = "TelemarketStatisticsUpdatedEvent"


def at(minute: int) -> dict[str, str]:
    return {"eventCreationDate": (_START + timedelta(minutes=minute)).isoformat()}


async def found_in(log: EventLog, *bodies: bytes) -> Forensics:
    receipt = await log.append(bodies)
    assert not receipt.rejected
    return await forensics(log.database, None, receipt.position)


def drifts(found: Forensics) -> list[tuple[str, str | None, str | None, int]]:
    return sorted(
        (each.event_name, each.field, each.value, each.count) for each in found.drifts.values()
    )


async def test_documented_events_hold_no_surprise(new_log: EventLog) -> None:
    found = await found_in(
        new_log,
        a_campaign_event(status="NEW"),
        a_tac_event(an_application(status="any", telemarketCampaignId=1)),
        a_call_event(status="successful", callType="Normal", recallType=0),
        a_callback_event(recallStatus="AUTO_CREATED"),
    )

    assert drifts(found) == []


async def test_an_unknown_event_is_a_surprise_by_its_name_alone(new_log: EventLog) -> None:
    found = await found_in(new_log, b'{"eventName": "Other", "companyId": "acme", "x": 1}')

    assert drifts(found) == [("Other", None, None, 1)]


async def test_an_unknown_field_is_a_surprise_once_per_event(new_log: EventLog) -> None:
    found = await found_in(
        new_log,
        a_tac_event(an_application(id=1, odd=1), an_application(id=2, odd=2), odd=3),
        a_tac_event(an_application(id=3, odd=1)),
    )

    assert drifts(found) == [(TAC, "odd", None, 2)]


async def test_an_unknown_field_of_applications_that_stand_alone_is_a_surprise(
    new_log: EventLog,
) -> None:
    found = await found_in(
        new_log,
        a_tac_event(tac={"id": 1, "one": 1}),
        a_tac_event(tac=ABSENT, id=2, two=1),
    )

    assert drifts(found) == [(TAC, "one", None, 1), (TAC, "two", None, 1)]


async def test_an_unknown_value_of_an_enum_is_a_surprise_by_its_spelling(
    new_log: EventLog,
) -> None:
    found = await found_in(
        new_log,
        a_campaign_event(status="odd"),
        a_campaign_event(status="Odd"),
        a_campaign_event(status="odd", **at(1)),
        a_campaign_event(status=None),
        a_call_event(status="successful", callType="hologram"),
    )

    assert drifts(found) == [
        (CAMPAIGN, "status", "Odd", 1),
        (CAMPAIGN, "status", "odd", 2),
        (CALL, "callType", "hologram", 1),
    ]


async def test_a_surprise_says_its_first_and_its_last_event(new_log: EventLog) -> None:
    found = await found_in(
        new_log,
        a_campaign_event(odd=1),
        a_campaign_event(),
        a_campaign_event(odd=2),
        a_campaign_event(odd=3),
        a_campaign_event(status="NEW"),
    )

    assert list(found.drifts.values()) == [
        Drift(CAMPAIGN, "odd", None, first_position=1, last_position=4, count=3)
    ]


async def test_an_event_before_an_earlier_one_of_the_same_thing_is_out_of_order(
    new_log: EventLog,
) -> None:
    found = await found_in(
        new_log,
        a_call_event(statisticId=1, **at(2)),
        a_call_event(statisticId=1, **at(1)),
        a_call_event(statisticId=1, **at(2), status="successful"),
        a_call_event(statisticId=2, **at(0)),
        a_callback_event(id=1, **at(0)),
    )

    assert found.out_of_order == 1


async def test_an_event_about_several_things_is_out_of_order_once(new_log: EventLog) -> None:
    found = await found_in(
        new_log,
        a_tac_event(an_application(id=1), an_application(id=2), **at(5)),
        a_tac_event(an_application(id=2), an_application(id=1), **at(1)),
    )

    assert found.out_of_order == 1


async def test_the_same_id_in_another_company_is_another_thing(new_log: EventLog) -> None:
    found = await found_in(
        new_log,
        a_call_event(companyId="a", **at(2)),
        a_call_event(companyId="b", **at(1)),
    )

    assert found.out_of_order == 0


async def test_unknown_events_are_never_out_of_order(new_log: EventLog) -> None:
    old = b'{"eventName":"x","companyId":"c","eventCreationDate":"2020-01-01"}'
    new = b'{"eventName":"x","companyId":"c","eventCreationDate":"2021-01-01"}'

    assert (await found_in(new_log, new, old)).out_of_order == 0


async def test_lateness_is_from_what_the_event_says_to_its_receipt(new_log: EventLog) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=100)

    found = await found_in(
        new_log,
        a_campaign_event(eventCreationDate=ago.isoformat()),
        a_campaign_event(eventCreationDate="no date"),
        a_campaign_event(eventCreationDate=ABSENT),
    )

    [late] = found.late_seconds
    assert 100 <= late < 160


async def test_a_clock_that_is_ahead_is_not_late(new_log: EventLog) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)

    found = await found_in(new_log, a_campaign_event(eventCreationDate=ahead.isoformat()))

    assert found.late_seconds == [0.0]


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 5.0), (0.95, 10.0), (0.1, 1.0), (0.11, 2.0), (0.0, 1.0), (1, 10)]
)
def test_percentiles_are_by_nearest_rank(share: float, expected: float) -> None:
    found = Forensics(late_seconds=[float(late) for late in (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)])

    assert found.percentile(share) == expected


def test_of_no_events_there_is_no_percentile() -> None:
    assert Forensics().percentile(0.5) is None


async def test_d22_the_events_of_the_companies_asked_about_are_looked_at(
    new_log: EventLog,
) -> None:
    receipt = await new_log.append(
        [a_campaign_event(companyId=company, **{f"odd-{company}": 1}) for company in "abc"]
    )

    found = await forensics(new_log.database, ["a", "c"], receipt.position)

    assert drifts(found) == [(CAMPAIGN, "odd-a", None, 1), (CAMPAIGN, "odd-c", None, 1)]


async def test_events_after_the_position_are_not_looked_at(new_log: EventLog) -> None:
    await new_log.append([a_campaign_event(odd=1), a_campaign_event(odd=2)])

    found = await forensics(new_log.database, None, 1)

    assert drifts(found) == [(CAMPAIGN, "odd", None, 1)]


async def test_a_log_of_several_reads_is_looked_at_whole(new_log: EventLog) -> None:
    bodies = [b'{"eventName":"x","companyId":"c","place":%d}' % place for place in range(4_000)]

    found = await found_in(new_log, *bodies)

    assert drifts(found) == [("x", None, None, 4_000)]


def an_event(**fields: object) -> Document:
    return {
        "_id": 1,
        "eventName": CAMPAIGN,
        "company": "acme",
        "occurredAt": _START,
        "receivedAt": _START,
        "occurredAtSource": "EVENT",
        "raw": a_campaign_event(),
        **fields,
    }


def test_events_that_fall_on_one_moment_are_in_order() -> None:
    found = Forensics()

    found.add(an_event(_id=1))
    found.add(an_event(_id=2))

    assert found.out_of_order == 0
