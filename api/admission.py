"""At a door: who a request is from, and what those are told who are not let in."""

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.answers import error_response
from api.gate import GateError, bearer
from api.identity import Identity
from api.services import services_of


def credential_of(connection: HTTPConnection) -> str | None:
    """Return the token that came with a request: in its address, else in its header."""
    in_address: str | None = connection.path_params.get("token")
    return in_address or bearer(connection.headers.get("Authorization"))


async def admitted(connection: HTTPConnection, *scopes: str) -> Identity:
    """Return who asks.

    Raises:
        GateError: They are not let in here; see `refused`.
    """
    return await services_of(connection).gate.admit(credential_of(connection), *scopes)


async def admitted_to_all(connection: HTTPConnection, *scopes: str) -> Identity:
    """Return who asks for what is of all companies.

    Raises:
        GateError: They are not let in here; see `refused`.
    """
    return await services_of(connection).gate.admit_to_all(credential_of(connection), *scopes)


async def refused(request: Request, error: Exception) -> Response:
    """Tell those who are not let in why, and what would let them in (RFC 6750)."""
    del request
    if not isinstance(error, GateError):
        raise error
    headers = {"WWW-Authenticate": error.challenge}
    return error_response(error.status_code, error.code, str(error), headers)
