"""The tokens of an identity provider: which are taken, and what they say."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwts
import pytest
from jwts import EC_KEY, RSA_KEY, RSA_PEM, SECRET, a_jwt, ec_jwk, key_set, oct_jwk, rsa_jwk

from api.identity import Identity
from api.key_set import FixedKeys, read_keys, secret_key
from api.provider import Provider

RSA_AND_EC = FixedKeys(read_keys(key_set(rsa_jwk(), ec_jwk()), "here"))


async def found(token: str, provider: Provider | None = None, **changed: object) -> Identity:
    """Return whom a token names that must be good."""
    identity = await (provider or Provider(jwts.settings(**changed))).find(token)
    assert identity is not None
    return identity


async def is_refused(token: str, provider: Provider | None = None, **changed: object) -> bool:
    return await (provider or Provider(jwts.settings(**changed))).find(token) is None


def a_provider(*keys: dict[str, Any], **changed: object) -> Provider:
    given = jwts.settings(secret=None, **changed)
    return Provider(given, FixedKeys(read_keys(key_set(*keys), "here", with_secrets=True)))


def forged(header: dict[str, object], signature: bytes = b"", **claims: object) -> str:
    """Spell a token that nobody signed."""
    payload = {**jwts.CLAIMS, "exp": int(time.time()) + 600, **claims}
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [(RSA_KEY, "RS256", "rsa"), (EC_KEY, "ES256", "ec"), (SECRET, "HS256", "oct")],
)
async def test_a_signed_token_says_who_asks(key: object, algorithm: str, kid: str) -> None:
    provider = a_provider(rsa_jwk(), ec_jwk(), oct_jwk())

    identity = await found(a_jwt(key, algorithm, kid), provider)

    assert (identity.name, identity.companies) == ("ada", ("acme",))
    assert identity.scopes == {"read"}


async def test_a_token_without_a_key_id_is_checked_with_the_one_key_there_is() -> None:
    assert await found(a_jwt(RSA_KEY, "RS256"), a_provider(rsa_jwk(), ec_jwk()))


async def test_a_token_without_a_key_id_is_refused_where_there_are_two() -> None:
    provider = a_provider(rsa_jwk("one"), rsa_jwk("two"))

    assert await is_refused(a_jwt(RSA_KEY, "RS256"), provider)


async def test_an_unsigned_token_is_refused() -> None:
    token = a_jwt(None, None)

    assert await is_refused(token)
    assert await is_refused(token, a_provider(rsa_jwk()))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 7, ["HS256"]], ids=repr)
@pytest.mark.parametrize("kid", ["rsa", None])
async def test_a_token_cannot_choose_to_go_unchecked(algorithm: object, kid: str | None) -> None:
    header = {"typ": "JWT", "alg": algorithm} | ({} if kid is None else {"kid": kid})

    assert await is_refused(forged(header), a_provider(rsa_jwk(), oct_jwk()))


async def test_a_public_key_is_no_secret() -> None:
    """A token that is signed by HMAC with the bytes of the public key, which everybody has."""
    for secret in (RSA_PEM, RSA_PEM.strip(), json.dumps(rsa_jwk()).encode()):
        for kid in ("rsa", None):
            token = _signed_by_hmac(secret, kid)

            assert await is_refused(token, a_provider(rsa_jwk()))
            assert await is_refused(token, a_provider(rsa_jwk(), oct_jwk()))


def _signed_by_hmac(secret: bytes, kid: str | None) -> str:
    """Sign with what PyJWT itself would refuse to sign with."""
    header = {"alg": "HS256", "typ": "JWT"} | ({} if kid is None else {"kid": kid})
    unsigned = forged(header).rpartition(".")[0]
    signature = hmac.digest(secret, unsigned.encode(), hashlib.sha256)
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def test_the_secret_opens_where_it_is_one() -> None:
    assert await found(_signed_by_hmac(SECRET.encode(), None))


async def test_a_key_is_bound_to_its_algorithm() -> None:
    assert await is_refused(a_jwt(RSA_KEY, "RS512", "rsa"), a_provider(rsa_jwk()))
    assert await is_refused(a_jwt(RSA_KEY, "PS256", "rsa"), a_provider(rsa_jwk(alg="PS256")))


async def test_only_listed_algorithms_are_taken() -> None:
    only = {"algorithms": frozenset({"ES256"})}
    provider = a_provider(rsa_jwk(), ec_jwk(), **only)

    assert await is_refused(a_jwt(RSA_KEY, "RS256", "rsa"), provider)
    assert await found(a_jwt(EC_KEY, "ES256", "ec"), provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example/"},
        {"aud": "another"},
        {"aud": []},
        {"exp": 1},
        {"exp": "soon"},
        {"exp": None},
        {"nbf": 2**40},
        {"iat": 2**40},
        {"companies": {"acme": True}},
        {"companies": [["acme"]]},
        {"companies": [True]},
        {"companies": 1.5},
        {"scope": {"read": 1}},
        {"scope": [1.5]},
    ],
    ids=str,
)
async def test_a_claim_that_is_not_as_it_must_be_is_refused(claims: dict[str, Any]) -> None:
    assert await is_refused(a_jwt(**claims))


@pytest.mark.parametrize("name", ["exp", "iss", "aud"])
async def test_a_token_must_say_whose_it_is_for_whom_and_until_when(name: str) -> None:
    assert await is_refused(a_jwt(without=name))


async def test_one_of_several_audiences_is_enough() -> None:
    assert await found(a_jwt(aud=["another", jwts.AUDIENCE]))


async def test_a_clock_may_be_a_little_off() -> None:
    now = int(time.time())

    assert await found(a_jwt(exp=now - 20, nbf=now + 20))
    assert await is_refused(a_jwt(exp=now - 40))
    assert await is_refused(a_jwt(exp=now - 20), leeway_seconds=1)


async def test_a_token_holds_to_its_end_and_the_leeway() -> None:
    identity = await found(a_jwt(exp=int(time.time()) + 100))

    assert 120 < identity.seconds_left() < 131


async def test_an_end_beyond_the_calendar_is_never() -> None:
    assert (await found(a_jwt(exp=10**15))).seconds_left() > 10**9


@pytest.mark.parametrize(
    ("claim", "companies"),
    [
        (["b", "a", "b"], ("a", "b")),
        ([7, "acme"], ("7", "acme")),
        ("one with spaces", ("one with spaces",)),
        ([], ()),
        (["*"], None),
        ("*", None),
        (None, ()),
    ],
    ids=str,
)
async def test_the_companies_are_those_that_a_claim_names(
    claim: object, companies: tuple[str, ...] | None
) -> None:
    assert (await found(a_jwt(companies=claim))).companies == companies


async def test_who_names_no_company_sees_none() -> None:
    assert (await found(a_jwt(without="companies"))).companies == ()


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        ("openid read ingest", {"read", "ingest"}),
        (["read", "everything"], {"read"}),
        ("", set()),
        (None, set()),
    ],
    ids=str,
)
async def test_scopes_that_are_not_ours_mean_nothing(claim: object, scopes: set[str]) -> None:
    assert (await found(a_jwt(scope=claim))).scopes == scopes


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("https://provider.example/companies", {"https://provider.example/companies": ["a"]}),
        ("realm.access.companies", {"realm": {"access": {"companies": ["a"]}}}),
        ("realm.companies", {"realm.companies": ["a"], "realm": {"companies": ["b"]}}),
    ],
)
async def test_a_claim_is_found_by_its_name_or_its_path(name: str, claims: dict[str, Any]) -> None:
    assert (await found(a_jwt(**claims), companies_claim=name)).companies == ("a",)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "\ud800.a.b", "e30.e30.", "bnVsbA.e30.", "W10.e30.e30"],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    assert await is_refused(token)


async def test_a_header_cannot_be_nested_too_deep() -> None:
    header = base64.urlsafe_b64encode(b"[" * 9_000).decode()

    assert await is_refused(f"{header}.e30.e30")


async def test_a_token_has_a_length() -> None:
    assert await is_refused(a_jwt(name="x" * 16_384))


async def test_a_changed_token_is_refused() -> None:
    head, payload, signature = a_jwt().split(".")
    _, other, _ = a_jwt(companies=["*"]).split(".")

    assert await is_refused(f"{head}.{other}.{signature}")
    assert await is_refused(f"{head}.{payload}.")


async def test_a_short_secret_is_none() -> None:
    short, long = b"31 bytes are one byte too short", b"and with 32 bytes there are enough"[:32]

    assert await is_refused(_signed_by_hmac(short, "oct"), a_provider(oct_jwk(short)))
    assert await found(_signed_by_hmac(long, "oct"), a_provider(oct_jwk(long)))


async def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(key_set(rsa_jwk(), oct_jwk()))
    provider = Provider(jwts.settings(secret=None, keys=str(file)))

    assert await found(a_jwt(RSA_KEY, "RS256", "rsa"), provider)
    assert await found(a_jwt(kid="oct"), provider)


async def test_the_secret_of_the_environment_is_the_key_of_every_token() -> None:
    assert await secret_key(SECRET).find(None, "HS256") is not None
    assert await secret_key(SECRET).find(None, "RS256") is None
