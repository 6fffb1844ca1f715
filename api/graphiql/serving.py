"""The GraphiQL page and the files that it loads, all from this server."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HERE = Path(__file__).parent
PAGE = HERE / "page"
ASSETS = HERE / "assets"

# The scripts are files. Styles: the settings dialog writes a style element, and the style sheet
# holds its fonts as data. 'self' covers the WebSocket of this host.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; "
    "img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REVALIDATE = "no-cache"
FOR_EVER = "public, max-age=31536000, immutable"


class CachedFiles(StaticFiles):
    """Static files that say how long a browser may keep them."""

    def __init__(self, directory: Path, cache_control: str) -> None:
        """Serve `directory`, which need not exist, with `cache_control` on every answer."""
        super().__init__(directory=directory, check_dir=False)
        self._cache_control = cache_control

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file at `path`, or 404."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = self._cache_control
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes(assets: Path = ASSETS) -> list[BaseRoute]:
    """Return the routes below `/graphql/assets`; they come before one for `/graphql` itself.

    Args:
        assets: The folder that the build filled: one folder, named for its contents, of files.
    """
    page = CachedFiles(PAGE, REVALIDATE)
    pinned = CachedFiles(assets, FOR_EVER)
    return [Mount("/graphql/assets/page", page), Mount("/graphql/assets", pinned)]


def wants_graphiql(request: Request) -> bool:
    """Tell whether `request` is a browser's that opens the page, and no GraphQL request."""
    accepts_html = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and accepts_html and "query" not in request.query_params


async def graphiql(request: Request) -> Response:
    """Answer with the GraphiQL page, or with one that says that this build has none."""
    del request
    return page_response(ASSETS)


def page_response(assets: Path) -> Response:
    """Build the page that loads its files from the one folder in `assets`."""
    version = next((file.parent.name for file in assets.glob("*/graphiql.js")), None)
    name = "page.html" if version else "missing.html"
    html = (PAGE / name).read_text(encoding="utf-8").replace("{version}", version or "")
    headers = {"Cache-Control": REVALIDATE, "Content-Security-Policy": POLICY, "Vary": "Accept"}
    return HTMLResponse(html, headers=headers)
