"""What a statistics event says of its call (D13)."""

from datetime import UTC, datetime

import pytest
from factories import a_call_event

from store.body import parse_body
from store.facts import Fact
from store.reader import KNOWN_FIELDS, read_event


def read(**fields: object) -> Fact:
    (fact,) = read_event(parse_body(a_call_event(**fields)).value)
    return fact


def test_d13_a_call_event_gives_every_field_that_it_carries() -> None:
    call = read(
        statisticId="s7",
        updatedDate="2026-01-31T09:59:00Z",
        campaignId=7,
        operatorId=12,
        phoneNumber="+380 50 123",
        operatorCallDuration=65,
        generalCallDuration="00:01:10",
        status="not successful",
        clientCallStatus="ANSWERED",
        operatorCallStatus=1,
        closeFormStatus="DONE",
        callType="Callback",
        recallDescription=1,
        recallType="AUTO",
        redirectionId="r1",
        hungupSide="CLIENT",
        externalId=1.50,
        errorMessage="busy",
        calledCount=2,
        clientSyncIdsToValues={"externalId": "x"},
    )

    assert call == Fact(
        "call",
        "s7",
        {
            "updatedDate": datetime(2026, 1, 31, 9, 59, tzinfo=UTC),
            "campaignId": "7",
            "operatorId": "12",
            "phoneNumber": "+380 50 123",
            "operatorCallDuration": 65.0,
            "generalCallDuration": 70.0,
            "status": "NOT_SUCCESSFUL",
            "statusRaw": "not successful",
            "clientCallStatus": "ANSWERED",
            "operatorCallStatus": "1",
            "closeFormStatus": "DONE",
            "callType": "CALLBACK",
            "callTypeRaw": "Callback",
            "recallDescription": "PERSONAL_CREATED",
            "recallDescriptionRaw": "1",
            "recallType": "AUTO",
            "recallTypeRaw": "AUTO",
            "redirectionId": "r1",
            "hungupSide": "CLIENT",
            "externalId": "1.5",
            "errorMessage": "busy",
            "calledCount": 2,
            "clientSyncIds": [["externalId", "x"]],
        },
        ("p38050123", "s10:externalIdx"),
    )


def test_d10_what_the_event_does_not_carry_is_absent() -> None:
    assert read() == Fact("call", "s1", {})


def test_d10_an_explicit_null_is_a_value_in_every_field() -> None:
    envelope = {"eventName", "companyId", "eventCreationDate", "statisticId"}
    fields = KNOWN_FIELDS["TelemarketStatisticsUpdatedEvent"] - envelope

    call = read(**dict.fromkeys(fields))

    assert len(call.data) == 23
    assert {name for name, value in call.data.items() if value is not None} == {"clientSyncIds"}
    assert (call.data["clientSyncIds"], call.keys) == ([], ())


def test_d3_a_date_that_cannot_be_read_is_a_null() -> None:
    assert read(updatedDate="soon").data == {"updatedDate": None}


@pytest.mark.parametrize(
    ("status", "known", "raw"),
    [
        (True, "SUCCESSFUL", "true"),
        (0, "NOT_SUCCESSFUL", "0"),
        ("Unsuccessful", "NOT_SUCCESSFUL", "Unsuccessful"),
        ("pending", None, "pending"),
    ],
)
def test_d13_a_result_shows_its_spelling_beside(
    status: object, known: str | None, raw: str
) -> None:
    assert read(status=status).data == {"status": known, "statusRaw": raw}


@pytest.mark.parametrize("spelled", ["[1.50,  2]", '{"b": 1e2, "a":"\\u0041"}', "1.50", "[]"])
def test_d4_what_is_no_text_shows_its_json_as_spelled(spelled: str) -> None:
    body = a_call_event(hungupSide="here").replace(b'"here"', spelled.encode())

    (call,) = read_event(parse_body(body).value)

    assert call.data == {"hungupSide": spelled}


def test_d17_the_keys_are_the_pairs_and_the_phone_number_each_once_in_order() -> None:
    call = read(phoneNumber="12-34", clientSyncIdsToValues=[{"b": [2, 2.0]}, {"a": "x"}])

    assert call.keys == ("p1234", "s1:ax", "s1:b2")


def test_d17_a_phone_number_without_digits_is_no_key() -> None:
    assert read(phoneNumber="anonymous").keys == ()
