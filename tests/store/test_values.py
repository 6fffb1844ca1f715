"""Single values in every spelling (D4), and the names of enums (D11, D13)."""

import pytest

from store.body import parse_body
from store.names import (
    CALL_RESULTS,
    CALL_TYPES,
    CAMPAIGN_STATUSES,
    RECALL_DESCRIPTIONS,
    RECALL_TYPES,
    read_name,
)
from store.values import read_boolean, read_integer, read_seconds, read_text


def value_of(spelled: str) -> object:
    return parse_body(spelled.encode()).value


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ("65", 65.0),
        ("65.5", 65.5),
        ("0", 0.0),
        ("6.5e1", 65.0),
        ('"65"', 65.0),
        ('"007"', 7.0),
        ('"00:01:05"', 65.0),
        ('"01:05"', 65.0),
        ('"1:5"', 65.0),
        ('"01:00:00"', 3600.0),
        ('"00:90:75"', 5475.0),
        ('"100:00:00"', 360000.0),
    ],
)
def test_d4_a_duration_is_seconds_or_a_clock(spelled: str, read: float) -> None:
    assert read_seconds(value_of(spelled)) == read


@pytest.mark.parametrize(
    "spelled",
    [
        "null",
        "true",
        '""',
        '"long"',
        '"1:2:3:4"',
        '":05"',
        '"-5"',
        '"65s"',
        '"\u0661"',
        "[65]",
        "{}",
        "1e400",
        "9" * 5000,
        '"' + "9" * 5000 + '"',
        '"9:' + "9" * 5000 + '"',
    ],
)
def test_d4_any_other_duration_is_none(spelled: str) -> None:
    assert read_seconds(value_of(spelled)) is None


@pytest.mark.parametrize("spelled", ["true", '"true"', "1", '"1"', "1.0"])
def test_d4_what_is_true(spelled: str) -> None:
    assert read_boolean(value_of(spelled)) is True


@pytest.mark.parametrize("spelled", ["false", '"false"', "0", '"0"', "-0"])
def test_d4_what_is_false(spelled: str) -> None:
    assert read_boolean(value_of(spelled)) is False


@pytest.mark.parametrize("spelled", ["null", '"yes"', '""', "2", "0.5", "-1", "[]", "[true]", "{}"])
def test_d4_any_other_boolean_is_none(spelled: str) -> None:
    assert read_boolean(value_of(spelled)) is None


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ("5", 5),
        ("5.0", 5),
        ("5e1", 50),
        ("-5", -5),
        ("-0", 0),
        ('"5"', 5),
        ('"-5"', -5),
        ('"005"', 5),
        ("2147483647", 2147483647),
        ("-2147483648", -2147483648),
    ],
)
def test_d4_an_integer_is_a_whole_number_or_its_digits(spelled: str, read: int) -> None:
    assert read_integer(value_of(spelled)) == read


@pytest.mark.parametrize(
    "spelled",
    [
        "2147483648",
        "-2147483649",
        "1e999999999999",
        "9" * 5000,
        '"' + "9" * 5000 + '"',
        "5.5",
        "1e-1",
        "true",
        "null",
        '"five"',
        '"5.0"',
        '""',
        '"-"',
        '"\u0661"',
        "[5]",
        "{}",
    ],
)
def test_d4_any_other_integer_is_none(spelled: str) -> None:
    assert read_integer(value_of(spelled)) is None


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ('"x"', "x"),
        ('" x "', " x "),
        ('""', ""),
        ("1.50", "1.50"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        (r'"a\ud800"', "a\ufffd"),
        (r'"\ud83d\ude00"', "\U0001f600"),
    ],
)
def test_d4_a_text_is_kept_and_a_scalar_shows_its_json(spelled: str, read: str | None) -> None:
    assert read_text(value_of(spelled)) == read


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ('"NEW"', "NEW"),
        ('"stopped"', "STOPPED"),
        ('"IN_PROCESS"', "IN_PROCESS"),
        ('"inProcess"', "IN_PROCESS"),
        ('"In process"', "IN_PROCESS"),
        ('"in-process"', "IN_PROCESS"),
        ('"INPROCESS"', "IN_PROCESS"),
        ('" Paused. "', "PAUSED"),
        ('"FINISHED"', "FINISHED"),
    ],
)
def test_d11_the_statuses_of_a_campaign(spelled: str, read: str) -> None:
    assert read_name(value_of(spelled), CAMPAIGN_STATUSES) == read


@pytest.mark.parametrize("spelled", ['"PAUSE"', '""', "null", "1", "true", '["NEW"]', "{}"])
def test_d11_other_statuses_of_a_campaign_are_none(spelled: str) -> None:
    assert read_name(value_of(spelled), CAMPAIGN_STATUSES) is None


@pytest.mark.parametrize("spelled", ['"successful"', '"SUCCESSFUL"', "true", '"True"', "1", '"1"'])
def test_d13_what_is_successful(spelled: str) -> None:
    assert read_name(value_of(spelled), CALL_RESULTS) == "SUCCESSFUL"


@pytest.mark.parametrize(
    "spelled",
    [
        '"not successful"',
        '"NOT_SUCCESSFUL"',
        '"notSuccessful"',
        '"Unsuccessful"',
        "false",
        '"false"',
        "0",
        "0.0",
        '"0"',
    ],
)
def test_d13_what_is_not_successful(spelled: str) -> None:
    assert read_name(value_of(spelled), CALL_RESULTS) == "NOT_SUCCESSFUL"


@pytest.mark.parametrize("spelled", ['"Normal"', '"NORMAL"'])
def test_d13_what_is_a_normal_call(spelled: str) -> None:
    assert read_name(value_of(spelled), CALL_TYPES) == "NORMAL"


@pytest.mark.parametrize("spelled", ['"Callback"', '"call back"', '"CALL_BACK"'])
def test_d13_what_is_a_callback(spelled: str) -> None:
    assert read_name(value_of(spelled), CALL_TYPES) == "CALLBACK"


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ('"AUTO_CREATED"', "AUTO_CREATED"),
        ('"autoCreated"', "AUTO_CREATED"),
        ("0", "AUTO_CREATED"),
        ('"0"', "AUTO_CREATED"),
        ('"personal created"', "PERSONAL_CREATED"),
        ("1", "PERSONAL_CREATED"),
        ("1.0", "PERSONAL_CREATED"),
        ('"1"', "PERSONAL_CREATED"),
        ('"Completed"', "COMPLETED"),
        ("2", "COMPLETED"),
        ('"2"', "COMPLETED"),
    ],
)
def test_d13_the_recall_descriptions(spelled: str, read: str) -> None:
    assert read_name(value_of(spelled), RECALL_DESCRIPTIONS) == read


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ('"AUTO"', "AUTO"),
        ('"auto"', "AUTO"),
        ("0", "AUTO"),
        ('"0"', "AUTO"),
        ('"Personal"', "PERSONAL"),
        ("1", "PERSONAL"),
        ('"1"', "PERSONAL"),
    ],
)
def test_d13_the_recall_types(spelled: str, read: str) -> None:
    assert read_name(value_of(spelled), RECALL_TYPES) == read


@pytest.mark.parametrize(
    "spelled", ["3", "-1", '"-1"', '"1.0"', "0.5", '"01"', "true", '"---"', "null", "[0]"]
)
def test_d13_other_recall_descriptions_are_none(spelled: str) -> None:
    assert read_name(value_of(spelled), RECALL_DESCRIPTIONS) is None
