"""The errors that callers of the store can act on, each with a stable code."""


class StoreError(Exception):
    """Base of all errors of the store. `code` is stable; `str()` says what to do."""

    code = "INTERNAL"


class LogUnavailableError(StoreError):
    """No majority answered in time. The outcome is unknown; appending again is safe (D7)."""

    code = "UNAVAILABLE"


class TooManyEventsError(StoreError):
    """There are more events in one request than are taken at once; none was appended."""

    code = "TOO_MANY_EVENTS"

    def __init__(self, at_most: int) -> None:
        super().__init__(f"The request has too many events: send at most {at_most:,} at once.")


class DeadlineError(LogUnavailableError):
    """The time for an answer is over; MongoDB was told to stop too."""

    code = "OPERATION_TIMEOUT"

    def __init__(self) -> None:
        super().__init__("the time for this answer is over: ask for less at once")


class QueueFullError(LogUnavailableError):
    """The append queue is full; nothing of this request was queued."""


class EmbeddedMongoError(StoreError):
    """The embedded MongoDB cannot be started or was lost; the message says what to set."""

    code = "EMBEDDED_MONGODB"


class DuplicateKeyError(StoreError):
    """A unique key of the written documents is there already; nothing was written."""


class PoisonError(StoreError):
    """MongoDB refuses one of the written documents whatever the circumstances."""
