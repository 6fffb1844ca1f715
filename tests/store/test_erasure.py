"""A person is forgotten: in every byte of every collection, and the log still adds up."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bson  # noqa: TID251 - every byte is looked at
import pytest
from factories import a_call_event, a_callback_event, a_campaign_event, a_tac_event, an_application
from following import a_follower, until
from views import a_view

from store import erasure
from store.boards import BoardedView
from store.body import parse_body
from store.collections import (
    COMPANIES,
    COUNTERS,
    ERASURES,
    EVENTS,
    QUARANTINE,
    Document,
    facts_of,
)
from store.driver import Database, Transaction
from store.erasure import Figures, forget, resume, survey
from store.fold import State
from store.ids import id_key
from store.keys import pair_key, phone_key
from store.links import matches
from store.listing import Listing, Slice
from store.log import EventLog
from store.moment import Moment
from store.person import ErasureError, Search
from store.redaction import Person, Redacted, Redactor, is_pseudonym, stub_of
from store.reindex import ReindexError, reindex
from store.topics import CALLS
from store.transfer import LogLineError, export_lines, import_lines, read_line
from store.verify import Finding, RedactedEvent, verify

PHONE, LOCAL, CLIENT, NAME = "+380501234567", "38 (050) 123-45-67", "client-4711", "Olena Petrenko"
OTHER = {"id": "a2", "nextPhoneNumber": "+380677654321", "smsMessage": "Dear Ihor"}
OTHERS_PAIRS = {"externalId": "client-0815", "segment": "gold-customers"}
PERSONS_PAIRS = {"externalId": CLIENT, "segment": "gold-customers", "crm": "crm-900001"}
SECRETS = (CLIENT, NAME, "Olena", "crm-900001", "personal note")
KEY = pair_key("externalId", CLIENT)
A1, C1 = id_key("a1"), id_key("c1")

DELIVERED = (
    a_campaign_event(status="NEW"),
    a_tac_event(
        {**OTHER, "telemarketCampaignId": "c1", "clientSyncIdsToValues": OTHERS_PAIRS},
        an_application(
            telemarketCampaignId="c1",
            status="NEW",
            nextPhoneNumber=PHONE,
            smsMessage=f"Dear {NAME}",
            clientSyncIdsToValues=PERSONS_PAIRS,
        ),
        eventCreationDate="2026-01-31T10:00:00Z",
    ),
    a_call_event(statisticId=1, campaignId="c1", phoneNumber=LOCAL, errorMessage="Olena was busy"),
    a_call_event(statisticId=2, campaignId="c1", clientSyncIdsToValues={"crm": "crm-900001"}),
    a_call_event(
        statisticId=3, campaignId="c1", phoneNumber=380677654321, errorMessage=f"not {PHONE}"
    ),
    a_callback_event(
        applicationId="a1", name=NAME, description="personal note", phoneNumber=int(PHONE[1:])
    ),
    a_call_event(eventName="SmsSent", statisticId=9, to="\\u002b" + PHONE, text="Olena, hello"),
    a_call_event(statisticId=4, campaignId="c1", phoneNumber=None, clientSyncIdsToValues=[]),
)
REJECTED = b'{"eventName": "TACStatusUpdatedEvent", "companyId": "acme", "tac": [{"to": "%b"}]}'


@dataclass(frozen=True)
class Told:
    log: EventLog

    @property
    def database(self) -> Database:
        return self.log.database

    async def documents(self) -> AsyncIterator[tuple[str, Document]]:
        for name in await self.database.collections():
            async for document in self.database.handle[name].find():
                yield name, document

    async def giving_away(self) -> list[str]:
        """Name the collections of which any byte gives the person away."""
        digits = "[^0-9]{0,3}".join(PHONE[1:])
        pattern = re.compile("|".join([digits, *SECRETS]).encode())
        return [
            name
            async for name, document in self.documents()
            if pattern.search(bson.encode(document))
        ]

    async def findings(self) -> tuple[list[Finding], list[RedactedEvent]]:
        steps = [
            each async for each in verify(self.database, await self.log.head(), zone=self.log.zone)
        ]
        return [x for each in steps for x in each.findings], [
            x for each in steps for x in each.redacted
        ]

    async def links(self) -> dict[str, Any]:
        view = await a_view(self.log, "acme")
        calls = await view.states("call", await view.things_in("call", {"campaign": C1}))
        found = await matches(view, list(calls.values()))
        return {
            key: (each.application, each.matched_by, each.candidate_count)
            for key, each in found.items()
        }

    async def event(self, position: int) -> Any:  # noqa: ANN401 - JSON
        found = await self.database.find_one(EVENTS, position)
        return json.loads((found or {})["raw"])


@pytest.fixture
async def told(new_log: EventLog) -> Told:
    await new_log.append([*DELIVERED, REJECTED % PHONE.encode()])
    return Told(new_log)


async def test_a_dry_run_counts_and_changes_nothing(told: Told) -> None:
    before = [each async for each in told.documents()]

    counted = await survey(told.log, "acme", KEY)

    assert (counted.applications, counted.calls, counted.callbacks) == (1, 2, 1)
    assert (counted.events, counted.quarantined, counted.shared) == (6, 1, 1)
    assert [each async for each in told.documents()] == before


@pytest.mark.parametrize("sought", [KEY, phone_key(PHONE)])
async def test_no_byte_of_any_collection_gives_the_person_back(told: Told, sought: str) -> None:
    counted = await survey(told.log, "acme", sought)

    erased = await forget(told.log, "acme", sought, by="the officer")

    assert await told.giving_away() == []
    assert (erased.events, erased.quarantined, erased.left) == (counted.events, 1, set())


async def test_what_is_the_persons_own_is_replaced_and_nothing_else(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")

    tac = await told.event(2)
    assert tac["tac"][0] == {
        **OTHER,
        "telemarketCampaignId": "c1",
        "clientSyncIdsToValues": OTHERS_PAIRS,
    }
    mine = tac["tac"][1]
    assert mine["status"] == "NEW"
    assert mine["clientSyncIdsToValues"].keys() == PERSONS_PAIRS.keys()
    assert all(map(is_pseudonym, [mine["smsMessage"], *mine["clientSyncIdsToValues"].values()]))
    assert (await told.event(5))["phoneNumber"] == 380677654321
    assert [await told.event(place) for place in (1, 8)] == [
        json.loads(DELIVERED[place - 1]) for place in (1, 8)
    ]


async def test_edges_positions_and_counters_still_add_up(told: Told) -> None:
    links, companies = await told.links(), await told.database.find(COMPANIES, {})
    assert {link[0] for link in links.values()} == {A1, id_key("a2")}

    await forget(told.log, "acme", KEY, by="the officer")

    assert await told.links() == links
    assert await told.database.find(COMPANIES, {}) == companies
    events = await told.database.find(EVENTS, {}, sort=[("_id", 1)])
    assert [event["_id"] for event in events] == list(range(1, 9))


async def test_verify_lists_redacted_events_apart_and_finds_them_whole(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")

    findings, redacted = await told.findings()

    assert findings == []
    assert [each.position for each in redacted] == [2, 3, 4, 5, 6, 7]
    assert {each.by for each in redacted} == {"the officer"}
    assert redacted[0].fields == ("clientSyncIdsToValues", "nextPhoneNumber", "smsMessage")


async def test_verify_finds_a_redacted_event_that_was_changed(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")
    raw = (await told.database.find_one(EVENTS, 3) or {})["raw"].replace(b"c1", b"c2")

    await told.database.update(EVENTS, {"_id": 3}, {"$set": {"raw": raw}})

    findings, _ = await told.findings()
    assert Finding(3, "the bytes do not have the event's digest") in findings


async def test_a_rebuild_gives_the_same_facts(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")
    before = await told.database.find(facts_of(1), {}, sort=[("_id", 1)])

    async for _ in reindex(told.database, zone=told.log.zone, grace_seconds=0):
        pass

    assert await told.database.find(facts_of(2), {}, sort=[("_id", 1)]) == before
    assert await told.giving_away() == []


def respelled(body: bytes) -> bytes:
    """Spell a body with other white space, and its keys in another order."""
    return json.dumps(dict(reversed(json.loads(body).items())), indent=2).encode()


async def test_the_old_bodies_are_redeliveries_however_they_are_spelled(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")

    again = await told.log.append(DELIVERED)
    spelled = await told.log.append([respelled(body) for body in DELIVERED])

    assert (again.appended, again.duplicates) == (0, 7)
    assert (spelled.appended, spelled.duplicates) == (0, 7)
    assert [each.position for each in spelled.placed if each] == [1, 2, 3, 4, 5, 6, 8]
    assert [(each.index, each.code) for each in spelled.rejected] == [(6, "MAY_BE_FORGOTTEN")]
    assert {*await told.giving_away()} == {QUARANTINE}


async def test_an_event_of_two_who_were_forgotten_is_still_known(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")
    await forget(told.log, "acme", pair_key("externalId", "client-0815"), by="another officer")

    receipt = await told.log.append(DELIVERED)

    assert (receipt.appended, receipt.duplicates) == (0, 7)
    findings, redacted = await told.findings()
    assert findings == []
    assert {each.position: each.by for each in redacted}[2] == "another officer"
    assert await told.giving_away() == [QUARANTINE]


async def test_an_erasure_beside_a_verification_is_no_finding(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = told.database.find

    async def late(collection: str, *query: Any, **rest: Any) -> list[Document]:  # noqa: ANN401
        if collection == facts_of(1):
            monkeypatch.undo()
            await forget(told.log, "acme", KEY, by="the officer")
        return await find(collection, *query, **rest)

    monkeypatch.setattr(told.database, "find", late)

    assert (await told.findings())[0] == []


async def test_another_event_that_differs_in_what_was_not_erased_is_new(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")
    other = DELIVERED[1].replace(b"Dear Ihor", b"Dear Ivan")

    receipt = await told.log.append([other])

    assert receipt.appended == 1


def test_a_stub_holds_nothing_that_can_be_erased() -> None:
    stubs = {
        stub_of(parse_body(body % name).value)
        for body in (DELIVERED[5].replace(NAME.encode(), b"%b"),)
        for name in (b"Olena", b"Ihor")
    }
    unknown = {
        stub_of(parse_body(b'{"eventName": "x", "companyId": 1, "id": "%b"}' % each).value)
        for each in (b"Olena", b"Ihor")
    }
    assert (len(stubs), len(unknown)) == (1, 1)


async def test_two_spellings_that_become_equal_are_two_events(new_log: EventLog) -> None:
    bodies = [a_call_event(phoneNumber=PHONE), a_call_event(phoneNumber=LOCAL)]
    await new_log.append(bodies)

    erased = await forget(new_log, "acme", str(phone_key(PHONE)), by="x")

    assert erased.events == 2
    assert (await Told(new_log).findings())[0] == []


async def test_a_second_erasure_finds_nothing(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")

    assert await survey(told.log, "acme", KEY) == Figures()


async def test_another_companys_client_with_the_same_values_stays(told: Told) -> None:
    body = a_call_event(companyId="other", phoneNumber=PHONE, clientSyncIdsToValues=PERSONS_PAIRS)
    receipt = await told.log.append([body])

    await forget(told.log, "acme", KEY, by="the officer")

    assert (await told.database.find_one(EVENTS, receipt.position) or {})["raw"] == body


async def test_the_audit_says_who_and_how_much_and_not_whom(told: Told) -> None:
    await forget(told.log, "acme", KEY, by="the officer")

    [audit] = await told.database.find(ERASURES, {})
    assert audit.keys() == {
        *("_id", "company", "by", "startedAt", "finishedAt"),
        *("events", "quarantined", "applications", "calls", "callbacks"),
    }
    assert (audit["by"], audit["events"], audit["quarantined"]) == ("the officer", 6, 1)


async def test_a_run_that_was_broken_off_goes_on_with_the_same_words(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = await told.links()
    monkeypatch.setattr(erasure, "_EVENTS_PER_TRANSACTION", 1)
    transact, calls = told.database.transaction, iter(range(100))

    async def crashing(work: Any) -> Any:  # noqa: ANN401 - a transaction's
        if next(calls) == 3:
            raise KeyboardInterrupt
        return await transact(work)

    monkeypatch.setattr(told.database, "transaction", crashing)
    with pytest.raises(KeyboardInterrupt):
        await forget(told.log, "acme", KEY, by="the officer")
    monkeypatch.undo()

    with pytest.raises(ErasureError, match="under way"):
        await forget(told.log, "acme", KEY, by="another")
    with pytest.raises(ReindexError):
        await anext(reindex(told.database, zone=told.log.zone))
    erased = await resume(told.log)

    assert erased.events == 6
    assert await told.links() == links
    assert await told.giving_away() == []
    with pytest.raises(ErasureError, match="no erasure"):
        await resume(told.log)


async def test_no_transaction_waits_for_the_redaction_of_an_event(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, redact, waited = told.database.transaction, Redactor.redact, list[bool]()
    depth = 0

    async def noted(work: Any) -> Any:  # noqa: ANN401 - a transaction's
        nonlocal depth
        depth += 1
        done = await transact(work)
        depth -= 1
        return done

    def redacted(self: Redactor, raw: bytes) -> Redacted | None:
        waited.append(depth > 0)
        return redact(self, raw)

    monkeypatch.setattr(told.database, "transaction", noted)
    monkeypatch.setattr(Redactor, "redact", redacted)
    await forget(told.log, "acme", KEY, by="the officer")

    assert set(waited) == {False}


async def test_an_event_that_another_changes_meanwhile_is_redacted_anew(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, links = told.database.transaction, await told.links()

    async def overtaken(work: Any) -> Any:  # noqa: ANN401 - a transaction's
        monkeypatch.undo()
        assert (await resume(told.log)).events == 6
        return await transact(work)

    monkeypatch.setattr(told.database, "transaction", overtaken)
    erased = await forget(told.log, "acme", KEY, by="the officer")

    assert erased.events == 6
    assert await told.links() == links
    assert (await told.findings())[0] == []
    assert await told.giving_away() == []


async def test_a_run_that_was_killed_at_its_very_end_can_be_ended(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert = Transaction.upsert

    def killed(self: Transaction, collection: str, updates: Any) -> None:  # noqa: ANN401 - updates
        if collection == COUNTERS:
            raise KeyboardInterrupt
        upsert(self, collection, updates)

    monkeypatch.setattr(Transaction, "upsert", killed)
    with pytest.raises(KeyboardInterrupt):
        await forget(told.log, "acme", KEY, by="the officer")
    monkeypatch.undo()

    assert (await resume(told.log)).events == 6
    await forget(told.log, "acme", pair_key("externalId", "client-0815"), by="the officer")


async def test_no_erasure_begins_while_the_facts_are_rebuilt(told: Told) -> None:
    await told.database.update(COUNTERS, {"_id": "log"}, {"$set": {"generations": [1, 2]}})

    with pytest.raises(ErasureError, match="reindex"):
        await forget(told.log, "acme", KEY, by="x")

    assert await told.database.find(ERASURES, {}) == []


async def test_events_that_come_meanwhile_are_found_by_another_pass(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, late = (
        told.database.transaction,
        iter([a_call_event(statisticId=77, phoneNumber=PHONE)]),
    )

    async def joined(work: Any) -> Any:  # noqa: ANN401 - a transaction's
        done = await transact(work)
        for body in late:
            await told.log.append([body])
        return done

    monkeypatch.setattr(told.database, "transaction", joined)
    erased = await forget(told.log, "acme", KEY, by="the officer")

    assert erased.events == 7
    assert await told.giving_away() == []


async def test_events_that_come_behind_a_search_are_found_by_the_next(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, late = (
        Search.positions,
        iter([a_call_event(statisticId=1, campaignId="c1", errorMessage="Olena was angry")]),
    )

    async def joined(self: Search, person: Person) -> set[int]:
        found = await search(self, person)
        for body in late:
            await told.log.append([body])
        return found

    monkeypatch.setattr(Search, "positions", joined)
    erased = await forget(told.log, "acme", KEY, by="the officer")

    assert erased.events == 7
    assert await told.giving_away() == []


async def test_appends_beside_an_erasure_leave_no_hole_and_no_trace(told: Told) -> None:
    bodies = [
        a_call_event(statisticId=100 + number, campaignId="c1", phoneNumber=PHONE)
        for number in range(60)
    ]

    async def append() -> None:
        for body in bodies:
            await told.log.append([body])

    await asyncio.gather(append(), forget(told.log, "acme", KEY, by="the officer"))
    await forget(told.log, "acme", str(phone_key(PHONE)), by="the officer")

    assert await told.giving_away() == []
    assert (await told.log.head()).position == 68
    assert (await told.findings())[0] == []


async def test_an_export_carries_the_mark_and_an_import_takes_it(
    told: Told,
) -> None:
    await forget(told.log, "acme", KEY, by="the officer")
    lines = [line async for batch in export_lines(told.database, up_to=8) for line in batch]
    before, marks = await told.database.find(EVENTS, {}), await told.findings()
    await told.database.drop()
    fresh = EventLog(told.database)
    await fresh.prepare()

    await import_lines(fresh, [read_line(line) for line in lines])

    assert await told.database.find(EVENTS, {}) == before
    assert await told.findings() == marks
    assert await import_lines(fresh, [read_line(line) for line in lines]) == 0
    async with fresh.writing():
        assert (await fresh.append(DELIVERED)).duplicates == 7


async def test_an_export_from_before_does_not_bring_the_person_back(told: Told) -> None:
    lines = [line async for batch in export_lines(told.database, up_to=8) for line in batch]
    await forget(told.log, "acme", KEY, by="the officer")

    with pytest.raises(LogLineError, match="position 2"):
        await import_lines(told.log, [read_line(line) for line in lines])

    assert await told.giving_away() == []


async def test_a_value_that_another_client_carries_too_stays_with_the_other(told: Told) -> None:
    family = an_application(
        id="a3", nextPhoneNumber=PHONE, clientSyncIdsToValues={"externalId": "client-3000"}
    )
    receipt = await told.log.append([a_tac_event(family)])

    erased = await forget(told.log, "acme", KEY, by="the officer")

    assert erased.shared == 2
    assert (await told.event(receipt.position))["tac"] == [family]
    assert (await told.event(2))["tac"][1]["nextPhoneNumber"] != PHONE


@pytest.mark.parametrize(
    "spelled", ["(050) 123-45-67", "0501234567", "00 38 050 123 45 67", "380.50.123.45.67"]
)
async def test_the_phone_is_found_in_other_spellings(told: Told, spelled: str) -> None:
    body = a_call_event(statisticId=50, phoneNumber="5550100", errorMessage=f"no answer: {spelled}")
    receipt = await told.log.append([body])

    await forget(told.log, "acme", KEY, by="the officer")

    assert is_pseudonym((await told.event(receipt.position))["errorMessage"])


async def test_a_longer_number_with_the_same_digits_inside_is_another(told: Told) -> None:
    body = a_call_event(statisticId=50, phoneNumber="99938050123456", errorMessage=f"9{PHONE[1:]}9")
    receipt = await told.log.append([body])

    await forget(told.log, "acme", KEY, by="the officer")

    assert await told.event(receipt.position) == json.loads(body)


async def test_a_value_in_an_id_is_told_because_ids_stay(told: Told) -> None:
    receipt = await told.log.append([a_call_event(statisticId=CLIENT, operatorId="7")])

    assert (await survey(told.log, "acme", KEY)).left == {receipt.position}


async def test_a_rejected_body_keeps_its_reason_and_its_count(told: Told) -> None:
    [before] = await told.database.find(QUARANTINE, {})

    await forget(told.log, "acme", KEY, by="the officer")

    [after] = await told.database.find(QUARANTINE, {})
    assert [after[name] for name in ("company", "code", "count", "receivedAt")] == [
        before[name] for name in ("company", "code", "count", "receivedAt")
    ]
    assert after["_id"] != before["_id"]


async def every(states: Sequence[State]) -> list[State]:
    return list(states)


async def nothing(states: Sequence[State]) -> None:
    del states


async def test_no_process_answers_from_what_it_kept_from_before(told: Told) -> None:
    other = EventLog(told.database)

    async def seen() -> tuple[object, object]:
        head = await other.head()
        moment = Moment(head.position, None, head.generation, head.redactions)
        view = BoardedView(
            other.database,
            "acme",
            moment,
            datetime.now(UTC),
            other.boards,
            other.cache,
        )
        states = await view.states("application", [A1])
        boards = await other.boards.read(view, [C1], first_phones)
        return states[A1].data["nextPhoneNumber"], boards

    async def first_phones(board: Any) -> list[object]:  # noqa: ANN401 - a board
        listing = Listing("application", {}, None, descending=False, accept=every, prepare=nothing)
        page = await board.page(listing, Slice(10), None)
        return [state.data["nextPhoneNumber"] for state in page.states]

    before = await seen()
    assert before[0] == PHONE

    await forget(told.log, "acme", KEY, by="the officer")

    after = await seen()
    assert is_pseudonym(after[0])
    assert PHONE not in str(after)


async def silent(collection: str) -> AsyncIterator[None]:
    """Stand for a change stream that tells of nothing."""
    del collection
    await asyncio.Event().wait()
    yield None


async def test_who_follows_is_not_told_what_was_known_before(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told.database, "updates", silent)
    other = EventLog(told.database)
    update = {"statisticId": 1, "campaignId": "c1"}
    async with other.writing(), a_follower(other, poll_seconds=60) as follower:
        changes = follower.subscribe(CALLS, company="acme", wanted={})
        first = asyncio.ensure_future(anext(changes))
        await until(lambda: follower.listening == 1)
        await other.append([a_call_event(**update, phoneNumber=LOCAL, calledCount=1)])
        before = (await first).state.data["phoneNumber"]

        await forget(told.log, "acme", KEY, by="the officer")
        await other.append([a_call_event(**update, calledCount=2)])
        after = (await anext(changes)).state.data["phoneNumber"]

    assert before == LOCAL
    assert is_pseudonym(after)
