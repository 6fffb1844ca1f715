"""The keys by which calls find their applications (D17)."""

_NO_DIGITS = bytes(code for code in range(128) if not chr(code).isdigit())

PAIR, PHONE = "s", "p"  # what keys of a sort begin with


def pair_key(field: str, value: str) -> str:
    """Spell the client sync pair (D16) as a key: `s`, the length of the field, field, value."""
    return f"{PAIR}{len(field)}:{field}{value}"


def phone_key(phone: str) -> str | None:
    """Spell a phone number as a key: `p` and its ASCII digits; none without a digit."""
    digits = phone.encode("ascii", "ignore").translate(None, _NO_DIGITS).decode()
    return f"{PHONE}{digits}" if digits else None
