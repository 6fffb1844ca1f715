"""HTTP connections: what they do not wait for, and how they end when the server does."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
"""How long a request's head may take, and what is left of a body that was refused."""

_HEARING_SECONDS = 5.0
_POLL_SECONDS = 0.01


class _Joined:
    """A transport that sends the head of an answer together with what is written next.

    uvloop would send each at once, and a second packet is a tenth of what a posted event costs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send what is no head, behind a head that waits; that waits for one turn at most."""
        if not self._head and data.startswith(b"HTTP/"):
            self._head = data
            asyncio.get_running_loop().call_soon(self._send_head)
        else:
            head, self._head = self._head, b""
            self._transport.write(head + data)

    def close(self) -> None:
        """Close it when all is sent."""
        self._send_head()
        self._transport.close()

    def _send_head(self) -> None:
        if self._head and not self._transport.is_closing():
            self.write(b"")


class HttpConnection(HttpToolsProtocol):
    """Uvicorn's, which waits for no head for ever, and breaks endless answers off."""

    _expecting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note that a connection is there."""
        super().connection_made(cast("asyncio.Transport", _Joined(transport)))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is gone; who sent all and left in the same moment is heard nevertheless."""
        self._expect_nothing()
        self._lose(exc, asyncio.get_running_loop().time() + _HEARING_SECONDS)

    def _lose(self, exc: Exception | None, latest: float) -> None:
        # Of a connection that is lost uvicorn hands out no body, even if it has all of it.
        loop, cycle = asyncio.get_running_loop(), self.cycle
        is_heard = cycle is None or cycle.response_complete or cycle.more_body or not cycle.body
        if not is_heard and loop.time() < latest:
            loop.call_later(_POLL_SECONDS, self._lose, exc, latest)
        else:
            super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Note that its head is there."""
        self._expect_nothing()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that its body is there."""
        self._expect_nothing()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Note that it is answered; what is left of a refused body is not read for ever."""
        super().on_response_complete()
        if self.cycle.more_body:
            self._expect_head()

    def shutdown(self) -> None:
        """End in order; an endless answer is broken off, so that its client comes again.

        A proper end would tell clients of server-sent events that there is nothing more to come.
        """
        cycle = self.cycle
        if cycle is not None and cycle.chunked_encoding and not cycle.response_complete:
            self.transport.close()
        else:
            super().shutdown()

    def _expect_head(self) -> None:
        self._expect_nothing()
        loop = asyncio.get_running_loop()
        self._expecting = loop.call_later(HEAD_SECONDS, self.transport.close)

    def _expect_nothing(self) -> None:
        if self._expecting is not None:
            self._expecting.cancel()
