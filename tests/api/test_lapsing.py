"""Tokens over WebSockets and server-sent events: shown at the beginning, followed to the end."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwts
import pytest
from factories import a_campaign_event
from keyring import Keyring, bearing, shown
from serving import RunningServer, a_server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

CHANGES = "subscription { campaignStatusChanged(after: 0) { campaign { campaignId } } }"
ACK = {"type": "connection_ack"}
SOON = 1.0


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keyring") / "tokens.json")


@pytest.fixture(scope="module")
async def server(mongo_uri: str, keyring: Keyring) -> AsyncIterator[RunningServer]:
    """A server that asks for tokens, with one campaign of the company `acme`."""
    provider = jwts.settings(leeway_seconds=1)
    async with a_server(mongo_uri, tokens=str(keyring.path), jwt=provider) as server:
        await server.log.append([a_campaign_event(companyId="acme", status="NEW")])
        yield server


class Socket:
    """A WebSocket, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **message: object) -> None:
        await self.connection.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def closing_code(self) -> int:
        with pytest.raises(ConnectionClosed) as closed:
            await self.receive()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    async def begin(self, payload: Mapping[str, object]) -> None:
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == ACK

    async def campaign(self, query: str = CHANGES) -> str:
        payload = {"query": query}
        await self.send(type="subscribe", id="1", payload=payload)
        change = (await self.receive())["payload"]["data"]["campaignStatusChanged"]
        campaign: str = change["campaign"]["campaignId"]
        return campaign


@asynccontextmanager
async def a_socket(server: RunningServer, token: str | None = None) -> AsyncIterator[Socket]:
    address = server.url.replace("http", "ws") + "/graphql"
    headers = {} if token is None else bearing(token)
    protocols = [Subprotocol("graphql-transport-ws")]
    async with connect(address, subprotocols=protocols, additional_headers=headers) as connection:
        yield Socket(connection)


async def until_nobody_listens(server: RunningServer) -> None:
    async with asyncio.timeout(5):
        while server.services.follower.subscribers:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_a_token_is_shown_in_the_first_message(
    server: RunningServer, keyring: Keyring, name: str
) -> None:
    async with a_socket(server) as socket:
        await socket.begin({name: f"Bearer {keyring.add('acme', scopes=['read'])}"})

        assert await socket.campaign() == "c1"


async def test_a_token_is_shown_in_the_header_of_the_upgrade(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_socket(server, keyring.add("acme", scopes=["read"])) as socket:
        await socket.begin({})

        assert await socket.campaign() == "c1"


@pytest.mark.parametrize("payload", [bearing("wrong"), {"Authorization": ""}], ids=str)
async def test_the_message_rules_over_the_header(
    server: RunningServer, keyring: Keyring, payload: dict[str, str]
) -> None:
    async with a_socket(server, keyring.add("acme")) as socket:
        await socket.send(type="connection_init", payload=payload)

        assert await socket.closing_code() == 4401


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": ["Bearer"]},
        {"Authorization": None},
        {"Authorization": f"Bearer {jwts.a_jwt(exp=1)}"},
    ],
    ids=["none", "wrong", "basic", "list", "null", "expired"],
)
async def test_who_shows_no_token_is_closed_out(
    server: RunningServer, payload: dict[str, object]
) -> None:
    async with a_socket(server) as socket:
        await socket.send(type="connection_init", payload=payload)

        assert await socket.closing_code() == 4401


async def test_a_first_message_without_payload_shows_none(server: RunningServer) -> None:
    async with a_socket(server) as socket:
        await socket.send(type="connection_init")

        assert await socket.closing_code() == 4401


async def test_nothing_is_answered_before_the_first_message(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_socket(server, keyring.add()) as socket:
        await socket.send(type="subscribe", id="1", payload={"query": "{ __typename }"})

        assert await socket.closing_code() == 4401


async def test_a_token_for_something_else_is_forbidden(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_socket(server) as socket:
        token = keyring.add(scopes=["ingest", "operate"])
        await socket.send(type="connection_init", payload=bearing(token))

        assert await socket.closing_code() == 4403


async def test_a_socket_is_closed_when_its_token_expires(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_socket(server) as socket:
        await socket.begin(bearing(keyring.add("acme", expires_in_seconds=SOON)))
        await socket.campaign()

        assert await socket.closing_code() == 4403
    await until_nobody_listens(server)


async def test_a_socket_is_closed_when_the_providers_token_expires(server: RunningServer) -> None:
    async with a_socket(server) as socket:
        await socket.begin(bearing(jwts.a_jwt(exp=jwts.now() + 1)))
        await socket.campaign()

        assert await socket.closing_code() == 4403
    await until_nobody_listens(server)


async def test_a_socket_is_closed_when_its_token_is_revoked_and_no_other(
    server: RunningServer, keyring: Keyring
) -> None:
    token, other = keyring.add("acme"), keyring.add("acme")
    async with a_socket(server, token) as socket, a_socket(server, other) as stays:
        await socket.begin({})
        await stays.begin({})
        await socket.campaign()

        keyring.revoke(token)

        assert await socket.closing_code() == 4403
        assert await stays.campaign() == "c1"


async def test_what_comes_after_the_end_is_not_looked_at(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_socket(server) as socket:
        await socket.begin(bearing(keyring.add("acme", expires_in_seconds=SOON)))
        await asyncio.sleep(SOON / 2)
        sending = asyncio.create_task(_send_on(socket))

        code = await socket.closing_code()

        await asyncio.gather(sending, return_exceptions=True)
    assert code == 4403
    await until_nobody_listens(server)


async def _send_on(socket: Socket) -> None:
    for number in range(200):
        payload = {"query": "subscription { eventAppended { position } }"}
        await socket.send(type="subscribe", id=str(number), payload=payload)
        await asyncio.sleep(0.005)


@asynccontextmanager
async def a_stream(server: RunningServer, token: str) -> AsyncIterator[httpx.Response]:
    headers = {"Accept": "text/event-stream", **bearing(token)}
    async with server.client.stream(
        "POST", "/graphql", json={"query": CHANGES}, headers=headers, timeout=20
    ) as answer:
        yield answer


async def told(answer: httpx.Response) -> list[tuple[str, Any]]:
    """Return the events of a stream that ends, each with its data."""
    events, name = [], ""
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        name = value if field == "event" else name
        if field == "data" or line == "data:":
            events.append((name, json.loads(value) if value else None))
    return events


async def test_a_stream_ends_with_an_error_when_its_token_expires(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_stream(server, keyring.add("acme", expires_in_seconds=SOON)) as answer:
        change, error, end = await told(answer)

    assert change[1]["data"]["campaignStatusChanged"] == {"campaign": {"campaignId": "c1"}}
    assert error[1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end[0] == "complete"
    await until_nobody_listens(server)


async def test_a_stream_ends_with_an_error_when_its_token_is_revoked(
    server: RunningServer, keyring: Keyring
) -> None:
    token = keyring.add("acme")
    async with a_stream(server, token) as answer:
        keyring.revoke(token)
        *_, error, end = await told(answer)

    assert error[1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert end[0] == "complete"
    await until_nobody_listens(server)


async def test_a_client_that_leaves_is_watched_no_more(
    server: RunningServer, keyring: Keyring
) -> None:
    async with a_stream(server, keyring.add("acme", expires_in_seconds=60)) as answer:
        await anext(answer.aiter_lines())

    await until_nobody_listens(server)


@pytest.mark.parametrize(
    ("scopes", "status", "code"),
    [(None, 401, "UNAUTHENTICATED"), (["ingest"], 403, "FORBIDDEN_SCOPE")],
)
async def test_a_stream_is_not_begun_without_a_token_that_may(
    server: RunningServer,
    keyring: Keyring,
    scopes: list[str] | None,
    status: int,
    code: str,
) -> None:
    token = "wrong" if scopes is None else keyring.add(scopes=scopes)

    async with a_stream(server, token) as answer:
        await answer.aread()

        assert shown(answer)[:2] == (status, code)
