"""The gate: who is let in with what, and for how long."""

import asyncio
from datetime import timedelta
from pathlib import Path

import jwts
import pytest
from keyring import Keyring

from api.gate import (
    ForbiddenCompanyError,
    ForbiddenScopeError,
    Gate,
    UnauthenticatedError,
    bearer,
)
from api.identity import ANYBODY, Identity
from api.provider import Provider
from api.tokens import TokenFile


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "tokens.json")


@pytest.fixture
def gate(keyring: Keyring) -> Gate:
    return Gate(TokenFile(keyring.path), Provider(jwts.settings()))


async def test_everybody_is_let_in_where_no_tokens_are_configured() -> None:
    assert await Gate().admit(None, "operate") is ANYBODY
    assert await Gate().admit("anything", "read") is ANYBODY


async def test_a_machine_is_let_in_with_its_token(gate: Gate, keyring: Keyring) -> None:
    token = keyring.add("acme", scopes=["read"])

    assert (await gate.admit(token, "read")).companies == ("acme",)


async def test_a_person_is_let_in_with_the_providers_token(gate: Gate) -> None:
    assert (await gate.admit(jwts.a_jwt(), "read")).name == "ada"


@pytest.mark.parametrize("credential", [None, "", "wrong", "a.b.c", jwts.a_jwt(exp=1)])
async def test_nobody_else_is_let_in(gate: Gate, credential: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        await gate.admit(credential)


async def test_an_expired_token_is_as_an_unknown_one(gate: Gate, keyring: Keyring) -> None:
    expired = keyring.add(expires_in_seconds=-1)

    with pytest.raises(UnauthenticatedError) as known:
        await gate.admit(expired)
    with pytest.raises(UnauthenticatedError) as unknown:
        await gate.admit("unknown")
    assert str(known.value) == str(unknown.value)
    assert known.value.challenge == unknown.value.challenge


async def test_a_token_is_good_for_its_scopes_alone(gate: Gate, keyring: Keyring) -> None:
    token = keyring.add(scopes=["read", "ingest"])

    assert await gate.admit(token, "read", "ingest")
    with pytest.raises(ForbiddenScopeError, match="`operate`"):
        await gate.admit(token, "read", "operate")


async def test_what_is_of_all_companies_is_for_those_who_see_all(
    gate: Gate, keyring: Keyring
) -> None:
    assert await gate.admit_to_all(keyring.add(), "operate")
    with pytest.raises(ForbiddenCompanyError):
        await gate.admit_to_all(keyring.add("acme"), "operate")


async def test_a_token_that_is_new_is_known_at_once(gate: Gate, keyring: Keyring) -> None:
    for _ in range(3):
        assert await gate.admit(keyring.add())


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Basic abc", None),
        ("abc", None),
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("BEARER a b", "a b"),
    ],
)
def test_the_header_is_read_in_any_case(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


async def ends(gate: Gate, identity: Identity, *, within_seconds: float) -> bool:
    try:
        async with asyncio.timeout(within_seconds):
            await gate.lapse(identity)
    except TimeoutError:
        return False
    return True


async def test_a_token_lapses_when_it_expires(gate: Gate, keyring: Keyring) -> None:
    identity = await gate.admit(keyring.add(expires_in_seconds=0.3))

    assert not await ends(gate, identity, within_seconds=0.05)
    assert await ends(gate, identity, within_seconds=5)


async def test_a_providers_token_lapses_when_it_expires() -> None:
    gate = Gate(provider=Provider(jwts.settings(leeway_seconds=1)))
    identity = await gate.admit(jwts.a_jwt(exp=jwts.now()))

    assert await ends(gate, identity, within_seconds=5)


async def test_a_revoked_token_lapses_though_nobody_asks(gate: Gate, keyring: Keyring) -> None:
    token, other = keyring.add(), keyring.add()
    identity, stays = await gate.admit(token), await gate.admit(other)
    watching = asyncio.create_task(gate.watch())

    keyring.revoke(token)

    assert await ends(gate, identity, within_seconds=5)
    assert not await ends(gate, stays, within_seconds=0.05)
    watching.cancel()


async def test_a_token_without_an_end_does_not_lapse(gate: Gate, keyring: Keyring) -> None:
    identity = await gate.admit(keyring.add())

    assert not await ends(gate, identity, within_seconds=0.1)


async def test_an_end_far_away_is_waited_for(gate: Gate, keyring: Keyring) -> None:
    years = timedelta(days=3_650).total_seconds()
    identity = await gate.admit(keyring.add(expires_in_seconds=years))

    assert not await ends(gate, identity, within_seconds=0.1)
