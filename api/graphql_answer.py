"""How a GraphQL answer travels over HTTP: its media type, its status, its errors."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from api.encoding import encode
from api.gate import GateError

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

Answer = dict[str, Any]

# What is no fault of the request: whatever stands between may tell the client to wait.
_BUSY = {"RATE_LIMITED": 429, "OPERATION_LIMIT": 503}

# Python has changed its name for this one.
_NAMES = {413: "TOO_LARGE"}


def preferred_type(accept: str) -> str:
    """Return the media type that a client names first; plain JSON where it names neither."""
    named = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return next((each for each in named if each in (JSON, GRAPHQL_JSON)), JSON)


def answer_response(answer: Answer, chosen: str) -> Response:
    """Build the response to a well-formed request.

    A request that was not executed (syntax, validation, variables) has no `data`; only clients
    that chose `application/graphql-response+json` are told so by the status too.
    """
    executed = not is_request_error(answer)
    shown = answer if executed else {name: answer[name] for name in answer if name != "data"}
    told = {} if executed else answer["errors"][0].get("extensions") or {}
    if told.get("code") in _BUSY:
        headers = {"Retry-After": str(told.get("retryAfterSeconds", 1))}
        return Response(encode(shown), _BUSY[told["code"]], headers, media_type=chosen)
    status_code = 200 if executed or chosen == JSON else 400
    return Response(encode(shown), status_code, media_type=chosen)


def is_request_error(answer: Answer) -> bool:
    """Tell whether the operation was not executed: an error of a field has a path."""
    errors = answer.get("errors") or []
    return (
        bool(errors) and answer.get("data") is None and all("path" not in each for each in errors)
    )


def error_response(
    status_code: int, message: str, chosen: str, code: str | None = None
) -> Response:
    """Build the response to what is no GraphQL request at all."""
    code = code or _NAMES.get(status_code) or HTTPStatus(status_code).name
    answer = {"errors": [{"message": message, "extensions": {"code": code}}]}
    headers = {"Allow": "GET, POST"} if code == "METHOD_NOT_ALLOWED" else None
    return Response(encode(answer), status_code, headers, media_type=chosen)


def refused_response(error: GateError, chosen: str) -> Response:
    """Build the response to somebody who is not let in."""
    answer = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
    headers = {"WWW-Authenticate": error.challenge}
    return Response(encode(answer), error.status_code, headers, media_type=chosen)
