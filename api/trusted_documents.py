"""The only documents that are run, where a manifest names them; each is held to the schema."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLError, parse
from strawberry import Schema

from api.environ import SettingsError
from api.errors import ClientError
from api.execution.document import Document
from api.persisted_documents import PREFIX
from api.validation import flaws
from api.web_settings import WebSettings

_APOLLO = "apollo-persisted-query-manifest"


class TrustedDocuments:
    """Runs the documents of a manifest, and no others.

    Args:
        texts: The documents by their names.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {name.removeprefix(PREFIX): text for name, text in texts.items()}
        self._known = frozenset(self._texts.values())

    def text(self, query: str | None, named: str | None) -> str:
        """Return the document to run; one that is sent must be one of them to the letter."""
        if named is not None and named in self._texts:
            return self._texts[named]
        if query in self._known:
            return query or ""
        raise ClientError("DOCUMENT_NOT_TRUSTED", "Only documents of the manifest are run here.")


def read_manifest(manifest: Path, schema: Schema, web: WebSettings) -> TrustedDocuments:
    """Return the documents of a manifest; none of them will be refused for what it says.

    Args:
        manifest: `{hash: document}`, as GraphQL Code Generator writes it, or Apollo's.
        schema: That they are for.
        web: How much one may ask for, and whether by strangers, who may not look into the schema.

    Raises:
        SettingsError: It cannot be read, or a document of it is not valid or over a limit. The
            message has the document's name, and what is wrong with it first.
    """
    try:
        texts = _texts(json.loads(manifest.read_bytes()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SettingsError(f"{manifest} is no manifest of trusted documents: {error}") from error
    for name, text in texts.items():
        flaw = _flaw(text, schema, web)
        if flaw is not None:
            raise SettingsError(f"{manifest}: the document {name} cannot be run: {_told(flaw)}")
    return TrustedDocuments(texts)


def _texts(content: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return the documents by their names.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: It is no manifest.
    """
    if content.get("format") == _APOLLO:
        content = {each["id"]: each["body"] for each in content["operations"]}
    if not all(isinstance(text, str) for text in content.values()):
        raise ValueError("a document is no text")
    return dict(content)


def _flaw(text: str, schema: Schema, web: WebSettings) -> GraphQLError | None:
    """Return why a document would be refused each time that it is asked for, if it would."""
    if len(text) > web.limits.max_document_characters:
        return GraphQLError(f"It has over {web.limits.max_document_characters} characters.")
    try:
        document = Document(definitions=parse(text, max_tokens=web.limits.max_tokens).definitions)
    except GraphQLError as error:
        return error
    shape = schema._schema  # noqa: SLF001 - strawberry's own caches do so
    exceeded = document.exceeded(web.limits)
    return exceeded or next(iter(flaws(shape, document, for_strangers=web.production)), None)


def _told(error: GraphQLError) -> str:
    places = [f"line {place.line}, column {place.column}" for place in error.locations or ()]
    return f"{error.message} ({places[0]})" if places else error.message
