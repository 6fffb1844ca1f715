"""What browsers, pages and strangers may do at the doors, and what they are told."""

import ipaddress
import json
import logging
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from factories import a_campaign_event
from serving import RunningServer, a_server
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from api.web_settings import WebSettings

FRIEND = "https://desk.example.com"
ASK = {"query": "{ __typename }"}


@pytest.fixture(scope="module")
async def production(mongo_uri: str) -> AsyncIterator[RunningServer]:
    web = WebSettings(
        production=True,
        access_log=True,
        allowed_origins=(FRIEND,),
        allowed_hosts=("graph.example.com",),
    )
    async with a_server(mongo_uri, web=web) as server:
        yield server


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("dialgraph.localhost:1", 200),
        ("[::1]:8000", 200),
        ("192.168.1.7:8000", 200),
        ("evil.example.com:8000", 421),
        ("127.0.0.1.example.com", 421),
        ("[", 421),
        ("", 421),
    ],
)
async def test_on_loopback_only_names_of_this_machine_are_answered(
    server: RunningServer, host: str, status: int
) -> None:
    answer = await server.client.get("/healthz", headers={"Host": host})

    assert answer.status_code == status


async def test_a_name_that_is_allowed_is_answered(production: RunningServer) -> None:
    good = await production.client.get("/healthz", headers={"Host": "graph.example.com"})
    bad = await production.client.get("/healthz", headers={"Host": "evil.example.com"})

    assert (good.status_code, bad.status_code) == (200, 421)
    assert bad.json()["error"]["code"] == "HOST_NOT_ALLOWED"


@pytest.mark.parametrize("path", ["/events", "/graphql"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    ],
    ids=str,
)
async def test_a_page_of_another_origin_can_neither_post_nor_ask(
    server: RunningServer, path: str, headers: dict[str, str]
) -> None:
    headers = {**headers, "Content-Type": "text/plain"}

    answer = await server.client.post(path, content=a_campaign_event(), headers=headers)

    assert answer.status_code == httpx.codes.FORBIDDEN
    assert answer.json()["error"]["code"] == "CROSS_ORIGIN"


async def test_a_link_to_graphiql_is_followed_and_one_that_asks_is_not(
    server: RunningServer,
) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Accept": "text/html"}

    page = await server.client.get("/graphql", headers=link)
    asked = await server.client.get("/graphql", params=ASK, headers=link)

    assert (page.status_code, asked.status_code) == (200, 403)


async def test_a_page_of_our_own_asks_as_before(server: RunningServer) -> None:
    own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}

    answer = await server.client.post("/graphql", json=ASK, headers=own)

    assert answer.json()["data"] == {"__typename": "Query"}


async def test_a_page_of_a_friend_may_ask_and_read(production: RunningServer) -> None:
    asks = {"Access-Control-Request-Method": "POST"}
    asks |= {"Access-Control-Request-Headers": "content-type,authorization"}

    first = await production.client.options("/graphql", headers={"Origin": FRIEND, **asks})
    answer = await production.client.post("/graphql", json=ASK, headers={"Origin": FRIEND})
    foreign = await production.client.options(
        "/graphql", headers={"Origin": "https://evil.example.com", **asks}
    )

    assert first.status_code == httpx.codes.OK
    assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
    assert answer.json()["data"] == {"__typename": "Query"}
    assert foreign.status_code == httpx.codes.FORBIDDEN
    assert "Access-Control-Allow-Origin" not in foreign.headers


@pytest.mark.parametrize(("origin", "is_let_in"), [(FRIEND, True), ("https://evil.test", False)])
async def test_a_socket_is_opened_to_pages_of_friends_alone(
    production: RunningServer, origin: str, *, is_let_in: bool
) -> None:
    opening = connect(
        production.url.replace("http", "ws") + "/graphql",
        origin=Origin(origin),
        subprotocols=[Subprotocol("graphql-transport-ws")],
    )
    try:
        async with opening as socket:
            was_let_in = socket.subprotocol is not None
    except InvalidStatus:
        was_let_in = False

    assert was_let_in is is_let_in


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/graphql", "/events"])
async def test_every_answer_tells_browsers_to_be_careful(server: RunningServer, path: str) -> None:
    answer = await server.client.get(path)

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers


async def test_a_fault_carries_the_headers_and_the_id_too(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.log, "deliver", None)

    answer = await server.post(a_campaign_event())

    assert answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert answer.json()["error"]["requestId"] == answer.headers["X-Request-ID"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_fault_of_a_field_carries_the_id_in_the_answer_and_in_the_log(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("api.query.roots.log", None)

    answer = await server.client.post(
        "/graphql", json={"query": "{ log { position } }"}, headers={"X-Request-ID": "named"}
    )

    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "named"}
    assert caplog.messages[0].startswith("request named: ")


@pytest.mark.parametrize(
    ("given", "is_kept"), [("trace-1:a.b_c", True), ("x" * 65, False), ("a b", False), ("", False)]
)
async def test_a_request_keeps_the_id_that_it_came_with_if_it_is_one(
    server: RunningServer, given: str, *, is_kept: bool
) -> None:
    answer = await server.client.get("/healthz", headers={"X-Request-ID": given})

    assert (answer.headers["X-Request-ID"] == given) is is_kept
    assert answer.headers["X-Request-ID"]


async def test_the_access_log_has_nothing_of_what_was_asked(
    production: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="dialgraph.access")

    headers = {"X-Request-ID": "named", "Authorization": "Bearer hidden"}
    await production.client.post("/events/secret-token?phone=380501234567", headers=headers)
    await production.client.get("/graphql?query=secret", headers=headers)
    await production.client.get("/secret", headers=headers)

    lines = [re.sub(r"[\d.]+ ms", "ms", each.getMessage()) for each in caplog.records]
    assert lines == [
        "POST /events/{token} 400 ms named",
        "GET /graphql 403 ms named",
        "GET none 404 ms named",
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"GraphQL-Require-Preflight": "1"},
        {"Apollo-Require-Preflight": "true"},
        {"X-Apollo-Operation-Name": "Q"},
        {"Content-Type": "application/json"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
async def test_in_production_a_query_in_the_address_comes_with_what_no_page_sends_unasked(
    production: RunningServer, headers: dict[str, str]
) -> None:
    bare = await production.client.get("/graphql", params=ASK)
    sound = await production.client.get("/graphql", params=ASK, headers=headers)

    assert bare.status_code == httpx.codes.FORBIDDEN
    assert bare.json()["errors"][0]["extensions"]["code"] == "PREFLIGHT_REQUIRED"
    assert sound.json()["data"] == {"__typename": "Query"}


async def test_over_tls_browsers_are_told_to_stay_there(mongo_uri: str, tmp_path: Path) -> None:
    cert, key = a_certificate(tmp_path)
    web = WebSettings(tls_cert=cert, tls_key=key)
    async with a_server(mongo_uri, web=web) as server:
        trusting = ssl.create_default_context(cafile=str(cert))
        url = server.url.replace("http", "https")
        async with httpx.AsyncClient(base_url=url, verify=trusting) as client:
            answer = await client.post("/graphql", json=ASK)

    assert answer.json()["data"] == {"__typename": "Query"}
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for 127.0.0.1, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), "dialgraph"
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    unlocked = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, plain, unlocked))
    return folder / "cert.pem", folder / "key.pem"


# The checks of graphql-cop, by its names for them: each is what it sends, and what it looks for.


async def cop(server: RunningServer, query: str) -> str:
    return (await server.client.post("/graphql", json={"query": query})).text


async def test_cop_alias_overloading(production: RunningServer) -> None:
    aliases = " ".join(f"alias{n}:__typename" for n in range(101))

    assert '"data"' not in await cop(production, f"query cop {{ {aliases} }}")


async def test_cop_array_based_query_batching(production: RunningServer) -> None:
    batch = [{"query": "query cop { __typename }"}] * 10

    answer = await production.client.post("/graphql", json=batch)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert '"data"' not in answer.text


async def test_cop_circular_fragment(production: RunningServer) -> None:
    circle = "fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"

    assert '"errors"' in await cop(production, f"query cop {{ __schema {{ ...A }} }} {circle}")


async def test_cop_directive_overloading(production: RunningServer) -> None:
    answer = json.loads(await cop(production, "query cop { __typename " + "@aa" * 10 + " }"))

    assert len(answer["errors"]) < 10


async def test_cop_introspection_based_circular_query(production: RunningServer) -> None:
    deep = "{ fields { type " * 5 + "{ name }" + " } }" * 5

    assert '"data"' not in await cop(production, f"query cop {{ __schema {{ types {deep} }} }}")


async def test_cop_field_duplication(production: RunningServer) -> None:
    assert '"data"' not in await cop(production, "query cop { " + "__typename \n" * 500 + " }")


async def test_cop_field_suggestions(production: RunningServer) -> None:
    assert "Did you mean" not in await cop(production, "query cop { __schema { directive } }")


@pytest.mark.parametrize("path", ["/graphql", "/graphiql", "/playground", "/console", "/"])
async def test_cop_graphiql(production: RunningServer, path: str) -> None:
    page = await production.client.get(path, headers={"Accept": "text/html"})

    assert page.status_code >= httpx.codes.BAD_REQUEST
    assert "graphiql" not in page.text.lower()


async def test_cop_introspection(production: RunningServer) -> None:
    answer = await cop(production, "query cop { __schema { types { name fields { name } } } }")

    assert '"data"' not in answer


async def test_cop_get_method_query_support(production: RunningServer) -> None:
    answer = await production.client.get("/graphql?query=query cop {__typename}")

    assert '"data"' not in answer.text


async def test_cop_mutation_over_get(production: RunningServer) -> None:
    answer = await production.client.get("/graphql?query=mutation cop {__typename}")

    assert '"data"' not in answer.text


async def test_cop_post_based_url_encoded_query(production: RunningServer) -> None:
    answer = await production.client.post("/graphql", data={"query": "query cop { __typename }"})

    assert answer.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE


async def test_cop_trace_mode(production: RunningServer) -> None:
    answer = await cop(production, "query cop { __typename }")

    assert "tracing" not in answer


async def test_cop_unhandled_errors(production: RunningServer) -> None:
    answer = (await cop(production, "qwerty cop { abc }")).lower()

    assert "exception" not in answer
    assert "traceback" not in answer
