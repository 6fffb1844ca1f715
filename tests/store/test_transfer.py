import pytest
from factories import a_call_event, a_campaign_event, a_tac_event, an_application

from store.collections import COUNTERS, EVENTS
from store.driver import Database, connect
from store.log import EventLog, open_log
from store.transfer import LogLineError, export_lines, import_lines, read_line
from store.verify import verify


async def exported(log: EventLog) -> list[bytes]:
    head = await log.head()
    return [
        line async for batch in export_lines(log.database, up_to=head.position) for line in batch
    ]


BODIES = [
    a_campaign_event(status="NEW"),
    a_tac_event(an_application(id=1), an_application(id=2, nextPhoneNumber="+1 555 0100")),
    a_call_event(statisticId="s", operatorCallDuration=1.50),
    b'{"eventName": "Unknown",  "companyId": 3, "n": 1.50, "n": 2}',
]


async def test_an_export_imported_elsewhere_gives_the_same_log(
    log: EventLog, mongo_uri: str
) -> None:
    await log.append(BODIES)
    lines = await exported(log)

    async with connect(mongo_uri, "imported") as database, open_log(database) as copy:
        appended = await import_lines(copy, [read_line(line) for line in lines])
        again = await import_lines(copy, [read_line(line) for line in lines])
        kept, copied = await events_of(log.database), await events_of(database)
        findings = [
            each
            async for progress in verify(database, await copy.head(), zone=copy.zone)
            for each in progress.findings
        ]
        second = await exported(copy)
        await database.drop()

    assert (appended, again) == (len(lines), 0)
    assert copied == kept
    assert second == lines
    assert findings == []


async def events_of(database: Database) -> list[dict[str, object]]:
    return await database.find(EVENTS, {}, sort=[("_id", 1)])


async def test_an_import_into_another_log_is_refused(log: EventLog) -> None:
    await log.append(BODIES)
    lines = await exported(log)
    other = read_line(lines[0].replace(b"NEW", b"PAUSED"))

    with pytest.raises(LogLineError, match="another event at position 1"):
        await import_lines(log, [other])


async def test_an_import_that_would_leave_a_hole_is_refused_and_leaves_nothing(
    log: EventLog, mongo_uri: str
) -> None:
    await log.append(BODIES)
    lines = await exported(log)

    async with connect(mongo_uri, "with_a_hole") as database, open_log(database) as copy:
        with pytest.raises(LogLineError, match="does not end before position 2"):
            await import_lines(copy, [read_line(lines[1])])
        counter = await database.find_one(COUNTERS, "log")
        events = await events_of(database)
        await database.drop()

    assert counter is not None
    assert (counter["position"], events) == (0, [])


async def test_an_export_that_lacks_a_line_is_refused_and_leaves_nothing(
    log: EventLog, new_log: EventLog
) -> None:
    await log.append(BODIES)
    lines = [read_line(line) for line in await exported(log)]

    with pytest.raises(LogLineError, match="position 3 follows on 1"):
        await import_lines(new_log, [lines[0], *lines[2:]])

    assert await events_of(new_log.database) == []


async def test_lines_that_are_too_much_for_one_transaction_are_appended_in_several(
    log: EventLog, new_log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.writer.MAX_BATCH_FACTS", 1)
    await log.append(BODIES)
    lines = await exported(log)

    appended = await import_lines(new_log, [read_line(line) for line in lines])

    assert appended == len(lines)
    assert await events_of(new_log.database) == await events_of(log.database)


@pytest.mark.parametrize(
    "line",
    [b"", b"1", b"{}", b'{"position":1,"receivedAt":"2026-01-01T00:00:00","raw":"{}"}', b"\xff"],
)
def test_what_is_no_line_of_an_export_is_refused(line: bytes) -> None:
    with pytest.raises(LogLineError):
        read_line(line)
