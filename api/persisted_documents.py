"""Documents that clients name instead of sending them again.

A client names a document by `documentId`, as GraphQL over HTTP has it, or by the hash that Apollo's
clients send in `extensions.persistedQuery`.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol

from api.errors import ClientError

MAX_CHARACTERS = 1_000_000
"""How long the remembered documents are together."""

MAX_DOCUMENT_CHARACTERS = 20_000
"""How long one is at most."""

PREFIX = "sha256:"
"""What a name may begin with; it means the same without."""


class PersistedDocuments(Protocol):
    """Where the text of a document comes from."""

    def text(self, query: str | None, named: str | None) -> str:
        """Return the document to run.

        Args:
            query: As it was sent, if it was.
            named: The name that it was asked for by, if it was.

        Raises:
            ClientError: It is not known, not trusted, or not the one that is named.
        """


class AutomaticDocuments:
    """Remembers documents that were sent with their hash, those that were asked for last.

    Args:
        room: How many characters they may have together.
    """

    def __init__(self, room: int = MAX_CHARACTERS) -> None:
        self._room = room
        self._texts: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, query: str | None, named: str | None) -> str:
        """Return the document to run; one that comes with its hash is remembered."""
        if named is None:
            return query or ""
        if query is not None:
            self._remember(query, named)
            return query
        if named not in self._texts:
            raise ClientError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._texts.move_to_end(named)
        return self._texts[named]

    def _remember(self, query: str, named: str) -> None:
        if hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest() != named:
            raise ClientError("PERSISTED_QUERY_MISMATCH", "provided sha does not match query")
        if named in self._texts or len(query) > MAX_DOCUMENT_CHARACTERS:
            return
        self._texts[named] = query
        self._room -= len(query)
        while self._room < 0:
            _, dropped = self._texts.popitem(last=False)
            self._room += len(dropped)


def name_of(document_id: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    """Return the name that a request gives its document, if it gives one.

    Raises:
        ClientError: BAD_REQUEST.
    """
    if document_id is not None:
        return document_id.removeprefix(PREFIX)
    persisted = (extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(named, str) or persisted.get("version", 1) != 1:
        raise ClientError("BAD_REQUEST", "Send `persistedQuery` as version 1, with `sha256Hash`.")
    return named.lower()
