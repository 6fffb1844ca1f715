"""The names that an event uses for a status or a kind, and how they are recognized (D11, D13)."""

from collections.abc import Mapping
from functools import lru_cache

from store.json_text import Json
from store.values import read_plain

CAMPAIGN_STATUSES = {
    "new": "NEW",
    "stopped": "STOPPED",
    "inprocess": "IN_PROCESS",
    "paused": "PAUSED",
    "finished": "FINISHED",
}
CALL_RESULTS = {
    "successful": "SUCCESSFUL",
    "true": "SUCCESSFUL",
    "1": "SUCCESSFUL",
    "notsuccessful": "NOT_SUCCESSFUL",
    "unsuccessful": "NOT_SUCCESSFUL",
    "false": "NOT_SUCCESSFUL",
    "0": "NOT_SUCCESSFUL",
}
CALL_TYPES = {"normal": "NORMAL", "callback": "CALLBACK"}
RECALL_DESCRIPTIONS = {
    "autocreated": "AUTO_CREATED",
    "0": "AUTO_CREATED",
    "personalcreated": "PERSONAL_CREATED",
    "1": "PERSONAL_CREATED",
    "completed": "COMPLETED",
    "2": "COMPLETED",
}
RECALL_TYPES = {"auto": "AUTO", "0": "AUTO", "personal": "PERSONAL", "1": "PERSONAL"}


def spelling(text: str) -> str:
    """Reduce a name to what tells it from others: case and separators do not matter (D11, D13)."""
    return "".join(filter(str.isalnum, text.casefold()))


_MAX_CACHED = 64
_short_spelling = lru_cache(maxsize=1_024)(spelling)


def read_name(value: Json, names: Mapping[str, str]) -> str | None:
    """Read an enum value.

    Args:
        value: Its name in any case and with any separators, or its number, also as a digit.
        names: The enum's names by their `spelling`, and by the numbers that stand for them.
    """
    plain = read_plain(value)
    name = _short_spelling(plain) if len(plain) <= _MAX_CACHED else spelling(plain)
    # The sign and the point of a number are no separators: "-1" is not 1.
    return names.get(plain if name.isdigit() else name)
