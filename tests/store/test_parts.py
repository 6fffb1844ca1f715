"""Many keys in parts that one command can name."""

import pytest

from store.driver import Database
from store.moment import Moment
from store.parts import in_parts
from store.view import View


@pytest.mark.parametrize(
    ("keys", "sizes"),
    [
        ([], []),
        (["a"], [1]),
        (["a"] * 20_000, [20_000]),
        (["a"] * 20_001, [20_000, 1]),
        (["x" * 2**19] * 5, [2, 2, 1]),
        (["x" * 2**22] * 2, [1, 1]),
        (["a", "x" * 2**20, "b"], [1, 1, 1]),
    ],
)
def test_a_part_has_no_more_than_a_command_can_name(keys: list[str], sizes: list[int]) -> None:
    parts = list(in_parts(keys))

    assert [len(part) for part in parts] == sizes
    assert [key for part in parts for key in part] == keys


async def test_what_is_too_long_to_be_asked_together_is_asked_apart(
    new_database: Database,
) -> None:
    """Forty conditions of 1 MiB each, where a command has 16."""
    view = View(new_database, "acme", Moment(1, None))

    assert await view.named_campaigns([f"{each}{'x' * 2**20}" for each in range(20)]) == set()
