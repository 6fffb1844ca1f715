"""The place of one change among all changes of the log; clients hold it as opaque text."""

import base64
import binascii
import re
from typing import NamedTuple, Self

from store.errors import StoreError
from store.moment import PLACES, fact_number

_SPELLED = re.compile(r"([0-9]{1,19})\.([0-9]{1,9})", re.ASCII)
_MAX_NUMBER = 2**63 - 1
_MAX_PART = 10**9 - 1


class BadCursorError(StoreError):
    """A text that is no cursor of a change."""

    code = "BAD_CURSOR"


class Cursor(NamedTuple):
    """A change's place: cursors sort in the order of the changes.

    Attributes:
        number: The number of the fact (of the event: place 0) that formed the change.
        part: The place among the several changes that one fact formed, from 0.
    """

    number: int
    part: int

    def __str__(self) -> str:
        spelled = f"{self.number}.{self.part}".encode()
        return base64.urlsafe_b64encode(spelled).rstrip(b"=").decode()

    @classmethod
    def after_position(cls, position: int) -> Self:
        """Return the cursor behind every change of the events up to `position`."""
        return cls(fact_number(position, 2**PLACES - 1), _MAX_PART)

    def before(self) -> Self:
        """Return the place directly before: whoever resumes after it gets this change again."""
        if self.part:
            return self._replace(part=self.part - 1)
        return type(self)(self.number - 1, _MAX_PART)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor back.

        Raises:
            BadCursorError: `text` is none.
        """
        try:
            padded = text.encode() + b"=" * (-len(text) % 4)
            spelled = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        except (ValueError, binascii.Error) as error:
            raise BadCursorError("the cursor is none of ours: leave it out") from error
        match = _SPELLED.fullmatch(spelled)
        if match is None or int(match[1]) > _MAX_NUMBER:
            raise BadCursorError("the cursor is none of ours: leave it out")
        return cls(int(match[1]), int(match[2]))
