"""How often each fault is tried: a few times in an ordinary run, as often as told in a long one."""

import os

_ASKED = os.environ.get("DIALGRAPH_FAULT_ROUNDS", "")


def rounds(short: int) -> int:
    """Return `DIALGRAPH_FAULT_ROUNDS`, else the rounds of the short form."""
    return int(_ASKED) if _ASKED else short
