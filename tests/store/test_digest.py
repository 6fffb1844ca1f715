"""When two bodies are the same event (D7)."""

import json
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from store.body import digest, parse_body

scalars = st.none() | st.booleans() | st.integers() | st.text(st.characters())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def digest_of(body: bytes | str) -> bytes:
    return digest(parse_body(body.encode() if isinstance(body, str) else body).value)


def shuffled(value: object, chance: random.Random) -> object:
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


def kinds(value: object) -> object:
    """Tell `1` from `True`, which Python takes for equal."""
    if isinstance(value, dict):
        return {key: kinds(each) for key, each in value.items()}
    return [kinds(each) for each in value] if isinstance(value, list) else (type(value), value)


@given(values, st.randoms(use_true_random=False))
def test_d7_key_order_white_space_and_escapes_do_not_matter(
    value: object, chance: random.Random
) -> None:
    other = json.dumps(shuffled(value, chance), indent=2, ensure_ascii=True)

    assert digest_of(other) == digest_of(json.dumps(value, separators=(",", ":")))


@given(values, values)
def test_d7_different_values_have_different_digests(one: object, other: object) -> None:
    assume(kinds(one) != kinds(other))

    assert digest_of(json.dumps(one)) != digest_of(json.dumps(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.50", "1.5"),
        ("1.0", "1"),
        ("1e2", "100"),
        ("1E+2", "100.0"),
        ("10e-1", "1"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("0e999", "0"),
        ("0e-99999999999999999999", "0"),
        ("-1.20e1", "-12"),
        ("0.001", "1e-3"),
        ("1e0000000000000000000000005", "100000"),
        ("1.0e99999999999999999999", "10e99999999999999999998"),
        ("1.5e" + "9" * 10_000, "15e" + "9" * 9_999 + "8"),
        ("0.1e1" + "0" * 10_000, "1e" + "9" * 10_000),
        ("1e-1" + "0" * 10_000, "0.1e-" + "9" * 10_000),
    ],
)
def test_d7_numbers_compare_as_decimals_of_any_size(one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", '"1"'),
        ("1", "true"),
        ("0", "false"),
        ("0", "null"),
        ("1", "-1"),
        ("1e2", "1e-2"),
        ("0.1", "0.10000000000000000001"),
        ("9007199254740993", "9007199254740992"),
        ("1e400", "2e400"),
        ("1e-400", "0"),
        ('"true"', "true"),
        ('"null"', "null"),
        ('""', "null"),
        ("[]", "{}"),
        ("[]", "[[]]"),
        ("[[],[]]", "[[[]]]"),
        ("[1,2]", "[2,1]"),
        ("[12]", "[1,2]"),
        ('{"a":null}', "{}"),
        ('{"a":1}', '["a",1]'),
        ('{"a":{"b":1}}', '{"a":{},"b":1}'),
        ('{"a":1,"a":2}', '{"a":2}'),
        ('{"a":1,"a":2}', '{"a":2,"a":1}'),
        (r'"\ud800"', r'"\ud801"'),
        (r'"\ud800"', r'"\ufffd"'),
        ('"e\u0301"', '"\u00e9"'),
        ('"a"', '"A"'),
        ('" a"', '"a"'),
    ],
)
def test_d7_values_that_differ_are_different_events(one: str, other: str) -> None:
    assert digest_of(one) != digest_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"b":0,"a":1,"a":2}', '{"a":1,"b":0,"a":2}'),
        (r'"\u0061\/\ud83d\ude00\u0000"', '"a/\U0001f600\\u0000"'),
        (r'{"\u0061":1}', '{"a":1}'),
    ],
)
def test_d7_values_that_are_equal_are_the_same_event(one: str, other: str) -> None:
    assert digest_of(one) == digest_of(other)


def test_d7_a_body_of_five_hundred_levels_has_a_digest() -> None:
    assert len(digest_of('{"a":[' * 250 + "]}" * 250)) == 16


@given(st.integers(), st.integers(), st.integers(0, 50))
def test_d7_a_number_is_the_same_with_any_exponent(digits: int, power: int, zeros: int) -> None:
    moved = f"{digits}{'0' * zeros}e{power - zeros}" if digits else f"0e{zeros}"

    assert digest_of(moved) == digest_of(f"{digits}e{power}")
