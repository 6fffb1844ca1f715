"""JSON in and out of the GraphQL doors."""

import json

import orjson
import pytest

from api.encoding import decode, encode


def test_a_fragment_goes_out_as_it_is() -> None:
    assert encode({"body": orjson.Fragment(b'{"n": 1.50}')}) == b'{"body":{"n": 1.50}}'


@pytest.mark.parametrize("value", ["\ud83d", 2**70, [{"a": "\udc00", "b": [True, None, 1.5]}]])
def test_what_orjson_has_no_room_for_goes_out_too(value: object) -> None:
    assert json.loads(encode(value)) == value


def test_integers_of_any_size_come_in_exactly() -> None:
    assert decode(b"123456789012345678901234567890") == 123456789012345678901234567890


@pytest.mark.parametrize("data", [b"", b"NaN", b"\xff", b"[" * 100_000, b"1" * 5_000])
def test_what_is_no_json_is_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        decode(data)


def test_text_comes_in_as_the_log_keeps_it() -> None:
    """A lone surrogate is U+FFFD there: whoever asks by the sender's id must find it."""
    given = rb'{"\ud800": ["a\uDFFFb", 1, null], "pair": "\ud83d\ude00", "x": "\\ud800"}'

    assert decode(given) == {
        "\ufffd": ["a\ufffdb", 1, None],
        "pair": "\U0001f600",
        "x": "\\ud800",
    }
    assert decode(given.decode()) == decode(given)
