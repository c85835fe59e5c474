"""The laws of the repository hold: sizes, docstrings, public names, packaging.

Owns: what is promised about the source as text. Files of the adapters are parsed and never
imported, because these tests also run where neither framework is installed.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import re
import statistics
import sys
from functools import cache
from pathlib import Path

import pytest

import kimi_core

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")
DISTRIBUTION = "kimi-k2-integrations"

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
LARGEST_ADAPTER = 1_200
MEDIAN_FUNCTION = 10

# What the core may import, beside the standard library and itself: what every install brings, and
# what one room may need beyond that (from an extra; pytest is there where the fixture is used).
CORE_DEPENDENCIES = {
    "anyio", "certifi", "dotenv", "jiter", "jsonschema", "openai", "pydantic_core",
    "typing_extensions",
}  # fmt: skip
COMMAND_LINE = {"rich", "tqdm", "typer"}
ROOM_DEPENDENCIES = {
    "kimi_core/chat/fields.py": {"pydantic"},  # for the adapters alone, whose models are pydantic's
    "kimi_core/chat/openai_fields.py": {
        "pydantic"
    },  # for the adapters alone, whose models are pydantic's
    "kimi_core/local/_server.py": {"xllamacpp"},
    "kimi_core/platform/_progress.py": {"tqdm"},
    "kimi_core/cli/": COMMAND_LINE,
    # referencing comes with jsonschema, whose registries are its own.
    "kimi_core/response/_repair/schema.py": {"jsonschema_rs", "referencing"},
    "kimi_core/testing/plugin.py": {"pytest"},
    "kimi_core/tokenizer.py": {"tiktoken"},
    "kimi_core/verify/_valid.py": {"referencing"},
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def source_files(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(parse(path)) if isinstance(node, Function)]


def span(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def code_lines(node: Function) -> int:
    """Lines of a function without its docstring, which the laws want long."""
    first = node.body[0]
    if ast.get_docstring(node) is None or first.end_lineno is None:
        return span(node)
    return span(node) - (first.end_lineno - first.lineno + 1)


PACKAGE_FILES = source_files(*PACKAGES)
ALL_FILES = PACKAGE_FILES + source_files("tests")


def test_a_file_says_its_law_in_its_first_lines() -> None:
    silent = [
        relative(path)
        for path in PACKAGE_FILES
        if not (ast.get_docstring(parse(path)) and path.read_text("utf-8").startswith('"""'))
    ]
    assert silent == []


def test_a_law_names_what_the_file_imports() -> None:
    path = ROOT / "scripts" / "laws.py"
    spec = importlib.util.spec_from_file_location("laws", path)
    assert spec is not None
    assert spec.loader is not None
    laws = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(laws)
    assert laws.stale() == [], "run: python scripts/laws.py"


def test_no_file_is_longer_than_a_person_keeps_in_mind() -> None:
    lengths = {relative(path): len(path.read_text("utf-8").splitlines()) for path in ALL_FILES}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


# Middlewares are for another package than the chat model, and made of what any user can import.
ADDED_TO_AN_ADAPTER = "langchain_kimi/middleware.py"


@pytest.mark.parametrize("adapter", ["langchain_kimi", "llama_index_kimi"])
def test_an_adapter_is_small(adapter: str) -> None:
    files = [path for path in source_files(adapter) if relative(path) != ADDED_TO_AN_ADAPTER]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= LARGEST_ADAPTER


def test_what_is_added_to_an_adapter_needs_its_public_names_alone() -> None:
    imports = [
        n for n in ast.walk(parse(ROOT / ADDED_TO_AN_ADAPTER)) if isinstance(n, ast.ImportFrom)
    ]
    ours = {node.module for node in imports if (node.module or "").startswith(PACKAGES)}
    assert ours == {"kimi_core.errors", "langchain_kimi"}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        (relative(path), node.name): span(node) for path in ALL_FILES for node in functions(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_median_function_is_short(package: str) -> None:
    lengths = [code_lines(node) for path in source_files(package) for node in functions(path)]
    assert statistics.median(lengths) < MEDIAN_FUNCTION


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_tells_type_checkers_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def public_modules() -> list[str]:
    """Modules of the core that are public; those behind an extra only where it is installed."""
    names = [
        relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in source_files("kimi_core")
    ]
    public = [name for name in names if not any(p.startswith("_") for p in name.split("."))]
    has_command_line = all(importlib.util.find_spec(name) for name in COMMAND_LINE)
    return [name for name in public if has_command_line or not name.startswith("kimi_core.cli.")]


@pytest.mark.parametrize("name", public_modules())
def test_a_public_module_has_what_its_all_names(name: str) -> None:
    module = importlib.import_module(name)

    assert [public for public in module.__all__ if not hasattr(module, public)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def top_level_imports(path: Path) -> set[str]:
    """Names of the packages that a file imports, wherever in the file it does."""
    nodes = list(ast.walk(parse(path)))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    from_ = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in plain + from_}


def undeclared_imports(path: Path) -> set[str]:
    foreign = top_level_imports(path) - sys.stdlib_module_names - {"kimi_core"}
    of_the_room = [names for room, names in ROOM_DEPENDENCIES.items() if room in relative(path)]
    return foreign - CORE_DEPENDENCIES.union(*of_the_room)


def test_the_core_imports_only_what_it_declares() -> None:
    undeclared = {relative(path): undeclared_imports(path) for path in source_files("kimi_core")}
    assert {path: names for path, names in undeclared.items() if names} == {}


def test_every_place_tells_the_same_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d.+?)\]", changes, re.MULTILINE)

    assert newest is not None
    assert newest[1] == kimi_core.__version__
    assert newest[1] == importlib.metadata.version(DISTRIBUTION)


def test_the_command_line_is_installed() -> None:
    scripts = importlib.metadata.entry_points(group="console_scripts")

    assert [script.value for script in scripts if script.name == "kimi-k2"] == [
        "kimi_core.cli:main"
    ]
