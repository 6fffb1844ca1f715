"""Client sync pairs in every shape (D16)."""

import pytest

from store.body import parse_body
from store.pairs import read_pairs


@pytest.mark.parametrize(
    ("spelled", "pairs"),
    [
        ('{"externalId": "x"}', [["externalId", "x"]]),
        ('{"a": "x", "b": "y"}', [["a", "x"], ["b", "y"]]),
        ('[{"a": "x"}, {"b": "y", "c": "z"}]', [["a", "x"], ["b", "y"], ["c", "z"]]),
        ('[{"id": "a", "value": "x"}]', [["a", "x"]]),
        ('[{"name": "a", "value": "x"}]', [["a", "x"]]),
        ('[{"value": "x", "field": "a"}]', [["a", "x"]]),
        ('{"id": "a", "value": "x"}', [["a", "x"]]),
        ('[{"id": 7.0, "value": ["x", "y"]}]', [["7", "x"], ["7", "y"]]),
        ('[{"id": "a", "value": "x"}, {"b": "y"}]', [["a", "x"], ["b", "y"]]),
    ],
)
def test_d16_pairs_come_in_these_shapes(spelled: str, pairs: list[list[str]]) -> None:
    assert read_pairs(parse_body(spelled.encode()).value) == pairs


@pytest.mark.parametrize(
    ("spelled", "pairs"),
    [
        ('{"id": "a", "value": "x", "more": "y"}', [["id", "a"], ["value", "x"], ["more", "y"]]),
        ('{"id": "a", "name": "b"}', [["id", "a"], ["name", "b"]]),
        ('{"value": "x"}', [["value", "x"]]),
        ('{"key": "a", "value": "x"}', [["key", "a"], ["value", "x"]]),
    ],
)
def test_d16_other_fields_make_it_an_object_of_fields(spelled: str, pairs: list[list[str]]) -> None:
    assert read_pairs(parse_body(spelled.encode()).value) == pairs


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ('"x"', ["x"]),
        ('" x "', [" x "]),
        ("7", ["7"]),
        ("7.0", ["7"]),
        ("1e2", ["100"]),
        ("1.50", ["1.50"]),
        ("true", ["true"]),
        ('["x", 7, "y"]', ["x", "7", "y"]),
        ('["x", [["y"], "z"]]', ["x", "y", "z"]),
        (r'"\ud800"', ["\ufffd"]),
        ("null", []),
        ('""', []),
        ("{}", []),
        ('{"b": "x"}', []),
        ("[]", []),
        ('[null, "", {}]', []),
        ("[" * 400 + "]" * 400, []),
    ],
)
def test_d16_values_are_texts_and_a_list_gives_one_pair_each(value: str, texts: list[str]) -> None:
    pairs = read_pairs(parse_body(f'{{"a": {value}}}'.encode()).value)

    assert pairs == [["a", text] for text in texts]


@pytest.mark.parametrize(
    "spelled",
    [
        "null",
        '"x"',
        "7",
        "true",
        "[]",
        "{}",
        '["x"]',
        "[[]]",
        '[{"id": null, "value": "x"}]',
        '[{"id": {}, "value": "x"}]',
    ],
)
def test_d16_anything_else_holds_no_pairs(spelled: str) -> None:
    assert read_pairs(parse_body(spelled.encode()).value) == []
