"""Queries that are made to hurt, each with the code that it is refused by, and the dearest ones."""

from collections.abc import Callable

Query = Callable[[int], str]
"""Writes a query; another number makes another text, so that none is remembered."""


def bomb(salt: int) -> str:
    """Return 1 KB that spreads to 16 million fields."""
    spreads = "".join(f"fragment F{n} on Log{{...F{n + 1} ...F{n + 1}}}" for n in range(24))
    return f"query Q{salt}{{log{{...F0}}}}{spreads}fragment F24 on Log{{position}}"


def cycle(salt: int) -> str:
    """Return fragments that spread each other."""
    return f"query Q{salt}{{log{{...A}}}}fragment A on Log{{...B}}fragment B on Log{{...A}}"


def aliases(salt: int) -> str:
    """Return 20,000 aliases of one field."""
    return f"query Q{salt}{{" + "".join(f"a{n}:__typename " for n in range(20_000)) + "}"


def few_aliases(salt: int) -> str:
    """Return 1,000 aliases: few enough words to be read."""
    return f"query Q{salt}{{" + "".join(f"a{n}:__typename " for n in range(1_000)) + "}"


def comment(salt: int) -> str:
    """Return a comment of 10 MB."""
    return f"query Q{salt}{{__typename}} #" + "x" * 10**7


def directives(salt: int) -> str:
    """Return 1,000 directives at one field."""
    return f"query Q{salt}{{__typename" + "@a" * 1_000 + "}"


def deep(salt: int) -> str:
    """Return 60 levels of things in things."""
    return (
        f"query Q{salt}{{campaigns{{nodes"
        + "{calls{nodes{campaign" * 20
        + "{id}"
        + "}}}" * 20
        + "}}"
    )


def deeper(salt: int) -> str:
    """Return 2,000 levels."""
    return f"query Q{salt}" + "{a" * 2_000 + "}" * 2_000


def repeated(salt: int) -> str:
    """Return one field 2,000 times: validation compares each with each."""
    return f"query Q{salt}{{log{{" + "position " * 2_000 + "}}"


def merged(salt: int) -> str:
    """Return one field 330 times, each with fields of its own to be compared."""
    return f"query Q{salt}{{campaigns{{" + "nodes{id status} " * 330 + "}}"


def wide(salt: int) -> str:
    """Return pages of 500 in pages of 500."""
    return f"query Q{salt}{{campaigns(first:500){{nodes{{calls(first:500){{nodes{{id}}}}}}}}}}"


def nested_input(salt: int) -> str:
    """Return lists in lists, 2,000 deep."""
    return f"query Q{salt}{{nodes(ids:" + "[" * 2_000 + "]" * 2_000 + "){id}}"


ABUSES: dict[str, tuple[Query, str]] = {
    "fragment bomb (1 KB, 16 million fields)": (bomb, "TOO_MANY_FIELDS"),
    "fragments in a circle": (cycle, "FRAGMENT_CYCLE"),
    "20,000 aliases": (aliases, "DOCUMENT_TOO_LARGE"),
    "1,000 aliases": (few_aliases, "TOO_MANY_ALIASES"),
    "a comment of 10 MB": (comment, "TOO_LARGE"),
    "1,000 directives": (directives, "TOO_MANY_DIRECTIVES"),
    "60 levels": (deep, "TOO_DEEP"),
    "2,000 levels": (deeper, "TOO_DEEP"),
    "one field 2,000 times": (repeated, "TOO_MANY_FIELDS"),
    "330 fields that are merged into one": (merged, "TOO_MANY_FIELDS"),
    "pages of 500 in pages of 500": (wide, "COST_LIMIT"),
    "lists in lists, 2,000 deep": (nested_input, "TOO_DEEP"),
}

_THING = "id status calls(first: 20) { nodes { id callbacks { id } application { id } } }"
_COUNTS = (
    "applicationStatusCounts { count } "
    "calls { totalCount } callbacks { totalCount } events { totalCount }"
)

DEAREST = {
    "applications with calls and callbacks": (
        "{ campaigns(first: 4) { nodes { applications(first: 46) { nodes { " + _THING + " } } } } }"
    ),
    "500 applications with 98 events each": (
        "{ campaigns(first: 1) { nodes { applications(first: 500) { nodes { "
        "events(first: 98) { nodes { rawBody } } } } } } }"
    ),
    "500 applications with 97 revisions each": (
        "{ campaigns(first: 1) { nodes { applications(first: 500) { nodes { "
        "revisions(first: 97) { nodes { position } } } } } } }"
    ),
    "all counts of 490 campaigns": "{ campaigns(first: 490) { nodes { " + _COUNTS + " } } }",
    "the figures of deliveries, 4 times": (
        "{ " + " ".join(f"l{n}: log {{ deliveries {{ outOfOrder }} }}" for n in range(4)) + " }"
    ),
}
"""Each as dear as an operation may be."""
