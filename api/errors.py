"""What a client is told when its request cannot be answered."""

from graphql import GraphQLError

UNAVAILABLE = "UNAVAILABLE"
INTERNAL = "INTERNAL"


class ClientError(GraphQLError):
    """A request that the client can mend; `extensions.code` is stable, the message says how.

    Args:
        code: Such as `BAD_CURSOR`, `PAGE_TOO_LARGE`, `COMPANY_REQUIRED`.
        message: One sentence that says what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})
        self.code = code
