"""Where the server listens: sockets that are ours before anything else is started."""

import ipaddress
import os
import socket
from contextlib import ExitStack

from api.settings import StartError

DEAD_AFTER_SECONDS = 60
"""How long a client may take nothing of what waits for it; then its connection is cut."""


def bind(host: str, port: int, *, is_guarded: bool = False) -> list[socket.socket]:
    """Bind a socket for each address of `host`; the caller closes them.

    Args:
        host: A name or an address.
        port: 0 takes a free one, of the first address only.
        is_guarded: Whether others than this machine may be let in: they are asked for tokens, or
            somebody has said that this is not needed.

    Raises:
        StartError: `host` is open to others, or the port cannot be had; the message says so.
    """
    addresses = _addresses(host, port)
    if not is_guarded and not all(map(_is_loopback, addresses)):
        raise StartError(
            f"{host} can be reached from other machines, and nobody is asked for a token: set"
            " DIALGRAPH_TOKENS (see `dialgraph token create`), or use --host 127.0.0.1, or"
            " --insecure where only friends reach it (a container)"
        )
    with ExitStack() as opened:
        sockets = [opened.enter_context(_bound(address)) for address in addresses]
        opened.pop_all()
    return sockets


def base_url(bound: socket.socket, *, is_secure: bool = False) -> str:
    """Return the address of a bound socket as a browser takes it."""
    host, port = bound.getsockname()[:2]
    scheme = "https" if is_secure else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _addresses(host: str, port: int) -> list[tuple[str, int]]:
    """Look the addresses of `host` up; one is enough where the port is to be a free one."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError, OverflowError) as error:
        raise StartError(f"cannot listen on {host}: no such address") from error
    addresses = list(dict.fromkeys((str(each[4][0]), port) for each in found))
    return addresses if port else addresses[:1]


def _is_loopback(address: tuple[str, int]) -> bool:
    return ipaddress.ip_address(address[0].partition("%")[0]).is_loopback


def _bound(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    # asyncio turns Nagle's delay (40 ms an answer) off only where the protocol is named.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # By default Linux tries for 15 minutes where nobody answers, and for ever where
            # somebody does who reads nothing.
            milliseconds = int(DEAD_AFTER_SECONDS * 1000)
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        reason = os.strerror(error.errno or 0)
        raise StartError(
            f"cannot listen on {address[0]} port {address[1]} ({reason}): choose another --port"
        ) from error
    return bound
