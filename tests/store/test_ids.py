"""Ids, and the order that they sort in (D1)."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.body import parse_body
from store.ids import id_key, id_of
from store.values import read_id

numerals = st.from_regex(re.compile(r"-?[0-9]{1,60}", re.ASCII), fullmatch=True)
ids = numerals | st.integers().map(str) | st.text(min_size=1)


def order(text: str) -> tuple[int, int, str]:
    """D1's order, said in another way."""
    if re.fullmatch(r"-?[0-9]+", text, re.ASCII):
        return (0, int(text), text)
    return (1, 0, text)


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ('"7"', "7"),
        ("7", "7"),
        ("7.0", "7"),
        ("70e-1", "7"),
        ("1e2", "100"),
        ("-7", "-7"),
        ("-0", "0"),
        ("-0.0e5", "0"),
        ('"7.0"', "7.0"),
        ('"007"', "007"),
        ('" 7 "', " 7 "),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1e999", "1" + "0" * 999),
        ('"' + "9" * 2000 + '"', "9" * 2000),
        (r'"a\ud800b"', "a\ufffdb"),
    ],
)
def test_d1_an_id_is_text_or_a_whole_number(spelled: str, read: str) -> None:
    assert read_id(parse_body(spelled.encode()).value) == read


@pytest.mark.parametrize(
    "spelled",
    [
        '""',
        '" \\t"',
        '"\u00a0"',
        "7.5",
        "1e-1",
        "true",
        "false",
        "null",
        "[]",
        "[7]",
        "{}",
        "1e1000",
        "9" * 1001,
        "1e" + "9" * 5000,
        "1e-" + "9" * 5000,
    ],
)
def test_d1_anything_else_is_no_id(spelled: str) -> None:
    assert read_id(parse_body(spelled.encode()).value) is None


def test_d1_ids_sort_by_value_and_then_by_text() -> None:
    in_order = ["-10", "-9", "-07", "-7", "-1", "-0", "-00", "0", "00", "007", "07", "7", "9", "10"]
    in_order += ["99", "100", "9" * 24, "1" + "0" * 24, "1" + "0" * 25, "9" * 200]
    in_order += [" 7", "+7", "-", "-7.0", "7.0", "7a", "A", "a", "a1", "z", "\u0661", "\U0001f600"]

    shuffled = random.Random(7).sample(in_order, len(in_order))

    assert sorted(shuffled, key=id_key) == in_order


@given(st.lists(ids))
def test_d1_keys_sort_as_ids_do(some: list[str]) -> None:
    assert sorted(some, key=id_key) == sorted(some, key=order)


@given(st.lists(ids))
def test_d1_keys_sort_the_same_as_utf_8_bytes(some: list[str]) -> None:
    assert sorted(some, key=lambda each: id_key(each).encode()) == sorted(some, key=id_key)


@pytest.mark.parametrize("long", ["0" * 1_000_000 + "x", "-" + "1" * 1_000_000 + " "])
def test_the_key_of_a_long_text_takes_time_in_proportion(long: str) -> None:
    assert id_of(id_key(long)) == long


@given(ids)
def test_the_id_is_got_back_from_its_key(some: str) -> None:
    assert id_of(id_key(some)) == some


@pytest.mark.parametrize("digits", [24, 25, 26, 99, 100, 5000])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("zeros", ["", "00"])
def test_the_id_is_got_back_from_a_long_numbers_key(digits: int, sign: str, zeros: str) -> None:
    long = f"{sign}{zeros}{'9' * digits}"

    assert id_of(id_key(long)) == long


def test_the_key_of_a_common_id_is_short() -> None:
    assert id_key("1234567") == "g1234567~"
