"""What a sender is told of a rejected body (D6)."""

import pytest

from store.rejections import (
    ForbiddenCompanyError,
    InvalidJsonError,
    MissingCompanyIdError,
    MissingEventNameError,
    MissingIdError,
    NestedTooDeepError,
    NotAnObjectError,
    RejectedError,
    TooManyElementsError,
)


@pytest.mark.parametrize(
    ("rejection", "code"),
    [
        (InvalidJsonError(), "INVALID_JSON"),
        (NestedTooDeepError(), "INVALID_JSON"),
        (NotAnObjectError(), "NOT_AN_OBJECT"),
        (MissingEventNameError(), "MISSING_EVENT_NAME"),
        (MissingCompanyIdError(), "MISSING_COMPANY_ID"),
        (MissingIdError("id"), "MISSING_ID"),
        (TooManyElementsError(10_001), "TOO_MANY_ELEMENTS"),
        (ForbiddenCompanyError(), "FORBIDDEN_COMPANY"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, RejectedError) else each,
)
def test_d6_every_rejection_has_a_code_and_says_what_to_send(
    rejection: RejectedError, code: str
) -> None:
    assert rejection.code == code
    assert "send" in rejection.message
    assert rejection.message.endswith((".", "`"))
