"""Many keys in parts, each of which one command of MongoDB can name."""

from collections.abc import Iterable, Iterator

_MAX_KEYS = 20_000
_MAX_CHARACTERS = 2**20  # at most 4 MiB; a command has 16, and an id may have millions of them


def in_parts(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield all of the keys in order, as many at once as a command can name; one at least."""
    part: list[str] = []
    characters = 0
    for key in keys:
        characters += len(key)
        if part and (len(part) == _MAX_KEYS or characters > _MAX_CHARACTERS):
            yield part
            part, characters = [], len(key)
        part.append(key)
    if part:
        yield part
