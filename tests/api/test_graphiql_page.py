from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.graphiql import graphiql, routes, wants_graphiql

ROOT = Path(__file__).parents[2]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
EXAMPLES = sorted((ROOT / "api" / "graphiql" / "page").glob("*.graphql"))


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the build leaves it, with a file beside it that nobody may read."""
    folder = tmp_path / "assets"
    version = folder / "0123456789ab"
    version.mkdir(parents=True)
    (version / "graphiql.js").write_text("GraphiQL", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    monkeypatch.setattr("api.graphiql.serving.ASSETS", folder)
    return folder


@pytest.fixture
async def client(assets: Path) -> AsyncIterator[httpx.AsyncClient]:
    async def graphql(request: Request) -> Response:
        return await graphiql(request) if wants_graphiql(request) else PlainTextResponse("API")

    app = Starlette(routes=[*routes(assets), Route("/graphql", graphql, methods=["GET", "POST"])])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_a_browser_gets_the_page(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers=BROWSER)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "graphql/assets/0123456789ab/graphiql.js" in page.text


async def test_a_query_in_the_address_is_answered_by_the_api(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": "{ a }"}, headers=BROWSER)

    assert answer.text == "API"


async def test_a_program_gets_the_api(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", headers={"Accept": "application/json"})

    assert answer.text == "API"


async def test_the_page_allows_scripts_of_this_server_only(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers=BROWSER)

    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "<script>" not in page.text
    assert "//" not in page.text


async def test_third_party_files_are_cached_for_ever(client: httpx.AsyncClient) -> None:
    script = await client.get("/graphql/assets/0123456789ab/graphiql.js")

    assert script.text == "GraphiQL"
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_files_of_ours_are_asked_for_again(client: httpx.AsyncClient) -> None:
    script = await client.get("/graphql/assets/page/page.js")

    again = await client.get(script.url.path, headers={"If-None-Match": script.headers["ETag"]})

    assert script.headers["Cache-Control"] == "no-cache"
    assert again.status_code == httpx.codes.NOT_MODIFIED


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/secret.txt",
        "0123456789ab/%2e%2e/%2e%2e/secret.txt",
        "page/..%2f..%2fserving.py",
        "..%5csecret.txt",
    ],
)
async def test_no_file_outside_the_folders_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://test/graphql/assets/{path}")

    assert answer.status_code == httpx.codes.NOT_FOUND


async def test_a_build_without_the_page_says_so(client: httpx.AsyncClient, assets: Path) -> None:
    (assets / "0123456789ab" / "graphiql.js").unlink()

    page = await client.get("/graphql", headers=BROWSER)

    assert page.status_code == httpx.codes.OK
    assert "GraphiQL is not in this build" in page.text


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_valid_for_the_schema(example: Path) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))

    assert validate(schema, parse(example.read_text(encoding="utf-8"))) == []
