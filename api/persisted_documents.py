"""Documents that clients name instead of sending them: trusted ones of a manifest, or any again.

A client names a document by `documentId`, as GraphQL over HTTP has it, or by the hash that Apollo's
clients send in `extensions.persistedQuery`.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from graphql import GraphQLError, parse

from api.environ import SettingsError
from api.errors import ClientError

MAX_CHARACTERS = 1_000_000
"""How long the remembered documents are together."""

MAX_DOCUMENT_CHARACTERS = 20_000
"""How long one is at most."""

_APOLLO = "apollo-persisted-query-manifest"
_PREFIX = "sha256:"


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


class TrustedDocuments:
    """Runs the documents of a manifest, and no others.

    Args:
        texts: The documents by their names.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name.removeprefix(_PREFIX): text for name, text in texts.items()}
        self._known = frozenset(self._texts.values())

    def text(self, query: str | None, named: str | None) -> str:
        """Return the document to run; one that is sent must be one of them to the letter."""
        if named is not None and named in self._texts:
            return self._texts[named]
        if query in self._known:
            return query or ""
        raise ClientError("DOCUMENT_NOT_TRUSTED", "Only documents of the manifest are run here.")


def open_documents(manifest: Path | None) -> PersistedDocuments:
    """Return the documents of a manifest; without one any are remembered.

    Raises:
        SettingsError: It cannot be read, or a document in it cannot be parsed.
    """
    if manifest is None:
        return AutomaticDocuments()
    try:
        texts = _texts(json.loads(manifest.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(f"{manifest} is no manifest of trusted documents: {error}") from error
    for name, text in texts.items():
        try:
            parse(text)
        except GraphQLError as error:
            raise SettingsError(f"{manifest}: {name} cannot be parsed: {error.message}") from error
    return TrustedDocuments(texts)


def _texts(content: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Read `{hash: document}`, as GraphQL Code Generator writes it, or Apollo's manifest.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: It is neither.
    """
    if content.get("format") == _APOLLO:
        content = {each["id"]: each["body"] for each in content["operations"]}
    if not all(isinstance(text, str) for text in content.values()):
        raise ValueError("a document is no text")
    return dict(content)


def name_of(document_id: str | None, extensions: Mapping[str, Any] | None) -> str | None:
    """Return the name that a request gives its document, if it gives one.

    Raises:
        ClientError: BAD_REQUEST.
    """
    if document_id is not None:
        return document_id.removeprefix(_PREFIX)
    persisted = (extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(named, str) or persisted.get("version", 1) != 1:
        raise ClientError("BAD_REQUEST", "Send `persistedQuery` as version 1, with `sha256Hash`.")
    return named.lower()
