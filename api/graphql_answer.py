"""How a GraphQL answer travels over HTTP: its media type, its status, its errors."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from api.encoding import encode

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"

Answer = dict[str, Any]


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
    status_code = 200 if executed or chosen == JSON else 400
    shown = answer if executed else {name: answer[name] for name in answer if name != "data"}
    return Response(encode(shown), status_code, media_type=chosen)


def is_request_error(answer: Answer) -> bool:
    """Tell whether the operation was not executed: an error of a field has a path."""
    errors = answer.get("errors") or []
    return (
        bool(errors) and answer.get("data") is None and all("path" not in each for each in errors)
    )


def error_response(status_code: int, message: str, chosen: str) -> Response:
    """Build the response to what is no GraphQL request at all."""
    code = HTTPStatus(status_code).name
    answer = {"errors": [{"message": message, "extensions": {"code": code}}]}
    headers = {"Allow": "GET, POST"} if code == "METHOD_NOT_ALLOWED" else None
    return Response(encode(answer), status_code, headers, media_type=chosen)
