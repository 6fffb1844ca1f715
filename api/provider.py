"""JSON Web Tokens of an identity provider: whom they name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from api.identity import SCOPES, Identity
from api.jwt_settings import JwtSettings
from api.key_set import KeySet, open_keys, secret_key

_MAX_CHARACTERS = 16_384
_NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
_ALL = "*"

# Besides the signature: these must be there, and a short secret is none.
_OPTIONS: Any = {"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True}


class Provider:
    """Reads the tokens of one identity provider.

    Args:
        settings: What it signs with, and what its claims are called.
        keys: By default those that the settings name.

    Raises:
        SettingsError: The keys cannot be read.
    """

    def __init__(self, settings: JwtSettings, keys: KeySet | None = None) -> None:
        self._settings = settings
        self._keys = keys or _keys(settings)

    async def find(self, token: str) -> Identity | None:
        """Return whom a token names; `None` where it is forged, expired, or not meant for us."""
        if len(token) > _MAX_CHARACTERS:
            return None
        try:
            claims = await self._claims(token)
            return None if claims is None else self._identity(claims)
        except (PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None

    async def _claims(self, token: str) -> Mapping[str, Any] | None:
        """Return what a token says, once its signature holds.

        Its header only points at a key; the key, not the header, says the algorithm. So neither
        `none` nor a public key taken for a secret leads anywhere.
        """
        header = jwt.get_unverified_header(token)
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in self._settings.algorithms or not isinstance(kid, str | None):
            return None
        key = await self._keys.find(kid, algorithm)
        if key is None:
            return None
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            leeway=self._settings.leeway_seconds,
            options=_OPTIONS,
        )

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        """Read the claims.

        Raises:
            TypeError: They are of another kind.
        """
        ends = float(claims["exp"]) + self._settings.leeway_seconds
        companies = _names(_claim(claims, self._settings.companies_claim))
        return Identity(
            name=str(claims.get("sub", "?")),
            companies=None if _ALL in companies else tuple(sorted(companies)),
            scopes=SCOPES & _words(_claim(claims, self._settings.scopes_claim)),
            expires_at=datetime.fromtimestamp(min(ends, _NEVER.timestamp()), UTC),
        )


def _keys(settings: JwtSettings) -> KeySet:
    if settings.secret is not None:
        return secret_key(settings.secret)
    return open_keys(settings.keys or "")


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its name, else by its path through nested ones: `realm.companies`."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _words(value: object) -> frozenset[str]:
    """Read a list of words, or one text of them with spaces between, as OAuth spells scopes."""
    return _names(value.split() if isinstance(value, str) else value)


def _names(value: object) -> frozenset[str]:
    """Read a list of names, or one name; nothing names nothing.

    Raises:
        TypeError: It is something else.
    """
    if value is None:
        return frozenset()
    return frozenset(map(_name, value if isinstance(value, list) else [value]))


def _name(value: object) -> str:
    """Spell a name as the log spells ids: a whole number as its digits (D1)."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError("no name")
    return str(value)
