"""The fold (D9, D10): the same state in Python, as a pipeline, and in any order of delivery."""

import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from factories import a_call_event, a_campaign_event, a_tac_event, an_application
from hypothesis import given, settings
from hypothesis import strategies as st

from store.body import parse_body
from store.collections import Document, facts_of
from store.facts import Kind
from store.fold import State, StatusEntry, empty_state, fold, fold_pipeline, state_of
from store.log import EventLog
from store.moment import Moment, fact_number
from store.rows import prepare

_START = datetime(2026, 1, 31, 10, tzinfo=UTC)
_RECEIVED_AT = datetime(2026, 2, 1, 10, tzinfo=UTC)
_companies = itertools.count(1)
_positions = itertools.count(1)


def rows_of(bodies: Sequence[bytes], positions: Sequence[int]) -> list[Document]:
    """The facts' rows of bodies at positions, of whatever things they speak."""
    rows: list[Document] = []
    for raw, position in zip(bodies, positions, strict=True):
        prepared = prepare(raw, parse_body(raw).value, _RECEIVED_AT, UTC)
        prepared.place(position)
        rows += prepared.facts
    return rows


def folded(bodies: Sequence[bytes], positions: Sequence[int] = ()) -> State:
    """The fold of bodies that speak of one thing."""
    rows = rows_of(bodies, positions or range(1, len(bodies) + 1))
    kind, company, key = rows[0]["kind"], rows[0]["company"], rows[0]["idKey"]
    assert {(row["kind"], row["idKey"]) for row in rows} == {(kind, key)}
    return fold(kind, company, key, rows)


def at(minute: int) -> str:
    return (_START + timedelta(minutes=minute)).isoformat()


def an_update(minute: int, **fields: object) -> bytes:
    return a_tac_event(an_application(**fields), eventCreationDate=at(minute))


def test_d10_for_each_field_the_last_event_that_carries_it_wins() -> None:
    state = folded(
        [
            an_update(1, status="NEW", calledCount=1, smsStatus="sent"),
            an_update(2, status="BUSY", calledCount=2),
            an_update(3, calledCount=3),
        ]
    )

    assert state.data == {"status": "BUSY", "calledCount": 3, "smsStatus": "sent"}


def test_d10_null_is_a_value() -> None:
    state = folded([an_update(1, status="NEW"), an_update(2, status=None)])

    assert state.data == {"status": None}


def test_d3_what_cannot_be_read_wins_as_null() -> None:
    state = folded([an_update(1, nextCall="2026-02-01"), an_update(2, nextCall="tomorrow")])

    assert state.data == {"nextCall": None}


def test_d10_client_sync_ids_are_one_field() -> None:
    state = folded(
        [
            an_update(1, clientSyncIdsToValues={"crm": "1", "erp": "2"}),
            an_update(2, clientSyncIdsToValues={"crm": "3"}),
        ]
    )

    assert state.data == {"clientSyncIds": [["crm", "3"]]}


def test_d17_link_keys_of_all_events_are_kept() -> None:
    state = folded(
        [
            an_update(1, clientSyncIdsToValues={"crm": "1"}, nextPhoneNumber="050"),
            an_update(2, clientSyncIdsToValues={"crm": "2"}, nextPhoneNumber=None),
        ]
    )

    assert state.keys == {"s3:crm1", "s3:crm2", "p050"}


def test_d9_events_take_effect_by_their_dates_whatever_their_positions() -> None:
    state = folded([an_update(2, status="BUSY"), an_update(1, status="NEW")])

    assert state.data["status"] == "BUSY"
    assert [entry.status for entry in state.statuses] == ["NEW", "BUSY"]


def test_d9_events_of_one_date_take_effect_by_their_positions() -> None:
    state = folded([an_update(1, status="NEW"), an_update(1, status="BUSY")], [9, 8])

    assert state.data["status"] == "NEW"


def test_d9_one_id_twice_in_an_event_is_merged_in_order() -> None:
    body = a_tac_event(an_application(status="NEW", calledCount=1), an_application(status="BUSY"))

    assert folded([body]).data == {"status": "BUSY", "calledCount": 1}


def test_statuses_say_when_and_by_which_fact() -> None:
    bodies = [
        a_campaign_event(status="paused", eventCreationDate=at(1)),
        a_campaign_event(eventCreationDate=at(2)),
        a_campaign_event(status="Odd", eventCreationDate=at(3)),
    ]

    assert folded(bodies).statuses == [
        StatusEntry(_START + timedelta(minutes=1), fact_number(1, 0), "PAUSED", "paused"),
        StatusEntry(_START + timedelta(minutes=3), fact_number(3, 0), None, "Odd"),
    ]


def test_the_results_of_calls_are_no_statuses() -> None:
    assert folded([a_call_event(status="successful")]).statuses == []


def test_states_that_were_read_share_the_names_of_their_fields() -> None:
    """The driver makes each anew; together they are a third of what a state takes."""
    states = [
        state_of("call", "acme", {"_id": "c", "data": json.loads('{"phoneNumber": "1"}')})
        for _ in range(2)
    ]

    [mine, other] = [next(iter(state.data)) for state in states]
    assert mine is other


def test_d15_of_a_thing_that_is_only_named_nothing_is_known() -> None:
    state = empty_state("campaign", "acme", "a7~")

    assert (state.id, state.data, state.statuses, state.keys) == ("7", {}, [], frozenset())


# Few ids, few dates and few values, so that they meet.
ids = st.sampled_from([1, "1", "x", "-2", "007"])
dates = st.sampled_from([at(minute) for minute in range(4)])
pairs = st.dictionaries(st.sampled_from(["crm", "erp"]), st.sampled_from(["1", "2"]))
APPLICATION_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "telemarketCampaignId": st.sampled_from([None, 1, "c"]),
    "status": st.sampled_from([None, "NEW", "odd", 5]),
    "nextCall": st.sampled_from([None, at(0), "rubbish"]),
    "hasRecall": st.sampled_from([None, True, 0]),
    "orderIndex": st.sampled_from([None, 1.5, {"a": [1]}]),
    "nextPhoneNumber": st.sampled_from([None, "050", "+1 (2)"]),
    "clientSyncIdsToValues": pairs,
}
applications = st.fixed_dictionaries({"id": ids}, optional=APPLICATION_FIELDS)
events = st.one_of(
    st.fixed_dictionaries(
        {"eventName": st.just("TACStatusUpdatedEvent"), "tac": st.lists(applications, max_size=3)}
    ),
    st.fixed_dictionaries(
        {"eventName": st.just("TelemarketCampaignStatusChangedEvent"), "campaignId": ids},
        optional={"status": st.sampled_from([None, "NEW", "paused", "odd", 5])},
    ),
    st.fixed_dictionaries(
        {"eventName": st.just("TelemarketStatisticsUpdatedEvent"), "statisticId": ids},
        optional={
            "campaignId": st.sampled_from([None, 1, "c"]),
            "status": st.sampled_from([None, "successful", "odd"]),
            "updatedDate": st.sampled_from([None, at(0), at(1)]),
            "generalCallDuration": st.sampled_from([None, 1, "00:01:30.5", "01:30"]),
            "phoneNumber": st.sampled_from([None, "050"]),
            "clientSyncIdsToValues": pairs,
        },
    ),
    st.fixed_dictionaries(
        {"eventName": st.just("TelemarketCallbackCreatedEvent"), "id": ids},
        optional={
            "applicationId": st.sampled_from([None, 1, "x"]),
            "recallAt": st.sampled_from([None, at(2)]),
            "phoneNumber": st.sampled_from([None, "050"]),
        },
    ),
)
logs = st.lists(st.tuples(events, dates), max_size=12)


def bodies_of(log: list[tuple[dict[str, object], str]], company: str) -> list[bytes]:
    return [
        json.dumps({**event, "companyId": company, "eventCreationDate": date}).encode()
        for event, date in log
    ]


def by_thing(rows: Sequence[Document]) -> dict[Kind, dict[str, list[Document]]]:
    grouped: dict[Kind, dict[str, list[Document]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        grouped[row["kind"]][row["idKey"]].append(row)
    return grouped


def folds(rows: Sequence[Document], company: str) -> dict[tuple[Kind, str], State]:
    return {
        (kind, key): fold(kind, company, key, mine)
        for kind, things in by_thing(rows).items()
        for key, mine in things.items()
    }


@settings(max_examples=60)
@given(written=logs, as_of=st.none() | st.integers(0, 3), left_out=st.integers(0, 3))
async def test_the_pipeline_folds_as_python_does(
    log: EventLog,
    written: list[tuple[dict[str, object], str]],
    as_of: int | None,
    left_out: int,
) -> None:
    company = f"fold-{next(_companies)}"
    positions = list(itertools.islice(_positions, len(written)))
    rows = rows_of(bodies_of(written, company), positions)
    await log.database.insert(facts_of(1), rows)
    last = (positions[-1] if positions else 0) - left_out
    until = None if as_of is None else _START + timedelta(minutes=as_of)

    piped = {}
    for kind, things in by_thing(rows).items():
        pipeline = fold_pipeline(company, kind, list(things), Moment(last, until))
        for found in await log.database.aggregate(facts_of(1), pipeline):
            piped[kind, found["_id"]] = state_of(kind, company, found)

    known = [
        row
        for row in rows
        if row["_id"] < fact_number(last + 1, 0) and (until is None or row["at"] <= until)
    ]
    assert piped == folds(known, company)


@given(written=logs, order=st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_read_does_not_matter(
    written: list[tuple[dict[str, object], str]], order: Random
) -> None:
    rows = rows_of(bodies_of(written, "acme"), range(1, len(written) + 1))
    shuffled = list(rows)
    order.shuffle(shuffled)

    assert folds(shuffled, "acme") == folds(rows, "acme")


@given(written=st.lists(events, max_size=10), order=st.data())
def test_d10_any_order_of_delivery_gives_the_same_state(
    written: list[dict[str, object]], order: st.DataObject
) -> None:
    dated = [(event, at(minute)) for minute, event in enumerate(written)]
    arrival = order.draw(st.permutations(range(1, len(written) + 1)))
    bodies = bodies_of(dated, "acme")

    straight = folds(rows_of(bodies, range(1, len(written) + 1)), "acme")
    disordered = folds(rows_of(bodies, arrival), "acme")

    assert disordered.keys() == straight.keys()
    for thing, state in straight.items():
        assert (disordered[thing].data, disordered[thing].keys) == (state.data, state.keys)
        assert [(entry.at, entry.status, entry.raw) for entry in disordered[thing].statuses] == [
            (entry.at, entry.status, entry.raw) for entry in state.statuses
        ]
