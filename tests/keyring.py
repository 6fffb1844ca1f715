"""Tokens for tests: a file of them, and each as it was handed out."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from api.identity import SCOPES, Identity
from api.tokens import digest_of, new_token, write_tokens


class Keyring:
    """A file of tokens that changes.

    Args:
        path: The file, written at once; without tokens.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identities: dict[str, Identity] = {}
        self._write()

    def add(
        self,
        *companies: str,
        scopes: Iterable[str] = SCOPES,
        expires_in_seconds: float | None = None,
    ) -> str:
        """Hand out a token for the companies, for all where none is named."""
        token = new_token()
        ends = None
        if expires_in_seconds is not None:
            ends = datetime.now(UTC) + timedelta(seconds=expires_in_seconds)
        self._identities[token] = Identity(
            name=f"machine {token[-8:]}",
            companies=tuple(sorted(companies)) or None,
            scopes=frozenset(scopes),
            expires_at=ends,
            key=digest_of(token),
        )
        self._write()
        return token

    def revoke(self, token: str) -> None:
        del self._identities[token]
        self._write()

    def _write(self) -> None:
        new = self.path.with_suffix(".new")
        new.write_bytes(write_tokens(self._identities.values()))
        new.replace(self.path)


def bearing(token: str) -> dict[str, str]:
    """Return the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def shown(answer: httpx.Response) -> tuple[int, str, str]:
    """Return what a client is told who is not let in: status, code, challenge."""
    told = answer.json()
    code = told["error"] if "error" in told else told["errors"][0]["extensions"]
    return answer.status_code, code["code"], answer.headers["WWW-Authenticate"]
