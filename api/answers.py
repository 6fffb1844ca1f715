"""Answers of the doors beside GraphQL: JSON, and errors in one shape."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from api.errors import UNAVAILABLE
from api.request_id import request_id
from store.errors import QueueFullError


class JsonResponse(Response):
    """An answer in JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - whatever orjson takes
        """Return `content` as UTF-8."""
        return orjson.dumps(content)


def error_response(
    status_code: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """Build `{"error": {"code", "message", "requestId"}}`; the message says what to do.

    `code` is stable; `requestId` is what the logs call the request.
    """
    content: dict[str, Any] = {"error": {"code": code, "message": message}}
    if (named := request_id()) is not None:
        content["error"]["requestId"] = named
    return JsonResponse(content, status_code=status_code, headers=headers)


def unavailable_response(error: Exception) -> JsonResponse:
    """Say that the store did not confirm, without a word of what it is."""
    message = "The store did not confirm in time: send the same again, that is safe."
    if isinstance(error, QueueFullError):
        message = "Too many events wait already: send the same again a little later."
    return error_response(503, UNAVAILABLE, message, {"Retry-After": "1"})
