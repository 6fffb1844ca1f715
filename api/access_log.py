"""One line for each answer, with nothing of what was asked in it: no address, token or query."""

import logging
import sys
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from api.answered import Answered, route_of
from api.request_id import request_id

_log = logging.getLogger("dialgraph.access")


class AccessLog:
    """Middleware that logs the method, the route, the status, the milliseconds, and the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered, began = Answered(send), time.monotonic()
        try:
            await self._app(scope, receive, answered)
        finally:
            milliseconds = (time.monotonic() - began) * 1000
            parts = (scope["method"], route_of(scope), answered.status, milliseconds, request_id())
            _log.info("%s %s %s %.1f ms %s", *parts)


def show_access_log() -> None:
    """Write the lines to the standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
