"""Whose JSON Web Tokens are taken, as the environment says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from api.environ import SettingsError, whole_number

_MIN_SECRET_BYTES = 32  # as long as the digest of HS256 (RFC 7518, section 3.2)
_ALGORITHMS = frozenset({"RS256", "ES256", "HS256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtSettings:
    """Whose JSON Web Tokens are taken, and what their claims are called.

    Attributes:
        keys: The file or the URL of the provider's public keys (JWKS).
        secret: What HS256 signs with instead; at least 32 bytes.
        issuer: What `iss` must say.
        audience: What `aud` must name.
        algorithms: The only ones that are taken.
        companies_claim: Names the companies; `*` in it is all.
        scopes_claim: Names the scopes.
        leeway_seconds: How far the provider's clock may be off.
    """

    keys: str | None
    secret: str | None = field(repr=False)
    issuer: str
    audience: str
    algorithms: frozenset[str]
    companies_claim: str
    scopes_claim: str
    leeway_seconds: int

    @classmethod
    def from_given(cls, given: Mapping[str, str]) -> "JwtSettings | None":
        """Read what a provider's tokens need; none where neither keys nor a secret are named.

        Raises:
            SettingsError: Something is missing or cannot be used.
        """
        keys, secret = given.get("DIALGRAPH_JWT_KEYS"), given.get("DIALGRAPH_JWT_SECRET")
        if keys is None and secret is None:
            _check_unused(given)
            return None
        _check_keys(keys, secret)
        return cls(
            keys=keys,
            secret=secret,
            issuer=_required(given, "DIALGRAPH_JWT_ISSUER"),
            audience=_required(given, "DIALGRAPH_JWT_AUDIENCE"),
            algorithms=_algorithms(given, "RS256 ES256" if secret is None else "HS256"),
            companies_claim=given.get("DIALGRAPH_JWT_COMPANIES_CLAIM", "companies"),
            scopes_claim=given.get("DIALGRAPH_JWT_SCOPES_CLAIM", "scope"),
            leeway_seconds=whole_number(
                given, "DIALGRAPH_JWT_LEEWAY_SECONDS", default=30, most=600
            ),
        )


def _check_unused(given: Mapping[str, str]) -> None:
    """Refuse what would have no effect: who names an issuer means to ask for tokens."""
    for name in given:
        if name.startswith("DIALGRAPH_JWT_"):
            raise SettingsError(f"{name} needs DIALGRAPH_JWT_KEYS or DIALGRAPH_JWT_SECRET")


def _check_keys(keys: str | None, secret: str | None) -> None:
    if keys is not None and secret is not None:
        raise SettingsError("set either DIALGRAPH_JWT_KEYS or DIALGRAPH_JWT_SECRET, not both")
    if secret is not None and len(secret.encode()) < _MIN_SECRET_BYTES:
        raise SettingsError(f"DIALGRAPH_JWT_SECRET is short: use {_MIN_SECRET_BYTES} bytes or more")
    if keys is not None and keys.startswith("http://") and not _is_local(keys):
        raise SettingsError("DIALGRAPH_JWT_KEYS must be a file or begin with https://")


def _is_local(url: str) -> bool:
    try:
        return urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}
    except ValueError:
        return False


def _required(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise SettingsError(f"{name} must be set: tokens of anybody else must be refused")
    return given[name]


def _algorithms(given: Mapping[str, str], usual: str) -> frozenset[str]:
    named = frozenset(given.get("DIALGRAPH_JWT_ALGORITHMS", usual).replace(",", " ").split())
    if not named or not named <= _ALGORITHMS:
        raise SettingsError("DIALGRAPH_JWT_ALGORITHMS must be of RS256, ES256 and HS256")
    return named
