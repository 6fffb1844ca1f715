"""The keys of an identity provider (JWKS): from a file, or from a URL and then kept for a while."""

import asyncio
import base64
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import httpx
import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from api.environ import SettingsError
from api.posting import tls

_MAX_BYTES = 2**20
_TIMEOUT_SECONDS = 5.0
_FRESH_SECONDS = 600.0
_STALE_SECONDS = 86_400.0
_PAUSE_SECONDS = 30.0

_log = logging.getLogger("dialgraph.gate")


class KeySet(Protocol):
    """Where keys are found."""

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key of that id for that algorithm; without an id, where there is but one."""


class FixedKeys:
    """Keys that stay.

    Args:
        keys: All of them.
    """

    def __init__(self, keys: Sequence[PyJWK]) -> None:
        self._keys = keys

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key that fits, see `KeySet`."""
        return chosen(self._keys, kid, algorithm)


class UrlKeys:
    """Keys that a provider serves, and changes from time to time.

    They are fetched again after ten minutes, and when a token names one that is not known: at most
    every half minute, so that made-up names cannot make us flood the provider. While it does not
    answer, the keys that are known go on to hold, for a day.

    Args:
        url: Where they are.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: Sequence[PyJWK] = ()
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key that fits, see `KeySet`."""
        age_seconds = time.monotonic() - self._fetched_at
        if age_seconds > _FRESH_SECONDS:
            self._refreshing = asyncio.create_task(self._fetch())
        key = chosen(self._keys, kid, algorithm) if age_seconds < _STALE_SECONDS else None
        if key is None:
            await self._fetch()
            key = chosen(self._keys, kid, algorithm)
        return key

    async def _fetch(self) -> None:
        """Fetch the keys, unless that was tried just now; whoever comes meanwhile waits."""
        async with self._fetching:
            if time.monotonic() - self._tried_at < _PAUSE_SECONDS:
                return
            self._tried_at = time.monotonic()
            try:
                self._keys = read_keys(await self._text(), self._url)
                self._fetched_at = time.monotonic()
            except (httpx.HTTPError, TimeoutError, SettingsError) as error:
                self._forget_the_old()
                _log.error("no keys came from %s: %s", self._url, error)

    def _forget_the_old(self) -> None:
        if time.monotonic() - self._fetched_at > _STALE_SECONDS:
            self._keys = ()

    async def _text(self) -> bytes:
        """Return what the URL serves, up to 1 MiB of it."""
        body = bytearray()
        async with (
            asyncio.timeout(_TIMEOUT_SECONDS),
            httpx.AsyncClient(verify=tls()) as client,
            client.stream("GET", self._url) as answer,
        ):
            answer.raise_for_status()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > _MAX_BYTES:
                    raise SettingsError(f"more than {_MAX_BYTES} bytes")
        return bytes(body)


def chosen(keys: Sequence[PyJWK], kid: str | None, algorithm: str) -> PyJWK | None:
    """Return the one key of that id for that algorithm.

    A key is bound to its algorithm: an RSA key is no secret of HS256, whatever a token says.
    """
    fitting = [
        key
        for key in keys
        if key.algorithm_name == algorithm and (kid is None or key.key_id == kid)
    ]
    return fitting[0] if len(fitting) == 1 else None


def open_keys(place: str) -> KeySet:
    """Return the keys of a URL, or of a file; only a file may hold secrets of HS256.

    Raises:
        SettingsError: The file cannot be read.
    """
    if place.startswith(("http://", "https://")):
        return UrlKeys(place)
    try:
        content = Path(place).expanduser().read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingsError(f"the keys of {place} cannot be read ({reason})") from error
    return FixedKeys(read_keys(content, place, with_secrets=True))


def secret_key(secret: str) -> FixedKeys:
    """Return the one key of HS256."""
    encoded = base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    return FixedKeys([PyJWK({"kty": "oct", "k": encoded, "alg": "HS256"})])


def read_keys(content: bytes, source: str, *, with_secrets: bool = False) -> list[PyJWK]:
    """Read a JSON Web Key Set; keys of a kind that we do not know are left out.

    Args:
        content: The JSON.
        source: Where it is from, for messages.
        with_secrets: Whether symmetric keys count: what is served to everybody is none.

    Raises:
        SettingsError: It is no key set, or holds no key that can be used.
    """
    try:
        rows = [row for row in orjson.loads(content)["keys"] if isinstance(row, dict)]
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{source} is no JSON Web Key Set") from error
    keys = [key for row in rows if (key := _key(row)) and (with_secrets or key.key_type != "oct")]
    if not keys:
        raise SettingsError(f"{source} holds no key that can be used")
    return keys


def _key(row: dict[str, Any]) -> PyJWK | None:
    if row.get("use", "sig") != "sig":
        return None
    try:
        return PyJWK(row)
    except (PyJWTError, ValueError, TypeError, AttributeError):
        return None  # the message would show the key
