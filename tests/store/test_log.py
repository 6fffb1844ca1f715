"""The log: appended once, byte for byte, at positions without holes (D2, D5-D8)."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from factories import (
    a_call_event,
    a_callback_event,
    a_campaign_event,
    a_tac_event,
    an_application,
)

from store.body import read_deliveries
from store.collections import COMPANIES, EVENTS, QUARANTINE, Document, facts_of, keys_of
from store.driver import Database, connect
from store.errors import LogUnavailableError
from store.head import Head
from store.log import EventLog, Receipt, open_log
from store.moment import fact_number
from store.quarantine import count_bodies
from store.rejections import InvalidJsonError
from store.rows import PreparedEvent, prepare
from store.statistics import count_quarantined, count_redeliveries, log_figures


async def events_of(log: EventLog) -> list[Document]:
    return await log.database.find(EVENTS, {}, sort=[("_id", 1)])


async def raws_of(log: EventLog) -> list[bytes]:
    return [bytes(event["raw"]) for event in await events_of(log)]


def positions(receipt: Receipt) -> list[int | None]:
    return [None if placed is None else placed.position for placed in receipt.placed]


def numbered(count: int) -> list[bytes]:
    return [a_campaign_event(place=place) for place in range(count)]


async def test_positions_count_from_one_in_the_order_of_the_bodies(new_log: EventLog) -> None:
    first = await new_log.append(numbered(3))
    second = await new_log.append([a_call_event(), a_callback_event()])

    assert positions(first) == [1, 2, 3]
    assert positions(second) == [4, 5]
    assert second.position == 5
    assert [event["_id"] for event in await events_of(new_log)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            b'{"eventName":"x","companyId":"c", "b" : 1.50,"a":1E2}', id="spelling and order"
        ),
        pytest.param(b'{"eventName":"x","companyId":"c","b":1,"b":2}', id="a key that comes twice"),
        pytest.param(b'{"eventName":"x","companyId":"c","t":"\\u0416\\/"}', id="escapes"),
        pytest.param('{"eventName":"x","companyId":"c","t":"Ж\u2028"}'.encode(), id="odd letters"),
        pytest.param(b'{\r\n"eventName":"x",\t"companyId":"c"\r\n}', id="white space inside"),
    ],
)
async def test_d2_bytes_are_kept_as_they_came(new_log: EventLog, raw: bytes) -> None:
    await new_log.append([raw])

    assert await raws_of(new_log) == [raw]


async def test_d2_what_stands_around_the_value_is_not_part_of_it(new_log: EventLog) -> None:
    raw = a_campaign_event()

    await new_log.append([b"\xef\xbb\xbf \r\n" + raw + b"\r\n"])

    assert await raws_of(new_log) == [raw]


async def test_d2_elements_of_an_array_keep_their_own_bytes(new_log: EventLog) -> None:
    first = b'{"eventName":"x","companyId":"c" , "n" : [1.50, 2]}'
    second = b'{ "eventName":"y","companyId":"c"}'

    await new_log.deliver(read_deliveries(b"[ %s\n,%s ]" % (first, second), ndjson=False))

    assert await raws_of(new_log) == [first, second]


async def test_d2_lines_keep_their_own_bytes(new_log: EventLog) -> None:
    first = b'{"eventName":"x","companyId":"c" , "n" : [1.50, 2]}'
    second = b'{ "eventName":"y","companyId":"c"}'

    await new_log.deliver(read_deliveries(b"%s\r\n\n %s" % (first, second), ndjson=True))

    assert await raws_of(new_log) == [first, second]


async def test_a_receipt_says_what_became_of_each_body(new_log: EventLog) -> None:
    known = a_campaign_event()
    await new_log.append([known])

    receipt = await new_log.append([b"[]", known, a_call_event(), b"{}"])

    assert positions(receipt) == [None, 1, 2, None]
    assert (receipt.appended, receipt.duplicates) == (1, 1)
    assert [(each.index, each.code) for each in receipt.rejected] == [
        (0, "NOT_AN_OBJECT"),
        (3, "MISSING_EVENT_NAME"),
    ]


async def test_nothing_appended_is_a_receipt_too(new_log: EventLog) -> None:
    await new_log.append([a_campaign_event()])

    receipt = await new_log.append([])

    assert receipt == Receipt(placed=(), rejected=(), position=1)


async def test_d7_a_redelivered_event_is_appended_once(new_log: EventLog) -> None:
    raw = a_campaign_event(status="PAUSED")

    first, again = await new_log.append([raw]), await new_log.append([raw])

    assert (first.appended, again.appended) == (1, 0)
    assert positions(again) == positions(first)
    assert await raws_of(new_log) == [raw]


async def test_d7_key_order_and_white_space_make_no_other_event(new_log: EventLog) -> None:
    await new_log.append([b'{"eventName":"x","companyId":"c","n":1.0}'])

    again = await new_log.append([b'{"n": 1, "companyId": "c", "eventName": "x"}'])

    assert (again.appended, again.duplicates) == (0, 1)


async def test_redeliveries_are_counted_beside_the_log(new_log: EventLog) -> None:
    raw = a_campaign_event(companyId="acme")
    await new_log.append([raw, a_campaign_event(companyId="zoo")])

    await new_log.append([raw, raw])
    await new_log.append([raw, a_campaign_event(companyId="zoo")])

    assert await count_redeliveries(new_log.database, ["acme"]) == 3
    assert await count_redeliveries(new_log.database, None) == 4
    assert (await new_log.head()).position == 2


async def test_many_redeliveries_in_one_request_are_counted_in_one_write(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[Mapping[Any, Document]] = []
    bodies = numbered(50)
    await new_log.append(bodies)
    write = new_log.database.upsert_all

    async def noted(collection: str, updates: Mapping[Any, Document]) -> None:
        writes.append(updates)
        await write(collection, updates)

    monkeypatch.setattr(new_log.database, "upsert_all", noted)
    await new_log.append([*bodies, *bodies])

    assert [len(updates) for updates in writes] == [50]
    assert await count_redeliveries(new_log.database, None) == 100


async def test_others_have_their_turn_while_a_large_request_is_read(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    seen: list[int] = []

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def noted(*event: Any) -> PreparedEvent:  # noqa: ANN401 - as it is called
        seen.append(turns)
        return prepare(*event)

    monkeypatch.setattr("store.intake.prepare", noted)
    others = asyncio.create_task(take_turns())
    await new_log.append(numbered(1_000))
    others.cancel()

    assert len(set(seen)) == 10


async def test_one_event_twice_in_a_request_is_appended_once(new_log: EventLog) -> None:
    raw = a_campaign_event()

    receipt = await new_log.append([raw, a_call_event(), raw])

    assert positions(receipt) == [1, 2, 1]
    assert [placed.is_new for placed in receipt.placed if placed] == [True, True, False]
    assert await count_redeliveries(new_log.database, None) == 1


async def test_one_event_in_concurrent_requests_is_appended_once(new_log: EventLog) -> None:
    raw = a_campaign_event()

    receipts = await asyncio.gather(*(new_log.append([raw]) for _ in range(20)))

    assert [positions(receipt) for receipt in receipts] == [[1]] * 20
    assert sum(receipt.appended for receipt in receipts) == 1
    assert await count_redeliveries(new_log.database, None) == 19


async def test_d6_a_rejected_body_is_kept_once_and_counted(new_log: EventLog) -> None:
    raw = b'{"companyId": "acme"}'

    [[first], [again], [other]] = [
        (await new_log.append([each])).rejected for each in (raw, raw, b"not JSON")
    ]

    kept = await new_log.database.find(QUARANTINE, {}, sort=[("_id", 1)])
    assert [(bytes(each["raw"]), each["code"], each["count"]) for each in kept] == [
        (raw, "MISSING_EVENT_NAME", 2),
        (b"not JSON", "INVALID_JSON", 1),
    ]
    assert [first.quarantine_id, other.quarantine_id] == [each["_id"] for each in kept]
    assert again.quarantine_id == first.quarantine_id


async def test_d6_a_rejected_body_in_concurrent_requests_is_kept_once(new_log: EventLog) -> None:
    await asyncio.gather(*(new_log.append([b"{}"] * 3) for _ in range(20)))

    assert await count_bodies(new_log.database, None) == 1
    assert await count_quarantined(new_log.database, None) == 60


async def test_many_rejections_in_one_request_are_kept_in_one_write(
    new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[Mapping[Any, Document]] = []
    write = new_log.database.upsert_all

    async def noted(collection: str, updates: Mapping[Any, Document], *, by: str = "_id") -> None:
        writes.append(updates)
        await write(collection, updates, by=by)

    monkeypatch.setattr(new_log.database, "upsert_all", noted)
    receipt = await new_log.append([b"%d" % (number % 50) for number in range(100)])

    kept = await new_log.database.find(QUARANTINE, {}, sort=[("raw", 1)])
    assert [len(updates) for updates in writes if updates] == [50]
    assert {row["count"] for row in kept} == {2}
    assert [each.quarantine_id for each in receipt.rejected[:50]] == [
        each.quarantine_id for each in receipt.rejected[50:]
    ]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(a_campaign_event(text="x" * 16 * 2**20), id="an event"),
        pytest.param(b"x" * 16 * 2**20, id="no JSON"),
        pytest.param(b'"%b"' % (b"x" * 17 * 2**20), id="no object"),
    ],
)
async def test_a_body_that_no_document_holds_is_rejected_and_holds_up_no_other(
    new_log: EventLog, raw: bytes
) -> None:
    receipt = await new_log.append([raw, a_call_event()])

    [rejected] = receipt.rejected
    assert (rejected.index, rejected.code, rejected.quarantine_id) == (0, "TOO_LARGE", None)
    assert positions(receipt) == [None, 1]
    assert await count_bodies(new_log.database, None) == 0


async def test_a_rejected_body_with_a_company_as_long_as_itself_is_kept(new_log: EventLog) -> None:
    raw = b'{"companyId": "%b"}' % (b"x" * 9 * 2**20)

    receipt = await new_log.append([raw])

    [row] = await new_log.database.find(QUARANTINE, {})
    assert receipt.rejected[0].quarantine_id == row["_id"]
    assert (bytes(row["raw"]), row["company"]) == (raw, None)


async def test_d6_a_request_that_is_no_json_is_kept_as_a_whole(new_log: EventLog) -> None:
    rejected = await new_log.reject_body(b"[{]", InvalidJsonError())

    [kept] = await new_log.database.find(QUARANTINE, {})
    assert (rejected.index, rejected.code) == (0, "INVALID_JSON")
    assert (kept["_id"], bytes(kept["raw"]), kept["company"]) == (
        rejected.quarantine_id,
        b"[{]",
        None,
    )


async def test_d22_a_rejected_body_belongs_to_the_company_that_it_names(new_log: EventLog) -> None:
    await new_log.append([b'{"companyId": 7.0}', b"{}"])

    assert await count_bodies(new_log.database, ["7"]) == 1
    assert await count_bodies(new_log.database, None) == 2


async def test_d22_the_body_of_a_forbidden_company_is_not_kept(new_log: EventLog) -> None:
    receipt = await new_log.append(
        [a_campaign_event(companyId="mine"), a_campaign_event(companyId="theirs")],
        companies=["mine"],
    )

    [forbidden] = receipt.rejected
    assert (forbidden.index, forbidden.code) == (1, "FORBIDDEN_COMPANY")
    assert forbidden.quarantine_id is None
    assert positions(receipt) == [1, None]
    assert await new_log.database.find(QUARANTINE, {}) == []


async def test_facts_and_keys_are_written_with_their_event(new_log: EventLog) -> None:
    crm = {"crm": "77"}
    event = a_tac_event(
        an_application(id=1, telemarketCampaignId="c1", clientSyncIdsToValues=crm),
        an_application(id=2, nextPhoneNumber="+38 050"),
    )

    await new_log.append([a_campaign_event(), event])

    facts = await new_log.database.find(facts_of(1), {}, sort=[("_id", 1)])
    assert [(fact["_id"], fact["kind"]) for fact in facts] == [
        (fact_number(1, 0), "campaign"),
        (fact_number(2, 0), "application"),
        (fact_number(2, 1), "application"),
    ]
    keys = await new_log.database.find(keys_of(1), {}, sort=[("_id", 1)])
    assert [(key["_id"], key["key"], key["idKey"]) for key in keys] == [
        (fact_number(2, 0), "s3:crm77", "a1~"),
        (fact_number(2, 1), "p38050", "a2~"),
    ]


async def test_each_company_has_its_own_counters(new_log: EventLog) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)

    for company in ("acme", "zoo", "acme"):
        await new_log.append([a_call_event(companyId=company, at=str(datetime.now(UTC)))])

    counters = await new_log.database.find(COMPANIES, {}, sort=[("_id", 1)])
    assert [(each["_id"], each["events"], each["position"]) for each in counters] == [
        ("acme", 2, 3),
        ("zoo", 1, 2),
    ]
    assert all(before < each["lastReceivedAt"] <= datetime.now(UTC) for each in counters)


async def test_a_redelivery_does_not_count_for_its_company(new_log: EventLog) -> None:
    raw = a_campaign_event(companyId="acme")

    await new_log.append([raw])
    await new_log.append([raw, a_campaign_event(companyId="zoo")])

    figures = await log_figures(new_log.database, ["acme"], position=2)
    assert (figures.events, figures.position) == (1, 1)


async def test_an_empty_log_ends_at_position_zero(new_log: EventLog) -> None:
    assert await new_log.head() == Head(position=0, generation=1, companies=(), told=0)


async def test_the_head_names_two_companies_at_most(new_log: EventLog) -> None:
    for company in ("c", "b", "a"):
        await new_log.append([a_campaign_event(companyId=company)])

    assert await new_log.head() == Head(position=3, generation=1, companies=("a", "b"), told=3)


async def test_the_head_of_a_log_that_was_never_prepared_is_not_zero(
    new_database: Database,
) -> None:
    with pytest.raises(LogUnavailableError):
        await EventLog(new_database).head()


async def test_d5_an_unknown_event_is_appended_and_says_nothing(new_log: EventLog) -> None:
    receipt = await new_log.append([b'{"eventName": "Other", "companyId": "acme", "id": 1}'])

    assert receipt.appended == 1
    assert await new_log.database.find(facts_of(1), {}) == []


async def test_people_with_a_shell_find_the_body_decoded(new_log: EventLog) -> None:
    await new_log.append([b'{"eventName":"x","companyId":7,"n":1.50,"list":[{"a":null}],"n":2}'])

    [event] = await events_of(new_log)
    assert event["body"] == {"eventName": "x", "companyId": 7, "n": 2, "list": [{"a": None}]}


@pytest.mark.parametrize(
    "member",
    [
        pytest.param('"n": 9223372036854775808', id="an integer over 64 bits"),
        pytest.param(f'"n": {"9" * 5000}', id="an integer of 5,000 digits"),
        pytest.param('"a\\u0000b": 1', id="NUL in a key"),
        pytest.param('"t": "\\ud800"', id="a lone surrogate"),
        pytest.param('"\\udfff": 1', id="a lone surrogate in a key"),
        pytest.param(f'"n": {"[" * 499}{"]" * 499}', id="nested 500 deep"),
        pytest.param(f'"n": {"[" * 180}{"]" * 180}', id="nested a little too deep"),
        pytest.param(f'"t": "{"x" * 15 * 2**20}"', id="over 15 MiB as BSON"),
    ],
)
async def test_d2_where_bson_has_no_room_the_bytes_are_there_alone(
    new_log: EventLog, member: str
) -> None:
    raw = f'{{"eventName": "x", "companyId": "acme", {member}}}'.encode()

    receipt = await new_log.append([raw])

    [event] = await events_of(new_log)
    assert receipt.appended == 1
    assert bytes(event["raw"]) == raw
    assert "body" not in event


async def test_many_small_objects_are_decoded_too(new_log: EventLog) -> None:
    elements = [an_application(id=place) for place in range(6_000)]

    await new_log.append([a_tac_event(*elements)])

    [event] = await events_of(new_log)
    assert len(event["body"]["tac"]) == 6_000


def a_poison() -> bytes:
    """An event that MongoDB refuses: its fact has each pair twice, more than a document holds."""
    return a_call_event(clientSyncIdsToValues={"あ" * 1_300_000: [1, 2, 3]})


async def test_an_event_that_mongodb_refuses_holds_up_no_other(new_log: EventLog) -> None:
    poison = a_poison()
    bodies = numbered(7)

    receipt = await new_log.append([*bodies[:3], poison, *bodies[3:]])

    assert positions(receipt) == [1, 2, 3, None, 4, 5, 6, 7]
    assert [(each.index, each.code) for each in receipt.rejected] == [(3, "UNSTORABLE")]
    assert await raws_of(new_log) == bodies
    [kept] = await new_log.database.find(QUARANTINE, {})
    assert (bytes(kept["raw"]), kept["company"]) == (poison, "acme")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            a_callback_event(clientSyncIdsToValues={"x" * 2**20: list(range(1_000))}),
            id="in one object",
        ),
        pytest.param(
            a_tac_event(
                *(
                    an_application(id=id_, clientSyncIdsToValues={"x" * 10_000: list(range(1_000))})
                    for id_ in range(50)
                )
            ),
            id="in many",
        ),
    ],
)
async def test_pairs_that_multiply_are_refused_before_they_fill_the_memory(
    new_log: EventLog, body: bytes
) -> None:
    receipt = await new_log.append([a_campaign_event(), body])

    assert positions(receipt) == [1, None]
    assert [each.code for each in receipt.rejected] == ["UNSTORABLE"]


async def test_what_was_appended_is_there_when_the_log_is_opened_again(new_log: EventLog) -> None:
    await new_log.append(numbered(2))

    async with open_log(new_log.database) as again:
        receipt = await again.append([*numbered(2), a_call_event()])

    assert positions(receipt) == [1, 2, 3]


async def test_what_waits_is_appended_or_refused_when_the_log_is_closed(
    new_database: Database,
) -> None:
    async with open_log(new_database) as log:
        appending = [asyncio.create_task(log.append([body])) for body in numbered(1_200)]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*appending, return_exceptions=True)

    appended = [each for each in outcomes if isinstance(each, Receipt)]
    refused = [each for each in outcomes if isinstance(each, LogUnavailableError)]
    assert len(appended) + len(refused) == 1_200
    assert len(await events_of(log)) == len(appended)


async def test_a_closed_log_refuses_at_once(new_database: Database) -> None:
    async with open_log(new_database) as log:
        pass

    with pytest.raises(LogUnavailableError):
        async with asyncio.timeout(5):
            await log.append([a_campaign_event()])


async def test_a_sender_that_leaves_does_not_cancel_its_events(new_log: EventLog) -> None:
    leaving = asyncio.create_task(new_log.append([a_campaign_event()]))
    await asyncio.sleep(0)
    leaving.cancel()

    receipt = await new_log.append([a_call_event()])

    assert receipt.position == 2
    assert len(await events_of(new_log)) == 2


async def test_d8_two_writers_leave_no_hole_and_are_seen_in_order(
    mongo_uri: str, new_database: Database
) -> None:
    seen: list[list[int]] = []

    async def watch() -> None:
        while True:
            rows = await new_database.find(EVENTS, {}, fields={"_id": 1}, sort=[("_id", 1)])
            seen.append([row["_id"] for row in rows])

    async def write(log: EventLog, name: str, wave: int) -> None:
        events = (a_campaign_event(writer=name, wave=wave, place=place) for place in range(10))
        await asyncio.gather(*(log.append([event]) for event in events))

    async with (
        connect(mongo_uri, new_database.handle.name) as other_database,
        open_log(new_database) as log,
        open_log(other_database) as other,
    ):
        watching = asyncio.create_task(watch())
        for wave in range(30):
            await asyncio.gather(write(log, "one", wave), write(other, "other", wave))
        watching.cancel()

    last = [row["_id"] for row in await events_of(log)]
    assert last == list(range(1, 601))
    assert len(seen) > 3
    assert all(each == list(range(1, len(each) + 1)) for each in seen)


async def test_d7_two_writers_append_the_same_events_once(
    mongo_uri: str, new_database: Database
) -> None:
    bodies = numbered(60)
    async with (
        connect(mongo_uri, new_database.handle.name) as other_database,
        open_log(new_database) as log,
        open_log(other_database) as other,
    ):
        receipts = await asyncio.gather(
            *(each.append([body]) for body in bodies for each in (log, other))
        )

    assert sum(receipt.appended for receipt in receipts) == 60
    assert [event["_id"] for event in await events_of(log)] == list(range(1, 61))
    assert {json.loads(raw)["place"] for raw in await raws_of(log)} == set(range(60))
