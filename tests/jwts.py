"""An identity provider for tests: keys, and tokens that they sign."""

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from api.jwt_settings import JwtSettings

ISSUER, AUDIENCE = "https://provider.example/", "dialgraph"
SECRET = "a secret of exactly 32 bytes ...."
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_PEM = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "companies": ["acme"], "scope": "read"}


def settings(**changed: object) -> JwtSettings:
    given: dict[str, Any] = {
        "keys": None,
        "secret": SECRET,
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "algorithms": frozenset({"RS256", "ES256", "HS256"}),
        "companies_claim": "companies",
        "scopes_claim": "scope",
        "leeway_seconds": 30,
    }
    return JwtSettings(**{**given, **changed})


def a_jwt(
    key: Any = SECRET,  # noqa: ANN401 - whatever PyJWT signs with
    algorithm: str | None = "HS256",
    kid: str | None = None,
    *,
    without: str = "",
    **claims: object,
) -> str:
    """Sign a good token, but for what is said."""
    payload = {**CLAIMS, "exp": int(time.time()) + 600, **claims}
    payload.pop(without, None)
    return jwt.encode(payload, key, algorithm, {} if kid is None else {"kid": kid})


def rsa_jwk(kid: str = "rsa", **changed: object) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": kid, **changed}


def ec_jwk(kid: str = "ec", **changed: object) -> dict[str, Any]:
    return {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": kid, **changed}


def oct_jwk(secret: bytes = SECRET.encode(), kid: str = "oct") -> dict[str, Any]:
    spelled = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    return {"kty": "oct", "k": spelled, "kid": kid, "alg": "HS256"}


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def now() -> int:
    return int(time.time())
