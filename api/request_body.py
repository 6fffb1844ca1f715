"""Request bodies, read as far as the limit and no further."""

from starlette.requests import Request


class BodyTooLargeError(Exception):
    """The body is longer than `max_body_bytes`."""

    def __init__(self, max_body_bytes: int) -> None:
        super().__init__(f"The body is too large: send at most {max_body_bytes} bytes at once.")


async def read_body(request: Request, max_body_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLargeError: It is longer than `max_body_bytes`, as declared or as it came; no more
            than that was kept in memory.
        ClientDisconnect: The client left before the end of it.
    """
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > max_body_bytes:
        raise BodyTooLargeError(max_body_bytes)
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_body_bytes:
            raise BodyTooLargeError(max_body_bytes)
        body += chunk
    return bytes(body)
