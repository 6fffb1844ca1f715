"""Request bodies, read as far as the limit and no further."""

import asyncio

from starlette.requests import Request

BODY_SECONDS = 60.0
"""How long a body may take to come."""


class BodyTimeoutError(Exception):
    """The body did not come in time."""

    def __init__(self) -> None:
        super().__init__(f"The body did not come within {BODY_SECONDS:.0f} s: send it again.")


class BodyTooLargeError(Exception):
    """The body is longer than `max_body_bytes`."""

    def __init__(self, max_body_bytes: int) -> None:
        super().__init__(f"The body is too large: send at most {max_body_bytes} bytes at once.")


async def read_body(request: Request, max_body_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLargeError: It is longer than `max_body_bytes`, as declared or as it came; no more
            than that was kept in memory.
        BodyTimeoutError: It did not come within `BODY_SECONDS`.
        ClientDisconnect: The client left before the end of it.
    """
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > max_body_bytes:
        raise BodyTooLargeError(max_body_bytes)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(request, max_body_bytes)
    except TimeoutError as error:
        raise BodyTimeoutError from error


async def _read(request: Request, max_body_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_body_bytes:
            raise BodyTooLargeError(max_body_bytes)
        body += chunk
    return bytes(body)
