"""Which names this server answers to, and which pages may have a browser ask it.

A browser sends what a page tells it, to this machine too: a page may be on a name that was turned
to 127.0.0.1 (DNS rebinding), or post a form to `/events`. Programs are not concerned: only browsers
send `Origin` and `Sec-Fetch-Site`.
"""

import ipaddress
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from strawberry.http.websocket_origin import is_same_origin

from api.answers import error_response

_REMEMBERED = 256

_FOREIGN = "Pages of another origin may not ask: name it in DIALGRAPH_ALLOWED_ORIGINS."
_UNKNOWN = "This server has another name: add this one to DIALGRAPH_ALLOWED_HOSTS."


class Origins:
    """Middleware that refuses a request by a strange name, or from a strange page.

    Args:
        app: What answers the others.
        hosts: The names that this server may be called by; where there are none, any but on
            loopback, where a name must be one of this machine.
        origins: The origins whose pages may ask, besides this server's own.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_our_name(scope, headers.get("Host", "")):
            await _refuse(scope, receive, send, (421, "HOST_NOT_ALLOWED", _UNKNOWN))
        elif self._is_foreign(scope, headers):
            await _refuse(scope, receive, send, (403, "CROSS_ORIGIN", _FOREIGN))
        else:
            await self._app(scope, receive, send)

    def _is_our_name(self, scope: Scope, host: str) -> bool:
        name = _name_of(host)
        if name is None or name in self._hosts or _is_of_this_machine(name):
            return name is not None
        address = (scope.get("server") or ("", 0))[0]
        return not self._hosts and not _is_loopback(address)

    def _is_foreign(self, scope: Scope, headers: Headers) -> bool:
        origin = headers.get("Origin")
        if origin is not None:
            is_own = is_same_origin(origin, headers.get("Host"))
            return not is_own and origin not in self._origins
        if headers.get("Sec-Fetch-Site") not in {"cross-site", "same-site"}:
            return False
        # A link to the GraphiQL page is followed; one that asks something is not.
        is_link = headers.get("Sec-Fetch-Mode") == "navigate" and scope.get("method") == "GET"
        return not is_link or bool(scope.get("query_string"))


@lru_cache(_REMEMBERED)
def _name_of(host: str) -> str | None:
    """Return the name in a `Host` header, without its port; `None` where it is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@lru_cache(_REMEMBERED)
def _is_of_this_machine(name: str) -> bool:
    """Say whether a name always means this machine, or an address that no name stands for."""
    return name == "localhost" or name.endswith(".localhost") or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@lru_cache(_REMEMBERED)
def _is_loopback(address: str) -> bool:
    return _is_address(address) and ipaddress.ip_address(address).is_loopback


async def _refuse(
    scope: Scope, receive: Receive, send: Send, refusal: tuple[int, str, str]
) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    else:
        await error_response(*refusal)(scope, receive, send)
