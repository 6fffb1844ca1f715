"""What a TAC event says of its applications (D12, D15)."""

import time
from datetime import UTC, datetime

import pytest
from factories import ABSENT, a_tac_event, an_application

from store.body import parse_body
from store.facts import Fact
from store.reader import KNOWN_FIELDS, read_event
from store.rejections import MissingIdError, TooManyElementsError


def read(*applications: object, **fields: object) -> list[Fact]:
    return read_event(parse_body(a_tac_event(*applications, **fields)).value)


def test_d12_an_element_gives_every_field_that_it_carries() -> None:
    application = {
        "id": "a7",
        "telemarketCampaignId": 7,
        "orderIndex": 1,
        "maxCallCount": 5,
        "calledCount": "2",
        "callPriorityIndex": 1.5,
        "telemarketClientParentId": "p1",
        "status": "WAITING",
        "lastCall": "2026-01-31T10:00:00Z",
        "nextCall": None,
        "nextPhoneNumber": "+1 23",
        "smsStatus": "SENT",
        "smsMessage": "hello",
        "errorMessage": None,
        "ccprojectCallStatus": "OK",
        "ccprojectStatusCalledCount": {"a": [1, 2]},
        "agiProcessing": "on",
        "hasRecall": True,
        "processable": 0,
        "clientSyncIdsToValues": [{"id": "externalId", "value": "x"}],
    }

    assert read(application) == [
        Fact(
            "application",
            "a7",
            {
                "campaignId": "7",
                "orderIndex": "1",
                "maxCallCount": 5,
                "calledCount": 2,
                "callPriorityIndex": "1.5",
                "telemarketClientParentId": "p1",
                "status": "WAITING",
                "lastCall": datetime(2026, 1, 31, 10, tzinfo=UTC),
                "nextCall": None,
                "nextPhoneNumber": "+1 23",
                "smsStatus": "SENT",
                "smsMessage": "hello",
                "errorMessage": None,
                "ccprojectCallStatus": "OK",
                "ccprojectStatusCalledCount": '{"a": [1, 2]}',
                "agiProcessing": '"on"',
                "hasRecall": True,
                "processable": False,
                "clientSyncIds": [["externalId", "x"]],
            },
            ("p123", "s10:externalIdx"),
        ),
    ]


def test_d12_every_element_is_an_application_in_order() -> None:
    facts = read({"id": "a2", "status": "NEW"}, {"id": 1}, {"id": "a3"})

    assert [(fact.kind, fact.id, fact.data) for fact in facts] == [
        ("application", "a2", {"status": "NEW"}),
        ("application", "1", {}),
        ("application", "a3", {}),
    ]


def test_d12_fields_beside_tac_are_not_inherited() -> None:
    assert read({"id": "a1"}, status="NEW", telemarketCampaignId="c1") == [
        Fact("application", "a1", {}),
    ]


def test_d12_tac_may_be_one_object() -> None:
    assert read(tac={"id": "a1", "status": ["x"]}) == [
        Fact("application", "a1", {"status": '["x"]'}),
    ]


@pytest.mark.parametrize("tac", [ABSENT, None])
def test_d12_without_tac_the_parameters_at_top_level_are_the_application(tac: object) -> None:
    assert read(tac=tac, id="a1", status=["x"], telemarketCampaignId="c1") == [
        Fact("application", "a1", {"status": '["x"]', "campaignId": "c1"}),
    ]


def test_d12_an_empty_tac_says_nothing() -> None:
    assert read(tac=[], id="a1", status="NEW") == []


@pytest.mark.parametrize("element", [None, "a1", 7, True, [], [{"id": "a1"}]])
def test_d6_an_element_that_is_no_object_is_rejected(element: object) -> None:
    with pytest.raises(MissingIdError):
        read({"id": "a1"}, element)


@pytest.mark.parametrize("tac", ["a1", 7, True, False, {}, ""])
def test_d6_a_tac_that_holds_no_application_is_rejected(tac: object) -> None:
    with pytest.raises(MissingIdError):
        read(tac=tac, id="a1")


def test_d10_an_explicit_null_is_a_value_in_every_field() -> None:
    envelope = {"eventName", "companyId", "eventCreationDate", "tac", "id"}
    fields = KNOWN_FIELDS["TACStatusUpdatedEvent"] - envelope

    (application,) = read(an_application(**dict.fromkeys(fields)))

    assert len(application.data) == 19
    carried = {name for name, each in application.data.items() if each is not None}
    assert (carried, application.keys) == ({"clientSyncIds"}, ())


def test_d5_the_fields_without_a_meaning_keep_their_json_as_spelled() -> None:
    body = a_tac_event(an_application(orderIndex="a", agiProcessing="b"))
    body = body.replace(b'"a"', b"1.50").replace(b'"b"', b'{"x" :  "\\u0041\\ud800"}')

    (application,) = read_event(parse_body(body).value)

    assert application.data == {
        "orderIndex": "1.50",
        "agiProcessing": '{"x" :  "\\u0041\\ud800"}',
    }


def test_one_id_twice_is_merged_in_order_into_one_fact() -> None:
    facts = read(
        {"id": "7", "status": "NEW", "calledCount": 1, "nextPhoneNumber": "12"},
        {"id": "a8"},
        {"id": 7.0, "status": "DONE", "smsStatus": None, "clientSyncIdsToValues": {"a": "x"}},
    )

    assert facts == [
        Fact(
            "application",
            "7",
            {
                "status": "DONE",
                "calledCount": 1,
                "nextPhoneNumber": "12",
                "smsStatus": None,
                "clientSyncIds": [["a", "x"]],
            },
            ("p12", "s1:ax"),
        ),
        Fact("application", "a8", {}),
    ]


def test_d15_a_campaign_that_only_overridden_elements_name_exists() -> None:
    application, *campaigns = read(
        *[{"id": "a1", "telemarketCampaignId": each} for each in ["c1", "c2", "c1", None, "c3"]],
    )

    assert application.data == {"campaignId": "c3"}
    assert campaigns == [Fact("campaign", "c1", {}), Fact("campaign", "c2", {})]


def test_d15_a_campaign_that_an_application_names_has_no_fact_of_its_own() -> None:
    facts = read(
        {"id": "a1", "telemarketCampaignId": "c1"},
        {"id": "a1", "telemarketCampaignId": "c2"},
        {"id": "a2", "telemarketCampaignId": "c1"},
    )

    assert [(fact.kind, fact.id) for fact in facts] == [
        ("application", "a1"),
        ("application", "a2"),
    ]


def test_ten_thousand_elements_are_accepted() -> None:
    assert len(read(*[{"id": each} for each in range(10_000)])) == 10_000


def test_more_than_ten_thousand_elements_are_rejected() -> None:
    with pytest.raises(TooManyElementsError, match="10001") as rejection:
        read(*[{"id": "a1"}] * 10_001)

    assert rejection.value.code == "TOO_MANY_ELEMENTS"


def test_showing_json_as_spelled_takes_time_in_proportion() -> None:
    elements = [{"id": each, "status": ["x"], "orderIndex": "y"} for each in range(10_000)]
    value = parse_body(a_tac_event(*elements)).value

    started = time.process_time()
    facts = read_event(value)

    assert {fact.data["status"] for fact in facts} == {'["x"]'}
    assert time.process_time() - started < 5
