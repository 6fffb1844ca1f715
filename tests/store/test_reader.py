"""What every event says of itself (D1, D3, D6), and the open world (D5)."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import ABSENT, a_call_event, a_callback_event, a_campaign_event, a_tac_event
from hypothesis import given
from hypothesis import strategies as st

from store.body import digest, parse_body
from store.reader import KNOWN_FIELDS, Envelope, read_envelope, read_event
from store.rejections import (
    MissingCompanyIdError,
    MissingEventNameError,
    MissingIdError,
    NotAnObjectError,
    RejectedError,
)

RECEIVED_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["7", "2026-01-31", "successful", "01:05", "value", "id"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "value", "status", "a"]), inner, max_size=4)
    ),
    max_leaves=10,
)
ids = st.sampled_from(["a", "b", 1])
tac_elements = st.dictionaries(
    st.sampled_from(sorted(KNOWN_FIELDS["TACStatusUpdatedEvent"])), json_values
).map(lambda fields: {"id": "a", **fields})


def events_of(name: str) -> st.SearchStrategy[bytes]:
    fields = st.dictionaries(st.sampled_from(sorted(KNOWN_FIELDS[name])), json_values)
    about = st.fixed_dictionaries(
        {"companyId": ids, "eventName": st.just(name)},
        optional={"id": ids, "statisticId": ids, "campaignId": ids, "tac": st.lists(tac_elements)},
    )
    return st.tuples(fields, about).map(lambda both: json.dumps({**both[0], **both[1]}).encode())


def envelope_of(body: bytes) -> Envelope:
    return read_envelope(parse_body(body).value, received_at=RECEIVED_AT)


def test_an_envelope_says_what_whose_and_when() -> None:
    body = a_campaign_event(companyId=7, eventCreationDate="2026-01-31T13:00:00.5+03:00")

    assert envelope_of(body) == Envelope(
        event_name="TelemarketCampaignStatusChangedEvent",
        company_id="7",
        occurred_at=datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC),
        occurred_at_source="EVENT",
    )


@pytest.mark.parametrize("date", [ABSENT, None, "soon", -1, [], "2026-02-01T12:00:00.001Z"])
def test_d3_without_a_date_to_trust_the_receipt_counts(date: object) -> None:
    envelope = envelope_of(a_campaign_event(eventCreationDate=date))

    assert (envelope.occurred_at, envelope.occurred_at_source) == (RECEIVED_AT, "RECEIVED")


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=24), timedelta(days=-9000)])
def test_d3_a_date_up_to_a_day_ahead_is_trusted(ahead: timedelta) -> None:
    date = RECEIVED_AT + ahead

    envelope = envelope_of(a_campaign_event(eventCreationDate=date.isoformat()))

    assert (envelope.occurred_at, envelope.occurred_at_source) == (date, "EVENT")


def test_d3_a_date_without_a_zone_is_on_the_configured_clock() -> None:
    value = parse_body(a_call_event(eventCreationDate="2026-01-31 10:00", updatedDate="20260131"))

    kyiv = ZoneInfo("Europe/Kyiv")
    envelope = read_envelope(value.value, received_at=RECEIVED_AT, zone=kyiv)
    (call,) = read_event(value.value, zone=kyiv)

    assert envelope.occurred_at == datetime(2026, 1, 31, 8, tzinfo=UTC)
    assert call.data["updatedDate"] == datetime(2026, 1, 30, 22, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"true"])
def test_d6_what_is_no_object_is_rejected(body: bytes) -> None:
    with pytest.raises(NotAnObjectError) as rejection:
        envelope_of(body)

    assert rejection.value.code == "NOT_AN_OBJECT"


@pytest.mark.parametrize("name", [ABSENT, None, "", " ", 7, True, [], {}])
def test_d6_an_event_without_a_name_is_rejected(name: object) -> None:
    with pytest.raises(MissingEventNameError) as rejection:
        envelope_of(a_campaign_event(eventName=name))

    assert rejection.value.code == "MISSING_EVENT_NAME"


@pytest.mark.parametrize("company", [ABSENT, None, "", " ", 7.5, True, [], {}])
def test_d6_an_event_without_a_company_is_rejected(company: object) -> None:
    with pytest.raises(MissingCompanyIdError) as rejection:
        envelope_of(a_campaign_event(companyId=company))

    assert rejection.value.code == "MISSING_COMPANY_ID"


@pytest.mark.parametrize("given_id", [ABSENT, None, "", " ", 7.5, True, [], {}])
@pytest.mark.parametrize(
    "body_of",
    [
        lambda each: a_campaign_event(campaignId=each),
        lambda each: a_call_event(statisticId=each),
        lambda each: a_callback_event(id=each),
        lambda each: a_tac_event(tac=ABSENT, id=each),
        lambda each: a_tac_event({"id": "a1"}, {} if each is ABSENT else {"id": each}),
    ],
    ids=["campaign", "call", "callback", "application", "element"],
)
def test_d6_a_known_event_without_its_id_is_rejected(
    body_of: Callable[[object], bytes], given_id: object
) -> None:
    with pytest.raises(MissingIdError) as rejection:
        read_event(parse_body(body_of(given_id)).value)

    assert rejection.value.code == "MISSING_ID"


def test_d6_a_rejection_tells_the_sender_what_to_do() -> None:
    with pytest.raises(RejectedError, match="send `statisticId`") as rejection:
        read_event(parse_body(a_call_event(statisticId=ABSENT)).value)

    assert rejection.value.message == str(rejection.value)


@pytest.mark.parametrize("name", ["SomethingNewEvent", "tacstatusupdatedevent", " "])
def test_d5_an_unknown_event_says_nothing(name: str) -> None:
    assert read_event(parse_body(a_campaign_event(eventName=name)).value) == []


def test_d5_unknown_fields_change_nothing() -> None:
    plain, more = a_call_event(status="successful"), a_call_event(status="successful", new=[{}])

    assert read_event(parse_body(more).value) == read_event(parse_body(plain).value)


def test_d7_of_a_repeated_field_the_last_is_read() -> None:
    body = (
        b'{"eventName": "TelemarketCampaignStatusChangedEvent", "companyId": "acme", '
        b'"campaignId": "c1", "status": "NEW", "campaignId": "c2", "status": ["PAUSED" ]}'
    )

    (campaign,) = read_event(parse_body(body).value)

    assert campaign.id == "c2"
    assert campaign.data == {"status": None, "statusRaw": '["PAUSED" ]'}


@given(st.one_of([events_of(name) for name in KNOWN_FIELDS]))
def test_d5_no_event_raises_anything_but_a_rejection(body: bytes) -> None:
    value = parse_body(body).value

    with suppress(RejectedError):
        facts = read_event(value)
        assert len({(fact.kind, fact.id) for fact in facts}) == len(facts)
        assert all(list(fact.keys) == sorted(set(fact.keys)) for fact in facts)
    assert len(digest(value)) == 16


@given(json_values)
def test_d6_no_body_raises_anything_but_a_rejection(value: object) -> None:
    with suppress(RejectedError):
        envelope_of(json.dumps(value).encode())


def test_the_fields_that_the_source_documents_are_known() -> None:
    assert {name: len(fields) for name, fields in KNOWN_FIELDS.items()} == {
        "TelemarketCampaignStatusChangedEvent": 5,
        "TACStatusUpdatedEvent": 24,
        "TelemarketStatisticsUpdatedEvent": 23,
        "TelemarketCallbackCreatedEvent": 14,
    }
