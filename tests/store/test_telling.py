"""Whether a body tells of a person: the quick look at many passes none over."""

import json

from hypothesis import given
from hypothesis import strategies as st

from store.json_text import Json
from store.keys import pair_key, phone_key
from store.telling import Telling

DIGITS, WORD = "380501234567", "Клієнт \\ n-4711"
TELLING = Telling({str(phone_key(DIGITS)), pair_key("externalId", WORD)})

between = st.text(' -./()"\\\n+ü€\U0001d11e', max_size=3)
anything = st.text('0123 -"\\nu€Z', max_size=6)
as_escape = st.lists(st.booleans(), min_size=1, max_size=7)


@st.composite
def spelled_phones(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(["", "38", "00 38", "+38"]))
    return country + "".join(digit + draw(between) for digit in DIGITS[2:])


def spelled(text: str, escapes: list[bool]) -> str:
    """Spell a text as JSON, some of its characters by their numbers."""
    return "".join(
        f"\\u{ord(each):04x}"
        if escapes[place % len(escapes)] and ord(each) < 0x10000
        else json.dumps(each, ensure_ascii=len(escapes) % 2 == 0)[1:-1]
        for place, each in enumerate(text)
    )


@given(spelled_phones() | st.just(WORD), anything, anything, as_escape)
def test_no_body_that_tells_is_passed_over(
    told: str, before: str, behind: str, escapes: list[bool]
) -> None:
    raw = f'{{"text": "{spelled(before + told + behind, escapes)}"}}'
    value: Json = json.loads(raw)

    assert TELLING.may_be_in(b"{}" + raw.encode() + b"{}") >= TELLING.is_in_json(value)
    assert TELLING.may_be_in(raw.encode())


@given(st.text())
def test_other_bodies_are_passed_over(text: str) -> None:
    raw = json.dumps({"text": text, "phoneNumber": "+380501234568"}).encode()

    assert not TELLING.may_be_in(raw)
