"""Values that the environment sets, read one by one; an error names the variable."""

from collections.abc import Mapping


class StartError(Exception):
    """The command cannot do its work here; the message is a sentence that says what to do."""


class SettingsError(StartError):
    """A variable of the environment cannot be used; the message names it and says what can."""


def whole_number(given: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """Read a number from 1 to `most`.

    Raises:
        SettingsError: It is none.
    """
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= most):
        raise SettingsError(f"{name} is {text!r}: use a whole number from 1 to {most}")
    return int(text)


def flag(given: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Read whether something is so.

    Raises:
        SettingsError: It is neither 1 nor 0.
    """
    text = given.get(name, str(int(default)))
    if text not in {"0", "1"}:
        raise SettingsError(f"{name} is {text!r}: use 1 or 0")
    return text == "1"


def words(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read a list with commas between its words."""
    parts = (each.strip() for each in given.get(name, "").split(","))
    return tuple(each for each in parts if each)
