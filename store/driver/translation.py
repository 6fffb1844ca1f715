"""What the driver's errors mean to callers of the store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from store.deadline import is_over
from store.errors import (
    DeadlineError,
    DuplicateKeyError,
    LogUnavailableError,
    PoisonError,
    StoreError,
)

_DUPLICATE_KEY = 11000
_MAX_TIME_EXPIRED = 50
# What MongoDB refuses in a document itself: BadValue, Overflow (nesting), 388, DocumentTooLarge.
_POISON_CODES = frozenset({2, 15, 388, 10334})


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the store's."""
    try:
        yield
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise PoisonError(str(error)) from error
    except PyMongoError as error:
        raise _translation(error) from error
    except TimeoutError as error:
        raise LogUnavailableError("MongoDB did not answer in time") from error


def _translation(error: PyMongoError) -> StoreError:
    codes = _codes(error)
    if _DUPLICATE_KEY in codes:
        return DuplicateKeyError(str(error))
    if codes & _POISON_CODES and not error.has_error_label("TransientTransactionError"):
        return PoisonError(str(error))
    if _MAX_TIME_EXPIRED in codes and is_over():
        return DeadlineError()
    return LogUnavailableError(f"MongoDB: {error}")


def _codes(error: PyMongoError) -> set[int]:
    if isinstance(error, BulkWriteError):
        details: Mapping[str, Any] = error.details or {}
        return {int(each["code"]) for each in details.get("writeErrors", [])}
    if isinstance(error, OperationFailure) and error.code is not None:
        return {error.code}
    return set()
