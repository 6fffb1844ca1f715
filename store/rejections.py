"""Why a body is not appended (D6): an error per code, a sentence that says what to do."""

from store.errors import StoreError

MAX_NESTING = 500
"""The levels of arrays and objects that a body may have, the body itself counted as one (D6)."""

MAX_EVENT_BYTES = 16 * 2**20 - 64 * 1024
"""The bytes that one event may have: a document of MongoDB holds 16 MiB with all its fields."""

MAX_ELEMENTS = 10_000
"""The elements that one `tac` may have."""


class RejectedError(StoreError):
    """A body that goes to the quarantine instead of the log (D6)."""

    @property
    def message(self) -> str:
        """The sentence that the sender is told."""
        return str(self)


class InvalidJsonError(RejectedError):
    """The body is no JSON text."""

    code = "INVALID_JSON"

    def __init__(
        self, message: str = "The body is not JSON: send one JSON value as UTF-8."
    ) -> None:
        super().__init__(message)


class NestedTooDeepError(InvalidJsonError):
    """The body is nested over `MAX_NESTING` levels."""

    def __init__(self) -> None:
        super().__init__(f"The body is nested too deep: send at most {MAX_NESTING} levels.")


class TooLargeError(RejectedError):
    """The body is longer than a document of MongoDB; the quarantine cannot keep it either."""

    code = "TOO_LARGE"

    def __init__(self) -> None:
        super().__init__(f"The event is too large: send at most {MAX_EVENT_BYTES} bytes in one.")


class NotAnObjectError(RejectedError):
    """The body is JSON, but no object."""

    code = "NOT_AN_OBJECT"

    def __init__(self) -> None:
        super().__init__("The event is not a JSON object: send one object per event.")


class MissingEventNameError(RejectedError):
    """The event does not say what it is."""

    code = "MISSING_EVENT_NAME"

    def __init__(self) -> None:
        super().__init__("The event has no name: send `eventName` as a text that is not blank.")


class MissingCompanyIdError(RejectedError):
    """The event does not say whose it is."""

    code = "MISSING_COMPANY_ID"

    def __init__(self) -> None:
        super().__init__(
            "The event has no company: send `companyId` as a text that is not blank "
            "or as a whole number.",
        )


class MissingIdError(RejectedError):
    """A known event does not say what it is about."""

    code = "MISSING_ID"

    def __init__(self, field: str) -> None:
        super().__init__(
            f"The event does not say what it is about: send `{field}` as a text that is not "
            "blank or as a whole number.",
        )


class TooManyElementsError(RejectedError):
    """The `tac` of one event is too long."""

    code = "TOO_MANY_ELEMENTS"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"`tac` has {count} elements: send at most {MAX_ELEMENTS} in one event.",
        )


class ForbiddenCompanyError(RejectedError):
    """The event is of a company that the sender's token does not name (D22)."""

    code = "FORBIDDEN_COMPANY"

    def __init__(self) -> None:
        super().__init__(
            "The event is of a company that your token does not name: send it with that "
            "company's token.",
        )


class UnstorableError(RejectedError):
    """MongoDB refuses the event, even without its decoded body."""

    code = "UNSTORABLE"

    def __init__(self, reason: str) -> None:
        super().__init__(f"MongoDB cannot hold the event: {reason}")
