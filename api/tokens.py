"""Bearer tokens of machines: known by their digests, read from a file that may change.

A token has 256 random bits: nobody can try so many, so a plain SHA-256 keeps it as safe as a slow
salted hash would keep a password, at half a microsecond per request instead of a tenth of a second.
"""

import hashlib
import hmac
import logging
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from api.environ import SettingsError
from api.identity import SCOPES, Identity

PREFIX = "dialgraph_"
"""How every token begins, so that people and scanners know one when they see it."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = frozenset({"name", "sha256", "companies", "scopes", "expiresAt"})

_log = logging.getLogger("dialgraph.gate")


def new_token() -> str:
    """Make a token; it is kept nowhere."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256, in hexadecimal."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Tokens:
    """The tokens of one text, known by their digests.

    Args:
        identities: Whom they name; the `key` of each is the digest of its token.
    """

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self._keys = {each.key.encode(): each for each in identities if each.key is not None}

    def find(self, token: str) -> Identity | None:
        """Return whom a token names, compared with every digest in constant time."""
        digest, found = digest_of(token).encode(), None
        for key, identity in self._keys.items():
            if hmac.compare_digest(key, digest):
                found = identity
        return found

    def holds(self, identity: Identity) -> bool:
        """Say whether an identity found earlier is still there, and the same."""
        return identity.key is not None and self._keys.get(identity.key.encode()) == identity

    def refresh(self) -> bool:
        """Look whether there are other tokens now; what the environment says stays."""
        return False


class TokenFile(Tokens):
    """The tokens of a file, read again when it has changed.

    A file that cannot be read any more changes nothing: a slip of an editor locks nobody out.

    Raises:
        SettingsError: It cannot be read at first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = _version(path)
        super().__init__(read_file(path))

    def refresh(self) -> bool:
        """Read the file if it has changed since, and say whether there are other tokens now."""
        version = _version(self._path)
        if version == self._version:
            return False
        self._version = version
        try:
            super().__init__(read_file(self._path))
        except SettingsError as error:
            _log.error("the tokens stay as they were: %s", error)
            return False
        return True


def open_tokens(given: str) -> Tokens:
    """Return the tokens of a file's path, or of JSON itself where it begins with `{`.

    Raises:
        SettingsError: They cannot be read.
    """
    if given.lstrip().startswith("{"):
        return Tokens(read_tokens(given, "DIALGRAPH_TOKENS"))
    return TokenFile(Path(given).expanduser())


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def read_file(path: Path) -> list[Identity]:
    """Read a file of tokens.

    Raises:
        SettingsError: It cannot be read, or does not hold tokens.
    """
    try:
        text = path.read_text()
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "no text"
        raise SettingsError(
            f"the tokens of {path} cannot be read ({reason}): see `dialgraph token create`"
        ) from error
    return read_tokens(text, str(path))


def read_tokens(text: str, source: str) -> list[Identity]:
    """Read `{"tokens": [{"name", "sha256", "companies", "scopes", "expiresAt"}]}`.

    Args:
        text: The JSON. Of each token, `companies` and `expiresAt` may be null: all, and never.
        source: Where it is from, for messages.

    Raises:
        SettingsError: It is something else.
    """
    try:
        rows = orjson.loads(text)["tokens"]
        found = [_identity(row) for row in rows]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(f"{source} does not hold tokens: {error}") from error
    for part in ("name", "key"):
        if len({getattr(each, part) for each in found}) < len(found):
            raise SettingsError(f"{source} holds two tokens of the same {part}: remove one")
    return found


def _identity(row: dict[str, Any]) -> Identity:
    if unknown := row.keys() - _FIELDS:
        raise ValueError(f"unknown field {min(unknown)!r}")
    name, digest = row["name"], row["sha256"]
    if not (isinstance(name, str) and name) or not _DIGEST.fullmatch(digest):
        raise ValueError("a token needs a `name`, and a `sha256` of 64 hexadecimal digits")
    return Identity(
        name=name,
        companies=_companies(row["companies"]),
        scopes=_scopes(row["scopes"]),
        expires_at=_moment(row.get("expiresAt")),
        key=digest,
    )


def _companies(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Read the companies: what is no list of names must not become "all"."""
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        raise TypeError("`companies` is a list of names, or null for all")
    return tuple(sorted(set(given)))


def _scopes(given: Sequence[str]) -> frozenset[str]:
    if not isinstance(given, list) or not SCOPES.issuperset(given):
        raise TypeError(f"`scopes` is a list of {', '.join(sorted(SCOPES))}")
    return frozenset(given)


def _moment(given: str | None) -> datetime | None:
    if given is None:
        return None
    moment = datetime.fromisoformat(given)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def write_tokens(identities: Iterable[Identity]) -> bytes:
    """Write tokens as `read_tokens` reads them."""
    rows = [
        {
            "name": each.name,
            "sha256": each.key,
            "companies": each.companies,
            "scopes": sorted(each.scopes),
            "expiresAt": None if each.expires_at is None else each.expires_at.isoformat(),
        }
        for each in identities
    ]
    return orjson.dumps({"tokens": rows}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
