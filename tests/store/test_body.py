"""JSON as the sender spelled it (D2, D6)."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.body import Body, Delivery, delivery_of, parse_body, read_deliveries, split_array
from store.json_text import Object
from store.numbers import Number
from store.rejections import InvalidJsonError, NestedTooDeepError, RejectedError

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def test_d2_the_raw_body_has_no_white_space_or_byte_order_mark_around_it() -> None:
    body = parse_body(b'\xef\xbb\xbf \r\n\t{"a" : 1}\r\n')

    assert body.raw == b'{"a" : 1}'


@pytest.mark.parametrize("spelled", ["1.50", "-0", "1E+2", "0e999", "9" * 5000, "1e" + "9" * 5000])
def test_d2_a_number_keeps_its_spelling(spelled: str) -> None:
    value = parse_body(spelled.encode()).value

    assert (type(value), str(value)) == (Number, spelled)


def test_d7_of_a_repeated_key_the_last_is_read_and_all_are_kept_in_order() -> None:
    value = parse_body(b'{"a": "x", "b": null, "a": "y"}').value

    assert value["a"] == "y"
    assert value.pairs == [("a", "x"), ("b", None), ("a", "y")]


def test_an_object_without_repeated_keys_carries_no_pairs() -> None:
    value = parse_body(b'{"a": "x"}').value

    assert (value, value.pairs) == ({"a": "x"}, None)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"",
        b" \r\n",
        b"\xef\xbb\xbf",
        b"{",
        b'{"a": 1} x',
        b"{} {}",
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": .5}',
        b'{"a": +1}',
        b'{"a": 1.}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1,}',
        b"[1,]",
        b'"\x01"',
        b'"\\x41"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        '{"a": 1}'.encode("utf-16"),
        b"\x0b{}",
        "\u00a0{}".encode(),
        "\u0661".encode(),
    ],
)
def test_d6_what_is_not_json_is_refused(rubbish: bytes) -> None:
    with pytest.raises(InvalidJsonError) as refusal:
        parse_body(rubbish)

    assert refusal.value.code == "INVALID_JSON"


@pytest.mark.parametrize("around", [b"%s", b'{"a": %s, "b": "]}"}'])
def test_d6_five_hundred_levels_are_accepted(around: bytes) -> None:
    inside = 500 - around.count(b"{")

    assert parse_body(around % nested(inside)).value


@pytest.mark.parametrize("around", [b"%s", b'{"a": %s, "b": "]}"}'])
@pytest.mark.parametrize("levels", [501, 5_000, 200_000])
def test_d6_more_than_five_hundred_levels_are_refused(around: bytes, levels: int) -> None:
    inside = levels - around.count(b"{")

    with pytest.raises(NestedTooDeepError):
        parse_body(around % nested(inside))


def test_d6_brackets_inside_strings_are_no_levels() -> None:
    text = "[{" * 1000 + '"\\' + "]"

    assert parse_body(json.dumps([text, [text]]).encode()).value == [text, [text]]


def test_d6_brackets_side_by_side_are_no_levels() -> None:
    assert len(parse_body(b"[" + b",".join([b"[{}]"] * 1000) + b"]").value) == 1000


def on_a_deep_stack(act: Callable[[], Body], frames: int | None = None) -> Body:
    left = sys.getrecursionlimit() * 7 // 10 if frames is None else frames
    return on_a_deep_stack(act, left - 1) if left else act()


def test_d6_five_hundred_levels_are_accepted_on_a_deep_stack() -> None:
    assert on_a_deep_stack(lambda: parse_body(nested(500))).raw == nested(500)


def test_d6_what_is_not_json_is_refused_on_a_deep_stack() -> None:
    with pytest.raises(InvalidJsonError):
        on_a_deep_stack(lambda: parse_body(nested(500).replace(b"[]", b"[nope]")))


@pytest.mark.parametrize(
    "rubbish",
    [
        b"[" * 1_000_000,
        b'[{"a":' * 300_000,
        b"[" * 600 + b'"' + b'\\"' * 1_000_000,
        b"[" * 600 + b'"\\',
        b"]" * 1_000_000,
    ],
)
def test_d6_hostile_bodies_are_refused_and_nothing_else_is_raised(rubbish: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        read_deliveries(rubbish, ndjson=False)


@given(st.binary() | st.text().map(str.encode))
def test_d6_nothing_but_a_rejection_is_ever_raised(data: bytes) -> None:
    with suppress(RejectedError):
        parse_body(data)
    with suppress(RejectedError):
        read_deliveries(data, ndjson=False)

    assert read_deliveries(data, ndjson=True) is not None


def plain(value: object) -> object:
    if isinstance(value, Number):
        return json.loads(value)
    if isinstance(value, Object):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


@given(json_values)
def test_d2_every_json_value_is_read(value: object) -> None:
    assert plain(parse_body(json.dumps(value).encode()).value) == value


def test_one_object_is_one_delivery() -> None:
    assert read_deliveries(b' {"a": "b"}\n', ndjson=False) == [
        Delivery(0, b'{"a": "b"}', {"a": "b"}),
    ]


def test_d2_an_array_is_one_delivery_per_element_each_with_its_own_bytes() -> None:
    deliveries = read_deliveries(
        b'\xef\xbb\xbf[ {"a":1.50} ,\r\n"\xd0\xb6",{"b": [1, 2]}]', ndjson=False
    )

    assert [(each.index, each.raw) for each in deliveries] == [
        (0, b'{"a":1.50}'),
        (1, b'"\xd0\xb6"'),
        (2, b'{"b": [1, 2]}'),
    ]


@pytest.mark.parametrize("other", [b"", b"{}", b"1", b"]"])
def test_d6_what_is_no_array_is_not_split(other: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        list(split_array(other))


@pytest.mark.parametrize("empty", [b"[]", b" [ \n] "])
def test_an_empty_array_delivers_nothing(empty: bytes) -> None:
    assert read_deliveries(empty, ndjson=False) == []


@pytest.mark.parametrize(
    "rubbish", [b"[", b"[1", b"[1,", b"[1,]", b"[,1]", b"[1 2]", b"[1]]", b"[1] x", b"[{}, nope]"]
)
def test_d6_an_array_that_is_not_json_is_refused_as_a_whole(rubbish: bytes) -> None:
    with pytest.raises(InvalidJsonError):
        read_deliveries(rubbish, ndjson=False)


@pytest.mark.parametrize("levels", [501, 200_000])
def test_d6_an_element_nested_too_deep_is_rejected_alone(levels: int) -> None:
    data = b'[{"a": "]"}, ' + nested(levels) + b', {"b": "c"}]'

    first, deep, last = read_deliveries(data, ndjson=False)

    assert (first.rejection, last.raw, last.rejection) == (None, b'{"b": "c"}', None)
    assert isinstance(deep.rejection, NestedTooDeepError)
    assert (deep.raw, deep.value) == (nested(levels), None)


def test_d6_the_levels_of_an_element_are_counted_from_itself() -> None:
    (delivery,) = read_deliveries(b"[" + nested(500) + b"]", ndjson=False)

    assert (delivery.raw, delivery.rejection) == (nested(500), None)


@given(st.lists(json_values, max_size=5), st.sampled_from([None, 1]))
def test_d2_the_elements_bytes_are_slices_of_the_array(
    values: list[object], indent: int | None
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=False).encode("utf-8", "replace")

    raws = [each.raw for each in read_deliveries(data, ndjson=False)]

    assert [json.loads(raw) for raw in raws] == json.loads(data)
    assert json.loads(b"[" + b",".join(raws) + b"]") == json.loads(data)


def test_lines_are_deliveries_and_blank_ones_do_not_count() -> None:
    deliveries = read_deliveries(b'\xef\xbb\xbf{"a":1}\r\n\r\n \t\n{"b":2} \n', ndjson=True)

    assert [(each.index, each.raw) for each in deliveries] == [(0, b'{"a":1}'), (1, b'{"b":2}')]


@pytest.mark.parametrize("empty", [b"", b"\n\n", b"\xef\xbb\xbf\r\n"])
def test_no_lines_deliver_nothing(empty: bytes) -> None:
    assert read_deliveries(empty, ndjson=True) == []


def test_d6_a_bad_line_is_rejected_alone_and_keeps_its_bytes() -> None:
    good, bad, last = read_deliveries(b'{"a":1}\n{"a":\xff \r\n[2]', ndjson=True)

    assert (good.rejection, last.raw, last.rejection) == (None, b"[2]", None)
    assert isinstance(bad.rejection, InvalidJsonError)
    assert (bad.index, bad.raw, bad.value) == (1, b'{"a":\xff', None)


def test_a_body_given_alone_is_a_delivery_too() -> None:
    assert delivery_of(b" [1]", 7) == Delivery(7, b"[1]", ["1"])


def test_d6_a_body_given_alone_may_be_a_rejection() -> None:
    delivery = delivery_of(b" nope ")

    assert (delivery.raw, delivery.value) == (b"nope", None)
    assert isinstance(delivery.rejection, InvalidJsonError)
