"""Documents that are named instead of sent, at each door."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from serving import RunningServer, a_server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

from api.errors import ClientError
from api.graphql_request import MAX_REQUEST_BYTES
from api.persisted_documents import AutomaticDocuments
from api.web_settings import WebSettings

QUERY = "query Named { __typename }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()
OTHER = "query Other { log { position } }"

GENERATED = {HASH: QUERY, "sha256:abc": OTHER}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": HASH, "name": "Named", "type": "query", "body": QUERY},
        {"id": "abc", "name": "Other", "type": "query", "body": OTHER},
    ],
}


def apollo(name: str = HASH, **more: object) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": name}}, **more}


async def ask(server: RunningServer, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the data, or the code of the error."""
    answer = (await server.client.post("/graphql", json=body)).json()
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer["data"]


@pytest.fixture(scope="module", params=[GENERATED, APOLLO], ids=["generated", "apollo"])
async def trusting(
    mongo_uri: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningServer]:
    manifest = tmp_path_factory.mktemp("manifest") / "manifest.json"
    manifest.write_text(json.dumps(request.param), encoding="utf-8")
    async with a_server(mongo_uri, web=WebSettings(trusted_documents=manifest)) as server:
        yield server


async def test_a_document_is_sent_once_and_named_from_then_on(server: RunningServer) -> None:
    unknown = await ask(server, apollo())
    sent = await ask(server, apollo(query=QUERY))
    named = await ask(server, apollo())
    by_id = await ask(server, {"documentId": f"sha256:{HASH}"})

    assert unknown == "PERSISTED_QUERY_NOT_FOUND"
    assert sent == named == by_id == {"__typename": "Query"}


async def test_apollos_clients_are_told_in_their_own_words(server: RunningServer) -> None:
    answer = await server.client.post("/graphql", json=apollo("0" * 64))

    assert answer.status_code == 200
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_a_document_may_be_named_in_the_address(server: RunningServer) -> None:
    await ask(server, apollo(query=QUERY))
    parameters = {"extensions": json.dumps(apollo()["extensions"])}

    answer = await server.client.get("/graphql", params=parameters)

    assert answer.json()["data"] == {"__typename": "Query"}


async def test_a_document_that_is_not_the_one_it_is_called_is_refused(
    server: RunningServer,
) -> None:
    assert await ask(server, apollo(query=OTHER)) == "PERSISTED_QUERY_MISMATCH"


@pytest.mark.parametrize(
    "persisted", [3, [], {}, {"sha256Hash": 3}, {"version": 2, "sha256Hash": HASH}]
)
async def test_what_is_no_name_is_refused(server: RunningServer, persisted: object) -> None:
    body = {"query": QUERY, "extensions": {"persistedQuery": persisted}}

    assert await ask(server, body) == "BAD_REQUEST"


@pytest.mark.parametrize("body", [{"documentId": 3}, {"documentId": None}, {}])
async def test_a_request_without_a_document_is_refused(
    server: RunningServer, body: dict[str, Any]
) -> None:
    assert await ask(server, body) == "BAD_REQUEST"


async def test_over_a_socket_documents_are_named_too(server: RunningServer) -> None:
    async with a_socket(server) as socket:
        assert await heard(socket, apollo("f" * 64)) == "PERSISTED_QUERY_NOT_FOUND"
        assert await heard(socket, apollo(query=QUERY)) == {"__typename": "Query"}
        assert await heard(socket, apollo()) == {"__typename": "Query"}
        assert await heard(socket, {"documentId": HASH}) == {"__typename": "Query"}


@asynccontextmanager
async def a_socket(server: RunningServer) -> AsyncIterator[ClientConnection]:
    address = server.url.replace("http", "ws") + "/graphql"
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        yield socket


async def heard(socket: ClientConnection, payload: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return the data that a socket is told, or the code of the error."""
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
    message = json.loads(await socket.recv())
    if message["type"] == "error":
        return message["payload"][0]["extensions"]["code"]
    await socket.recv()
    return message["payload"]["data"]


async def test_over_a_socket_a_document_that_is_too_large_ends_only_itself(
    server: RunningServer,
) -> None:
    async with a_socket(server) as socket:
        large = {"query": "{ __typename }" + " " * 50_000}

        assert await heard(socket, large) == "DOCUMENT_TOO_LARGE"
        assert await heard(socket, {"query": QUERY}) == {"__typename": "Query"}


async def test_a_frame_over_the_limit_ends_the_socket(server: RunningServer) -> None:
    async with a_socket(server) as socket:
        await socket.send("x" * (MAX_REQUEST_BYTES + 1))

        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (apollo(), {"__typename": "Query"}),
        ({"documentId": HASH}, {"__typename": "Query"}),
        ({"documentId": f"sha256:{HASH}"}, {"__typename": "Query"}),
        ({"documentId": "abc"}, {"log": {"position": 0}}),
        ({"query": QUERY}, {"__typename": "Query"}),
        ({"query": QUERY + " "}, "DOCUMENT_NOT_TRUSTED"),
        (apollo("0" * 64, query="{ __typename }"), "DOCUMENT_NOT_TRUSTED"),
        ({"documentId": "xyz"}, "DOCUMENT_NOT_TRUSTED"),
    ],
)
async def test_only_trusted_documents_are_run(
    trusting: RunningServer, body: dict[str, Any], answer: object
) -> None:
    assert await ask(trusting, body) == answer


async def test_over_a_socket_only_trusted_documents_are_run(trusting: RunningServer) -> None:
    async with a_socket(trusting) as socket:
        assert await heard(socket, {"query": "{ __typename }"}) == "DOCUMENT_NOT_TRUSTED"
        assert await heard(socket, {"documentId": HASH}) == {"__typename": "Query"}


def test_the_documents_of_clients_are_remembered_in_bounded_memory() -> None:
    documents = AutomaticDocuments(room=100)
    texts = [f"{{ field{number:04} }}" for number in range(50)]
    names = [hashlib.sha256(text.encode()).hexdigest() for text in texts]

    for text, name in zip(texts, names, strict=True):
        documents.text(text, name)

    assert len(documents) == 100 // len(texts[0])
    assert documents.text(None, names[-1]) == texts[-1]
    with pytest.raises(ClientError, match="PersistedQueryNotFound"):
        documents.text(None, names[0])


def test_a_document_that_is_too_long_is_not_remembered() -> None:
    documents, text = AutomaticDocuments(), "{ a }" + " " * 20_000

    assert documents.text(text, hashlib.sha256(text.encode()).hexdigest()) == text
    assert len(documents) == 0
