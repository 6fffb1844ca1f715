"""The doors with tokens: who is let in where, and what the others are told."""

import json
import logging
from collections.abc import AsyncIterator

import httpx
import jwts
import pytest
from factories import a_campaign_event
from keyring import Keyring, bearing, shown
from serving import RunningServer, a_server

from store.collections import QUARANTINE

MISSING = (401, "UNAUTHENTICATED", 'Bearer realm="dialgraph"')
INVALID = (401, "UNAUTHENTICATED", 'Bearer realm="dialgraph", error="invalid_token"')
QUERY = {"query": "{ __typename }"}


def needs(scope: str) -> tuple[int, str, str]:
    challenge = f'Bearer realm="dialgraph", error="insufficient_scope", scope="{scope}"'
    return 403, "FORBIDDEN_SCOPE", challenge


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keyring") / "tokens.json")


@pytest.fixture(scope="module")
async def server(mongo_uri: str, keyring: Keyring) -> AsyncIterator[RunningServer]:
    """A server that asks for tokens, of machines and of a provider."""
    async with a_server(mongo_uri, tokens=str(keyring.path), jwt=jwts.settings()) as server:
        yield server


async def post(server: RunningServer, token: str | None, body: bytes) -> httpx.Response:
    headers = {} if token is None else bearing(token)
    return await server.client.post("/events", content=body, headers=headers)


async def ask(server: RunningServer, token: str | None) -> httpx.Response:
    headers = {} if token is None else bearing(token)
    return await server.client.post("/graphql", json=QUERY, headers=headers)


DOORS = [
    ("POST", "/events"),
    ("POST", "/graphql"),
    ("GET", "/graphql?query=%7B__typename%7D"),
    ("GET", "/metrics"),
]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_without_a_token_nobody_is_let_in(
    server: RunningServer, method: str, path: str
) -> None:
    answer = await server.client.request(method, path)

    assert shown(answer) == MISSING


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize("header", ["Bearer wrong", f"Bearer {jwts.a_jwt(exp=1)}"], ids=[0, 1])
async def test_with_a_token_of_nobody_neither(
    server: RunningServer, method: str, path: str, header: str
) -> None:
    answer = await server.client.request(method, path, headers={"Authorization": header})

    assert shown(answer) == INVALID


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "wrong", "Bearer"])
async def test_other_credentials_are_none(server: RunningServer, header: str) -> None:
    answer = await server.client.get("/metrics", headers={"Authorization": header})

    assert shown(answer) == MISSING


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_health_is_for_everybody(server: RunningServer, path: str) -> None:
    assert (await server.client.get(path)).status_code == httpx.codes.OK


async def test_the_page_is_for_everybody_and_shows_nothing_of_the_log(
    server: RunningServer,
) -> None:
    answer = await server.client.get("/graphql", headers={"Accept": "text/html"})

    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("scope", ["read", "personal-data", "operate"])
async def test_posting_needs_ingest(server: RunningServer, keyring: Keyring, scope: str) -> None:
    refused = await post(server, keyring.add(scopes=[scope]), a_campaign_event())
    taken = await post(server, keyring.add(scopes=["ingest"]), a_campaign_event())

    assert shown(refused) == needs("ingest")
    assert taken.status_code == httpx.codes.OK


async def test_asking_needs_read(server: RunningServer, keyring: Keyring) -> None:
    refused = await ask(server, keyring.add(scopes=["ingest", "operate"]))
    answered = await ask(server, keyring.add(scopes=["read"]))

    assert shown(refused) == needs("read")
    assert answered.json()["data"] == {"__typename": "Query"}


async def test_metrics_need_operate_and_all_companies(
    server: RunningServer, keyring: Keyring
) -> None:
    async def metrics(token: str) -> httpx.Response:
        return await server.client.get("/metrics", headers=bearing(token))

    assert shown(await metrics(keyring.add(scopes=["read"]))) == needs("operate")
    assert shown(await metrics(keyring.add("acme", scopes=["operate"])))[:2] == (
        403,
        "FORBIDDEN_COMPANY",
    )
    assert (await metrics(keyring.add(scopes=["operate"]))).status_code == httpx.codes.OK


async def test_the_quarantine_needs_operate(server: RunningServer, keyring: Keyring) -> None:
    query = {"query": "{ quarantine { totalCount } }"}

    async def asked(*scopes: str) -> httpx.Response:
        headers = bearing(keyring.add(scopes=scopes))
        return await server.client.post("/graphql", json=query, headers=headers)

    [error] = (await asked("read")).json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN_SCOPE"
    assert "data" in (await asked("read", "operate")).json()


async def test_a_providers_token_opens_what_it_says(server: RunningServer) -> None:
    answer = await ask(server, jwts.a_jwt())
    refused = await post(server, jwts.a_jwt(), a_campaign_event(companyId="acme"))

    assert answer.status_code == httpx.codes.OK
    assert shown(refused) == needs("ingest")


async def test_a_dialer_that_cannot_set_headers_shows_its_token_in_the_address(
    server: RunningServer, keyring: Keyring
) -> None:
    token = keyring.add("acme", scopes=["ingest"])

    taken = await server.post(a_campaign_event(companyId="acme"), path=f"/events/{token}")
    refused = await server.post(a_campaign_event(companyId="acme"), path="/events/wrong")

    assert taken.status_code == httpx.codes.OK
    assert shown(refused) == INVALID


async def test_a_refused_body_is_not_read(server: RunningServer) -> None:
    answer = await post(server, None, b"!" * 1_000)

    assert shown(answer) == MISSING
    assert await server.log.database.find(QUARANTINE, {"raw": b"!" * 1_000}) == []


async def test_d22_an_event_of_another_company_is_forbidden(
    server: RunningServer, keyring: Keyring
) -> None:
    token = keyring.add("mine", scopes=["ingest"])
    foreign, own = a_campaign_event(companyId="theirs"), a_campaign_event(companyId="mine")

    all_foreign = await post(server, token, b"[%b, %b]" % (foreign, foreign))
    mixed = await post(server, token, b"[%b, %b]" % (foreign, own))

    assert all_foreign.status_code == httpx.codes.FORBIDDEN
    assert {each["code"] for each in all_foreign.json()["rejected"]} == {"FORBIDDEN_COMPANY"}
    assert mixed.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert mixed.json()["appended"] == 1


async def test_no_token_is_logged(
    server: RunningServer, keyring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    tokens = [keyring.add(), "dialgraph_" + "x" * 43, jwts.a_jwt(exp=1)]

    with caplog.at_level(logging.DEBUG):
        for token in tokens:
            await server.post(a_campaign_event(), path=f"/events/{token}")
            await server.client.get(f"/nowhere/{token}", headers=bearing(token))
            await ask(server, token)

    # The client of this test logs what it asks for.
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("http")]
    assert [each for each in ours if any(token in each for token in tokens)] == []


async def test_no_answer_repeats_the_token(server: RunningServer) -> None:
    bad = "dialgraph_" + "x" * 43

    answers = [
        await ask(server, bad),
        await post(server, bad, b"{}"),
        await server.post(b"{}", path=f"/events/{bad}"),
    ]

    for answer in answers:
        assert bad not in answer.text + json.dumps(dict(answer.headers))


async def test_the_metrics_do_not_show_the_token_of_an_address(
    server: RunningServer, keyring: Keyring
) -> None:
    token = keyring.add()
    await server.post(a_campaign_event(), path=f"/events/{token}")

    metrics = await server.client.get("/metrics", headers=bearing(token))

    assert token not in metrics.text
    assert "/events/{token}" in metrics.text


async def test_a_token_made_while_it_runs_is_known_and_a_revoked_one_is_not(
    server: RunningServer, keyring: Keyring
) -> None:
    token = keyring.add()
    known = await ask(server, token)

    keyring.revoke(token)

    assert known.status_code == httpx.codes.OK
    assert shown(await ask(server, token)) == INVALID
