"""The people who are called: fictitious names, numbers nobody has."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.simulation.dice import Dice

_FIRST_NAMES = (
    *("Ada", "Alan", "Amara", "Anna", "Ben", "Carla", "Chidi", "Clara", "Dario", "Elena"),
    *("Emeka", "Farah", "Felix", "Grace", "Hugo", "Ines", "Ivan", "Jana", "José", "Kofi"),
    *("Lena", "Luca", "Maya", "Mila", "Nils", "Nora", "Olga", "Omar", "Paula", "Pavel"),
    *("Rosa", "Sara", "Tomás", "Uma", "Viktor", "Wanda", "Yara", "Yusuf", "Zoë", "Zora"),
)
_LAST_NAMES = (
    *(
        "Abbott",
        "Adeyemi",
        "Bauer",
        "Byrne",
        "Castro",
        "Cole",
        "Dumont",
        "Eriksen",
        "Ferrer",
        "Fox",
    ),
    *("Gallo", "Grant", "Haas", "Hale", "Ito", "Jensen", "Kaya", "Keller", "Lind", "Lopez"),
    *("Marsh", "Meyer", "Moreau", "Nagy", "Novak", "Okoro", "Olsen", "Park", "Petrov", "Quinn"),
    *("Rossi", "Ruiz", "Sato", "Silva", "Stone", "Tanaka", "Toth", "Varga", "Weber", "Young"),
)

# 555-0100 to 555-0199 are kept free for fiction in every area code of the North American
# Numbering Plan (ATIS-0300115, "555 NXX Assignment Guidelines"). Area codes whose last two digits
# are equal (services, toll-free) and N9X (not in use) are left out.
_AREA_CODES = tuple(
    100 * first + 10 * second + third
    for first in range(2, 10)
    for second in range(9)
    for third in range(10)
    if second != third
)
_LINES = 100


@dataclass(frozen=True, slots=True)
class Client:
    """One client card.

    Attributes:
        name: First and last name.
        phones: One or two numbers in international form.
        sync_ids: The client's ids in the sender's other systems, or none.
    """

    name: str
    phones: tuple[str, ...]
    sync_ids: dict[str, str]


def phone_number(index: int) -> str:
    """Return the fictional number at `index`; they repeat after 64,800."""
    area_code = _AREA_CODES[index % len(_AREA_CODES)]
    line = index // len(_AREA_CODES) % _LINES
    return f"+1{area_code}55501{line:02d}"


def clients(dice: Dice, *, place: int) -> Iterator[Client]:
    """Yield the clients of the campaign at `place` in the company, without end.

    About one in seven has no sync ids, one in three a second number, and one in fifty shares the
    first number of the client before (a household).
    """
    number = place * 7_919
    shared = phone_number(number)
    reference = 10_000 + place * 1_000_000
    while True:
        reference += 1
        if not dice.chance(0.02):
            number += 1
            shared = phone_number(number)
        phones: tuple[str, ...] = (shared,)
        if dice.chance(0.35):
            number += 1
            phones = (shared, phone_number(number))
        name = f"{dice.pick(_FIRST_NAMES)} {dice.pick(_LAST_NAMES)}"
        yield Client(name, phones, _sync_ids(dice, reference))


def _sync_ids(dice: Dice, reference: int) -> dict[str, str]:
    if dice.chance(0.15):
        return {}
    if dice.chance(0.1):
        return {"externalId": f"CRM-{reference}", "contractNumber": f"K-{reference * 7 % 10**7}"}
    return {"externalId": f"CRM-{reference}"}
