"""JSON numbers as decimals of any size: never through a float, exponents never expanded (D7)."""

from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal

MAX_DIGITS = 1_000
"""The digits up to which a whole number is written out; longer ones are no id."""

# An exponent may be millions of digits long: `int` refuses those, decimals add them in one pass.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


class Number(str):
    """A JSON number by its spelling: `1.50` stays `1.50` (D2)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A number as ± `digits` · 10^`exponent`.

    Attributes:
        negative: Whether it is below zero.
        digits: Without zeros at either end; empty for zero.
        exponent: A whole number; 0 for zero.
    """

    negative: bool
    digits: str
    exponent: Decimal

    @property
    def magnitude(self) -> Decimal:
        """How many digits stand before the decimal point; zero or less where none does."""
        return _EXACT.add(self.exponent, Decimal(len(self.digits)))

    def scaled(self, places: int) -> int:
        """Give the absolute value · 10^`places`, the rest cut off; for small magnitudes only."""
        if self.magnitude <= -places:
            return 0  # of an exponent of a million digits `int` would take minutes
        length = int(self.magnitude) + places
        return int(self.digits[:length].ljust(length, "0") or "0")


def parts_of(number: Number) -> Parts:
    """Take the number apart; equal numbers have equal parts, however they are spelled (D7)."""
    mantissa, _, exponent = number.replace("E", "e").partition("e")
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = (whole + fraction).rstrip("0")
    shift = len(whole) - len(digits)
    digits = digits.lstrip("0")
    if not digits:
        return Parts(negative=False, digits="", exponent=Decimal(0))
    return Parts(mantissa[0] == "-", digits, _EXACT.add(Decimal(exponent or 0), Decimal(shift)))


def canonical(number: Number) -> str:
    """Spell equal numbers equally (D7): `1.50` and `15e-1` as `15e-1`, `100` as `1e2`."""
    if number.isdigit():
        digits = number.rstrip("0")
        zeros = len(number) - len(digits)
        return f"{digits}e{zeros}" if digits and zeros else digits or "0"
    parts = parts_of(number)
    if not parts.digits:
        return "0"
    power = f"e{parts.exponent}" if parts.exponent else ""
    return f"{'-' * parts.negative}{parts.digits}{power}"


def whole(number: Number) -> str | None:
    """Write a whole number out (D1): `7.0` as `7`, `1e2` as `100`, `-0` as `0`.

    Returns:
        Its digits; none for a fraction and for a number of more than `MAX_DIGITS` digits.
    """
    if len(number) <= MAX_DIGITS and number.isdigit():
        return str(number)
    parts = parts_of(number)
    if parts.exponent < 0 or parts.magnitude > MAX_DIGITS:
        return None
    return f"{'-' * parts.negative}{parts.digits}{'0' * int(parts.exponent)}" or "0"
