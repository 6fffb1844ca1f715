"""The keys by which calls find their applications (D17)."""


def pair_key(field: str, value: str) -> str:
    """Spell the client sync pair (D16) as a key: `s`, the length of the field, field, value."""
    return f"s{len(field)}:{field}{value}"


def phone_key(phone: str) -> str | None:
    """Spell a phone number as a key: `p` and its ASCII digits; none without a digit."""
    digits = "".join(filter("0123456789".__contains__, phone))
    return f"p{digits}" if digits else None
