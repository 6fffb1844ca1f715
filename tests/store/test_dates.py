"""Dates in every spelling (D3)."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.dates import read_date
from store.numbers import Number

KYIV = ZoneInfo("Europe/Kyiv")


def at(*parts: int, ms: int = 0) -> datetime:
    return datetime(*parts, microsecond=ms * 1000, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-01-31T10:15:30Z", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31 10:15:30Z", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31t10:15:30z", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31T10:15:30", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31 10:15:30", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31T10:15", at(2026, 1, 31, 10, 15)),
        ("2026-01-31 10:15Z", at(2026, 1, 31, 10, 15)),
        ("2026-01-31T10", at(2026, 1, 31, 10)),
        ("2026-01-31T10:15:30+03", at(2026, 1, 31, 7, 15, 30)),
        ("2026-01-31T10:15:30+0300", at(2026, 1, 31, 7, 15, 30)),
        ("2026-01-31T10:15:30+03:00", at(2026, 1, 31, 7, 15, 30)),
        ("2026-01-31 10:15:30-05:30", at(2026, 1, 31, 15, 45, 30)),
        ("2026-01-31T10:15:30-00:00", at(2026, 1, 31, 10, 15, 30)),
        ("2026-01-31T10:15+03", at(2026, 1, 31, 7, 15)),
        ("2026-01-31T10:15:30.5Z", at(2026, 1, 31, 10, 15, 30, ms=500)),
        ("2026-01-31T10:15:30,05Z", at(2026, 1, 31, 10, 15, 30, ms=50)),
        ("2026-01-31T10:15:30.123999999Z", at(2026, 1, 31, 10, 15, 30, ms=123)),
        ("2026-01-31T10:15:30.1234567+02:00", at(2026, 1, 31, 8, 15, 30, ms=123)),
        ("2026-01-31T10:15:60Z", at(2026, 1, 31, 10, 16)),
        ("2026-12-31T23:59:60Z", at(2027, 1, 1)),
        ("2026-01-31T10:15:60.5Z", at(2026, 1, 31, 10, 16, ms=500)),
        ("2026-01-31T24:00:00Z", at(2026, 2, 1)),
        ("2026-01-31", at(2026, 1, 31)),
        ("20260131", at(2026, 1, 31)),
        ("20260131T101530Z", at(2026, 1, 31, 10, 15, 30)),
        ("20260131T101530.25+0300", at(2026, 1, 31, 7, 15, 30, ms=250)),
        ("20260131 1015", at(2026, 1, 31, 10, 15)),
        ("2026-W05-6T10:15", at(2026, 1, 31, 10, 15)),
        (" 2026-01-31T10:15:30Z\n", at(2026, 1, 31, 10, 15, 30)),
        ("2024-02-29", at(2024, 2, 29)),
        ("0001-01-01", at(1, 1, 1)),
        ("9999-12-31T23:59:59.999Z", at(9999, 12, 31, 23, 59, 59, ms=999)),
    ],
)
def test_d3_iso_8601_is_read(text: str, read: datetime) -> None:
    assert read_date(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1700000000", at(2023, 11, 14, 22, 13, 20)),
        ("17000000000", at(2508, 9, 16, 6, 13, 20)),
        ("99999999999", at(5138, 11, 16, 9, 46, 39)),
        ("100000000000", at(1973, 3, 3, 9, 46, 40)),
        ("1700000000123", at(2023, 11, 14, 22, 13, 20, ms=123)),
        ("1700000000.5", at(2023, 11, 14, 22, 13, 20, ms=500)),
        ("1700000000.1239", at(2023, 11, 14, 22, 13, 20, ms=123)),
        ("1700000000123.9", at(2023, 11, 14, 22, 13, 20, ms=123)),
        ("0000000001", at(1970, 1, 1, 0, 0, 1)),
    ],
)
def test_d3_an_epoch_is_read_as_a_number_and_as_text(text: str, read: datetime) -> None:
    assert (read_date(text), read_date(Number(text))) == (read, read)


@pytest.mark.parametrize(
    ("number", "read"),
    [
        ("0", at(1970, 1, 1)),
        ("-0", at(1970, 1, 1)),
        ("-0.0", at(1970, 1, 1)),
        ("0.5", at(1970, 1, 1, ms=500)),
        ("0.0009", at(1970, 1, 1)),
        ("1e-99999999999999999999999", at(1970, 1, 1)),
        ("1.7e9", at(2023, 11, 14, 22, 13, 20)),
        ("20260131", at(1970, 8, 23, 11, 48, 51)),
        ("99999999999.9999", at(5138, 11, 16, 9, 46, 39, ms=999)),
        ("1e11", at(1973, 3, 3, 9, 46, 40)),
        ("253402300799999", at(9999, 12, 31, 23, 59, 59, ms=999)),
    ],
)
def test_d3_any_number_that_is_not_negative_is_an_epoch(number: str, read: datetime) -> None:
    assert read_date(Number(number)) == read


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "2026-02-30",
        "2026-13-01",
        "2026-01-31T25:00",
        "2026-01-31T24:00:01",
        "2026-01-31T10:60",
        "2026-01-31T10:15:61",
        "2026-01-31T10:15:30+24:00",
        "2026-01-31T10:15:30+03:60",
        "2026-01-31T10:15:30 Europe/Kyiv",
        "2026-01-31X10:15:30",
        "2026-01-31T10:15:30.",
        "2026-0131",
        "2026-W05",
        "2026-W60-1",
        "2026-01-31T10:1530",
        "31.01.2026",
        "01/31/2026",
        "0000-01-01",
        "10000-01-01",
        "0001-01-01T00:00+01:00",
        "9999-12-31T23:59:60Z",
        "20261345",
        "202601",
        "170000000",
        "20260131101530",
        "-1700000000",
        "+1700000000",
        "1700000000.",
        "\u0661700000000",
        "\u0662026-01-31",
        Number("-1"),
        Number("-0.001"),
        Number("253402300800000"),
        Number("1e999"),
        Number("1e" + "9" * 5000),
        True,
        False,
        None,
        [],
        {},
    ],
)
def test_d3_what_cannot_be_read_is_none(value: object) -> None:
    assert read_date(value) is None


@pytest.mark.parametrize(
    ("zone", "text", "read"),
    [
        (KYIV, "2026-01-31 10:00:00", at(2026, 1, 31, 8)),
        (KYIV, "2026-07-31 10:00:00", at(2026, 7, 31, 7)),
        (KYIV, "2026-01-31", at(2026, 1, 30, 22)),
        (KYIV, "2026-01-31T10:00:00Z", at(2026, 1, 31, 10)),
        (KYIV, "2026-01-31T10:00:00+05:00", at(2026, 1, 31, 5)),
        (KYIV, "1700000000", at(2023, 11, 14, 22, 13, 20)),
        (timezone(timedelta(hours=-3)), "20260131", at(2026, 1, 31, 3)),
    ],
)
def test_d3_without_a_zone_the_configured_one_holds(
    zone: tzinfo, text: str, read: datetime
) -> None:
    assert read_date(text, zone) == read


@pytest.mark.parametrize("zone", [KYIV, ZoneInfo("America/New_York"), UTC])
@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59"])
def test_d3_the_ends_of_time_raise_nothing(zone: tzinfo, text: str) -> None:
    read = read_date(text, zone)

    assert read is None or read.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001
def test_d3_python_and_the_reader_agree(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)

    assert read_date(moment.isoformat()) == cut


@given(st.text() | st.from_regex(r"[0-9TWZ:., +-]{0,30}", fullmatch=True))
def test_d3_no_text_raises(text: str) -> None:
    read = read_date(text, KYIV)

    assert read is None or read.tzinfo is UTC


def test_a_number_is_read_in_time_in_proportion_to_its_length() -> None:
    """An exponent of 800,000 digits kept the whole server busy for 16 seconds."""

    def seconds(work: Callable[[], object]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    long = Number("1e-" + "9" * 400_000)

    assert read_date(long) == datetime(1970, 1, 1, tzinfo=UTC)
    assert seconds(lambda: read_date(long)) < seconds(lambda: int(Decimal("9" * 100_000)))
