"""Many bodies on their way into a log, several at a time."""

import asyncio
import functools
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.environ import StartError

Post = Callable[[bytes], Awaitable[dict[str, Any]]]
"""Posts one body and returns the receipt, as `POST /events` spells it."""

_TIMEOUT_SECONDS = 60.0
_ATTEMPTS = 20
_RECEIPTS = (200, 400, 403, 422)
_UNKNOWN = (401, 403)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line that was not appended, counted from 1, and why."""

    line: int
    code: str
    message: str


@dataclass(slots=True)
class Tally:
    """The sums of the receipts."""

    appended: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def events(self) -> int:
        """How many events have their outcome."""
        return self.appended + self.duplicates + len(self.rejected)

    def add(self, receipt: dict[str, Any], lines: Sequence[int]) -> None:
        """Add the receipt of one body, whose events stood in `lines`."""
        self.appended += receipt["appended"]
        self.duplicates += receipt["duplicates"]
        self.rejected += [
            Rejection(lines[each["index"]], each["code"], each["message"])
            for each in receipt["rejected"]
        ]


async def in_parallel(senders: int, send: Callable[[], Awaitable[None]]) -> None:
    """Run `send` that many times at once; the first error ends all."""
    tasks = [asyncio.ensure_future(send()) for _ in range(senders)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@functools.cache
def tls() -> ssl.SSLContext:
    """Return what all clients share: it takes longer to make than a request."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def posting_to(url: str, content_type: str) -> AsyncIterator[Post]:
    """Post to a running server, again and again while it is not available.

    The token that DIALGRAPH_TOKEN holds is shown to it: an argument would be seen by `ps`.

    Raises:
        StartError: It cannot be reached, or answers otherwise than a dialgraph.
    """
    headers = {"Content-Type": content_type, **_credential(os.environ)}
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, headers=headers, verify=tls()) as client:

        async def post(body: bytes) -> dict[str, Any]:
            for _ in range(_ATTEMPTS):
                answer = await _answer(client, url, body)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return _receipt(answer, url)
                await asyncio.sleep(int(answer.headers.get("Retry-After", "1")))
            raise StartError(f"{url} is not available: send the same again later, that is safe")

        yield post


def _credential(environ: Mapping[str, str]) -> dict[str, str]:
    token = environ.get("DIALGRAPH_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


async def _answer(client: httpx.AsyncClient, url: str, body: bytes) -> httpx.Response:
    try:
        return await client.post(f"{url.rstrip('/')}/events", content=body)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise StartError(f"{url} does not answer ({error or type(error).__name__})") from error


def _receipt(answer: httpx.Response, url: str) -> dict[str, Any]:
    if answer.status_code in _UNKNOWN and "rejected" not in answer.text:
        raise StartError(f"{url} asks for a token that may post: set DIALGRAPH_TOKEN")
    if answer.status_code not in _RECEIPTS:
        raise StartError(f"{url} answered {answer.status_code}: {answer.text[:300]}")
    receipt: dict[str, Any] = answer.json()
    return receipt
