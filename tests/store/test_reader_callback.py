"""What a callback event says of its callback and of the application (D14, D15)."""

from datetime import UTC, datetime

import pytest
from factories import ABSENT, a_callback_event

from store.body import parse_body
from store.facts import Fact
from store.reader import KNOWN_FIELDS, read_event


def read(**fields: object) -> list[Fact]:
    return read_event(parse_body(a_callback_event(**fields)).value)


def test_d14_a_callback_event_gives_every_field_that_it_carries() -> None:
    callback, application = read(
        id="b7",
        createdAt="2026-01-31T10:00:00Z",
        autorecall="true",
        description="later",
        name="Ann",
        phoneNumber="+1 23",
        recallAt=1700000000,
        recallStatus="AUTO_CREATED",
        operatorId=12,
        applicationId="a7",
        clientSyncIdsToValues=[{"externalId": "x"}],
    )

    assert callback == Fact(
        "callback",
        "b7",
        {
            "applicationId": "a7",
            "createdAt": datetime(2026, 1, 31, 10, tzinfo=UTC),
            "autorecall": True,
            "description": "later",
            "name": "Ann",
            "phoneNumber": "+1 23",
            "recallAt": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
            "recallStatus": "AUTO_CREATED",
            "recallStatusRaw": "AUTO_CREATED",
            "operatorId": "12",
            "clientSyncIds": [["externalId", "x"]],
        },
        ("p123",),
    )
    assert application == Fact("application", "a7", {})


def test_d15_the_application_that_a_callback_names_exists() -> None:
    _, application = read(applicationId=7)

    assert application == Fact("application", "7", {})


@pytest.mark.parametrize("application_id", [ABSENT, None, "", 7.5, {}])
def test_d15_a_callback_that_names_no_application_stands_alone(application_id: object) -> None:
    (fact,) = read(applicationId=application_id, phoneNumber="123")

    assert fact.kind == "callback"


def test_d17_a_phone_number_without_digits_is_no_key() -> None:
    (callback,) = read(phoneNumber="anonymous")

    assert callback.keys == ()


def test_d10_what_the_event_does_not_carry_is_absent() -> None:
    assert read() == [Fact("callback", "b1", {})]


def test_d10_an_explicit_null_is_a_value_in_every_field() -> None:
    envelope = {"eventName", "companyId", "eventCreationDate", "id"}
    fields = KNOWN_FIELDS["TelemarketCallbackCreatedEvent"] - envelope

    (callback,) = read(**dict.fromkeys(fields))

    assert len(callback.data) == 11
    assert {name for name, each in callback.data.items() if each is not None} == {"clientSyncIds"}


@pytest.mark.parametrize(
    ("status", "known", "raw"),
    [
        (2, "COMPLETED", "2"),
        ("personal-created", "PERSONAL_CREATED", "personal-created"),
        ("DONE", None, "DONE"),
    ],
)
def test_d14_a_recall_status_is_read_like_a_recall_description(
    status: object, known: str | None, raw: str
) -> None:
    (callback,) = read(recallStatus=status)

    assert callback.data == {"recallStatus": known, "recallStatusRaw": raw}
