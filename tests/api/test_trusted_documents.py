"""A manifest is taken whole or not at all: each of its documents can be run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving import a_server

from api.environ import SettingsError
from api.limits import OperationLimits
from api.schema import schema
from api.trusted_documents import TrustedDocuments, read_manifest
from api.web_settings import WebSettings

QUERY = "query Named { __typename }"
BOMB = "{ log { ...F0 } } fragment F24 on Log { position } " + " ".join(
    f"fragment F{n} on Log {{ ...F{n + 1} a{n}: position ...F{n + 1} }}" for n in range(24)
)

DEVELOPMENT = WebSettings()

AManifest = Callable[[dict[str, str]], dict[str, Any]]


def a_generated_manifest(texts: dict[str, str]) -> dict[str, Any]:
    return dict(texts)


def an_apollo_manifest(texts: dict[str, str]) -> dict[str, Any]:
    operations = [{"id": name, "type": "query", "body": text} for name, text in texts.items()]
    return {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}


in_both_formats = pytest.mark.parametrize(
    "a_manifest", [a_generated_manifest, an_apollo_manifest], ids=["generated", "apollo"]
)


def read(folder: Path, content: object, web: WebSettings) -> TrustedDocuments:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(content), encoding="utf-8")
    return read_manifest(manifest, schema, web)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "3", '{"a": 1}', '{"a": "{"}', '{"format": "apollo-persisted-query-manifest"}'],
)
def test_a_manifest_that_is_none_is_said_to_be_none(tmp_path: Path, content: str) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(content, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"manifest\.json"):
        read_manifest(manifest, schema, DEVELOPMENT)


@in_both_formats
@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("{ log { nowhere elsewhere } }", "Cannot query field 'nowhere' on type 'Log'. (line 1,"),
        ("query ($unused: Int) { __typename }", "Variable '$unused' is never used."),
        ("query ($a: NoType) { node(id: $a) { id } }", "Unknown type 'NoType'."),
        ("{ node { id } }", "Argument 'Query.node(id:)' of type 'ID!' is required"),
        ("subscription { nothing }", "Cannot query field 'nothing' on type 'Subscription'."),
        ("{ log { position }", "Syntax Error: Expected Name, found <EOF>."),
        ("", "Syntax Error: Unexpected <EOF>."),
        ("fragment F on Log { position }", "Fragment 'F' is never used."),
        ("{ log { ...F } } fragment F on Log { ...F }", "The fragment 'F' spreads itself."),
    ],
)
def test_a_manifest_with_a_document_that_does_not_fit_the_schema_is_refused_by_its_name(
    tmp_path: Path, a_manifest: AManifest, text: str, flaw: str
) -> None:
    content = a_manifest({"good": QUERY, "sha256:bad": text, "worse": "{ c }"})

    with pytest.raises(SettingsError) as refused:
        read(tmp_path, content, DEVELOPMENT)

    assert "manifest.json: the document sha256:bad cannot be run: " in str(refused.value)
    assert flaw in str(refused.value)
    assert "elsewhere" not in str(refused.value)


@in_both_formats
@pytest.mark.parametrize(
    ("text", "limits", "flaw"),
    [
        ("{ log { position } }", {"max_depth": 1}, "at most 1 levels"),
        ("{ log { position } }", {"max_fields": 1}, "at most 1 fields"),
        ("{ log { position } }", {"max_tokens": 3}, "more than 3 tokens"),
        ("{ log { position } }", {"max_document_characters": 19}, "over 19 characters"),
        ("{ log " * 400 + "}" * 400, {}, "nested too deep"),
        (BOMB, {}, "at most 1000 fields"),
    ],
    ids=["depth", "fields", "tokens", "characters", "nesting", "a bomb"],
)
def test_a_manifest_with_a_document_over_a_limit_is_refused(
    tmp_path: Path, a_manifest: AManifest, text: str, limits: dict[str, int], flaw: str
) -> None:
    with pytest.raises(SettingsError, match=f"the document large cannot be run: .*{flaw}"):
        read(tmp_path, a_manifest({"large": text}), WebSettings(limits=OperationLimits(**limits)))


@in_both_formats
def test_a_document_that_looks_into_the_schema_is_not_for_strangers(
    tmp_path: Path, a_manifest: AManifest
) -> None:
    content = a_manifest({"looking": "{ __schema { types { name } } }"})

    assert read(tmp_path, content, DEVELOPMENT).text(None, "looking")
    with pytest.raises(SettingsError, match=r"looking .* introspection has been disabled"):
        read(tmp_path, content, WebSettings(production=True))


@in_both_formats
async def test_a_server_does_not_start_with_a_document_that_cannot_be_run(
    mongo_uri: str, tmp_path: Path, a_manifest: AManifest
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps(a_manifest({"old": "{ gone }"})), encoding="utf-8")

    with pytest.raises(SettingsError, match=r"the document old cannot be run: .*'gone'"):
        async with a_server(mongo_uri, web=WebSettings(trusted_documents=manifest)):
            pass


def test_a_trusted_document_is_known_by_both_spellings_of_its_hash() -> None:
    documents = TrustedDocuments({"sha256:abc": QUERY})

    assert documents.text(None, "abc") == QUERY
