"""From who is let in to who asks: the caller of a request, or of a WebSocket once it has begun."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection, Request

from api.admission import admitted
from api.gate import bearer
from api.identity import READ, Identity
from api.operation import Caller
from api.services import services_of

NOBODY = Identity(name="nobody", companies=(), scopes=frozenset())
"""Who has opened a WebSocket and has not said yet who it is."""

_CLIENT_BITS = 64


async def caller_of_request(request: Request) -> Caller:
    """Return who asks, and remember whom the credential named.

    Raises:
        GateError: They may not ask.
    """
    request.state.identity = await admitted(request, READ)
    caller = caller_of(request, request.state.identity)
    caller.last_event_id = request.headers.get("Last-Event-ID")
    return caller


async def identity_of_socket(socket: HTTPConnection, payload: object) -> Identity:
    """Return who begins a WebSocket: by the payload of `connection_init`, else by its header.

    Raises:
        GateError: They may not ask.
    """
    given = _header_in(payload)
    header = socket.headers.get("Authorization") if given is None else given
    return await services_of(socket).gate.admit(bearer(header), READ)


def _header_in(payload: object) -> str | None:
    """Return the header that a payload has, in any case as headers are."""
    given = payload.items() if isinstance(payload, dict) else ()
    found = (value for name, value in given if name.lower() == "authorization")
    return next((value for value in found if isinstance(value, str)), None)


def caller_of(connection: HTTPConnection, identity: Identity) -> Caller:
    """Return the caller whom an identity makes."""
    services = services_of(connection)
    return Caller(
        services.log,
        services.follower,
        companies=identity.companies,
        scopes=identity.scopes,
        payer=_payer(connection, identity),
        throttle=services.throttle,
    )


def _payer(connection: HTTPConnection, identity: Identity) -> str:
    """Return who is charged: a machine or a person by its name, who needs none by the network."""
    if not services_of(connection).gate.is_open:
        return f"{'person' if identity.key is None else 'machine'} {identity.name}"
    return network_of(connection.client.host) if connection.client else identity.name


@lru_cache(1024)
def network_of(host: str) -> str:
    """Return whose an address is: one IPv6 client has a whole /64, so all of it is one.

    An IPv4 address within an IPv6 one is that IPv4 address; what is no address stays as it is.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _CLIENT_BITS), strict=False))
