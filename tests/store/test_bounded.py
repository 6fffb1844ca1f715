"""What is kept of what was asked for, and what goes."""

from typing import NamedTuple

from store.bounded import Bounded


class Thing(NamedTuple):
    name: str
    weight: int = 1


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    kept: Bounded[str, Thing] = Bounded(10)

    for number in range(100):
        kept.put(str(number), Thing(str(number)))
        assert kept.get("0") is not None

    assert kept.get("99") == Thing("99")
    assert kept.get("90") is None
    assert len(kept) == 10


def test_what_fits_is_found_however_often_all_of_it_is_asked_for_in_turn() -> None:
    kept: Bounded[str, Thing] = Bounded(10)
    names = "abcdefghij"
    for name in names:
        kept.put(name, Thing(name))

    assert all(kept.get(name) for _ in range(3) for name in names)


def test_what_is_heavy_makes_more_room() -> None:
    kept: Bounded[str, Thing] = Bounded(10)

    for name in "abcdef":
        kept.put(name, Thing(name, 4))

    assert [name for name in "abcdef" if kept.get(name)] == ["e", "f"]


def test_what_was_put_again_is_forgotten_whole() -> None:
    """Two that loaded it together may both have put it there."""
    kept: Bounded[str, Thing] = Bounded(4)
    kept.put("a", Thing("old"))
    for name in "bc":
        kept.put(name, Thing(name))
    kept.put("a", Thing("young"))

    assert kept.pop("a") == Thing("young")
    assert kept.get("a") is None
    assert kept.pop("a") is None


def test_nothing_is_left_of_what_was_cleared() -> None:
    kept: Bounded[str, Thing] = Bounded(4)
    for name in "abc":
        kept.put(name, Thing(name))

    kept.clear()

    assert (len(kept), kept.get("a"), kept.get("c")) == (0, None, None)


def test_what_is_put_again_and_again_or_forgotten_pushes_nothing_out() -> None:
    kept: Bounded[str, Thing] = Bounded(20)
    kept.put("a", Thing("a"))

    for number in range(50):
        kept.put("b", Thing("b", 4))
        kept.put("c", Thing(str(number), 4))
        kept.pop("c")

    assert kept.get("a") == Thing("a")
