"""Who may know whom, and how large things may be."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for house in ("store", "api") for path in (ROOT / house).rglob("*.py"))

DRIVER = {"motor", "pymongo", "bson", "gridfs"}
FACE = {"strawberry", "graphql", "starlette", "uvicorn", "click", "httpx"}

PURE = [
    *("body", "cursor", "dates", "errors", "facts", "fold", "history", "ids", "json_text", "keys"),
    *("moment", "names", "numbers", "pairs", "personal", "redaction", "rejections", "revisions"),
    *("spans", "values"),
    *("reader", "reader.application", "reader.call", "reader.callback", "reader.campaign"),
    *("reader.element", "reader.envelope", "reader.event"),
]
"""The modules of the store that only compute."""

CONNECTING = {"connect", "embedded_mongo", "open_log"}
COMPOSITION = {"api.maintenance", "api.serve", "api.services"}
"""The modules that choose a database and open it."""

VAGUE = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 35

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


BY_NAME = {name_of(path): path for path in MODULES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Name the modules that a module imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def packages_of(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path)}


def reached_from(path: Path) -> set[Path]:
    """Return the module and all of ours that it imports, directly or not."""
    reached: set[Path] = set()
    ahead = {path}
    while ahead:
        here = ahead.pop()
        reached.add(here)
        ahead |= {BY_NAME[name] for name in imports_of(here) if name in BY_NAME} - reached
    return reached


def within(house: str) -> list[Path]:
    return [path for path in MODULES if path.is_relative_to(ROOT / house)]


def functions_of(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


def length_of(function: Function) -> int:
    """Count the lines of a function's body, its docstring aside."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_the_store_knows_nothing_of_its_face() -> None:
    knowing = {name_of(path): packages_of(path) & {"api", *FACE} for path in within("store")}

    assert {name: known for name, known in knowing.items() if known} == {}


@pytest.mark.parametrize("name", PURE)
def test_what_only_computes_reaches_nothing_that_waits_or_connects(name: str) -> None:
    packages = {
        package for path in reached_from(BY_NAME[f"store.{name}"]) for package in packages_of(path)
    }

    assert packages <= (sys.stdlib_module_names | {"store"}) - {"asyncio", "socket", "subprocess"}


def test_every_reader_only_computes() -> None:
    readers = {name for name in BY_NAME if name.startswith("store.reader")}

    assert readers == {f"store.{name}" for name in PURE if name.startswith("reader")}


def test_the_driver_has_one_door() -> None:
    using = {name_of(path) for path in MODULES if packages_of(path) & DRIVER}

    assert using
    assert {name for name in using if not name.startswith("store.driver.")} == set()


def test_the_door_is_taken_from_the_front() -> None:
    behind = {name for name in BY_NAME if name.startswith("store.driver.")}
    outside = [path for path in MODULES if path not in within("store/driver")]

    assert {name_of(path) for path in outside if imports_of(path) & behind} == set()


def test_only_the_composition_root_opens_databases() -> None:
    opening = {
        name_of(path)
        for path in within("api")
        if {name.rpartition(".")[2] for name in imports_of(path)} & CONNECTING
    }

    assert opening == COMPOSITION


def test_a_name_says_what_is_in_a_module() -> None:
    assert {name for name in BY_NAME if VAGUE & set(name.split("."))} == set()


def test_a_package_exports_names_and_does_nothing() -> None:
    packages = [path for path in MODULES if path.name == "__init__.py"]
    does = (ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

    doing = {
        name_of(path)
        for path in packages
        if any(isinstance(node, does) for node in ast.walk(tree_of(path)))
    }
    assert doing == set()


def test_a_module_says_what_it_is() -> None:
    assert {name_of(path) for path in MODULES if not ast.get_docstring(tree_of(path))} == set()


def test_no_module_is_longer_than_300_lines() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}

    assert {name: length for name, length in lengths.items() if length > MAX_MODULE_LINES} == {}


def test_no_function_is_longer_than_35_lines() -> None:
    lengths = {
        f"{name_of(path)}.{function.name}": length_of(function)
        for path in MODULES
        for function in functions_of(path)
    }

    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}
