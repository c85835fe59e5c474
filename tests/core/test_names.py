"""The public names of the core are there, and stay; pages name no others.

Owns: what may be imported from `kimi_core` itself, that a name which a page gives or imports is in
the ``__all__`` of its module, and which pages list all errors.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kimi_core
from kimi_core import errors
from tests.core.test_docs import EXAMPLES, FRAMEWORKS

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "SECURITY.md"]

PROMISED = {
    "ENDPOINTS", "MODELS", "Capabilities", "ContentDelta", "Diagnostic", "Endpoint", "Event",
    "KimiError", "ModelInfo", "ParsedMessage", "ReasoningDelta", "StreamParser", "Tokenizer",
    "ToolCall", "ToolCallArguments", "ToolCallEnd", "ToolCallStart", "Usage", "encode_prompt",
    "get_endpoint", "get_model", "normalize_schema", "normalize_tool_call_ids", "parse",
    "render_prompt", "resolve", "tool_call_grammar",
}  # fmt: skip

# The design says of these that they are gone.
GONE = {f"kimi_core.{name}" for name in ("client", "media", "observe", "sse")}


def test_the_names_of_the_core() -> None:
    assert set(kimi_core.__all__) >= PROMISED
    assert [name for name in kimi_core.__all__ if not hasattr(kimi_core, name)] == []


def test_names_are_imported_when_they_are_asked_for() -> None:
    """Rooms, too, as if all had been imported; what is none is told as Python tells it."""
    program = (
        "import sys, kimi_core; print([name for name in sys.modules if 'kimi_core.' in name]);"
        "kimi_core.raw.parser.parse; kimi_core.testing; kimi_core.ToolCall;"
        "print(hasattr(kimi_core, 'nothing'), hasattr(kimi_core, '_raw'));"
        "print('parse' in dir(kimi_core))"
    )
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert ran.stdout.split("\n") == ["['kimi_core.lazy']", "False False", "True", ""]


def test_a_room_that_lacks_a_library_says_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is there: hasattr must not take it for a name that is none."""
    (tmp_path / "lacking.py").write_text("import no_such_library", "utf-8")
    monkeypatch.setattr(kimi_core, "__path__", [*kimi_core.__path__, str(tmp_path)])

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        kimi_core.lacking  # noqa: B018 - asked for as an attribute, so imported


def is_here(name: str) -> bool:
    """Whether the framework of the package is installed."""
    framework = FRAMEWORKS.get(name.partition(".")[0], "kimi_core").partition(".")[0]
    return importlib.util.find_spec(framework) is not None


def module_of(name: str) -> tuple[ModuleType, list[str]]:
    """Return the innermost module of a full name, and what stands behind it."""
    parts = name.split(".")
    module, behind = importlib.import_module(parts[0]), parts[1:]
    while behind and hasattr(module, "__path__"):
        if importlib.util.find_spec(inner := f"{module.__name__}.{behind[0]}") is None:
            break
        module, behind = importlib.import_module(inner), behind[1:]
    return module, behind


def is_public(name: str) -> bool:
    found, behind = module_of(name)
    if behind and behind[0] not in found.__all__:
        return False
    value: object = found
    for part in behind:
        if not hasattr(value, part):
            return False
        value = getattr(value, part)
    return True


def full_names() -> set[str]:
    pattern = re.compile(r"`((?:kimi_core|langchain_kimi|llama_index_kimi)(?:\.\w+)+)")
    return {name for page in PAGES for name in pattern.findall(page.read_text("utf-8"))}


def test_every_full_name_on_a_page_is_public() -> None:
    named = full_names()

    assert len(named) > len(GONE)
    assert {name for name in named if is_here(name) and not is_public(name)} == GONE


def test_the_reference_has_every_module_that_users_are_told_to_import_from() -> None:
    """Its pages are made of each ``__all__``; a module may still be forgotten."""
    reference = set(importlib.import_module("docs_reference").MODULES)
    programs = [*ROOT.glob("examples/**/*.py"), *ROOT.glob("notebooks/*.ipynb"), *PAGES]
    pattern = re.compile(r"from ((?:kimi_core|langchain_kimi|llama_index_kimi)[\w.]*) import")
    told = {name for path in programs for name in pattern.findall(path.read_text("utf-8"))}
    places = [module_of(name) for name in full_names() - GONE if is_here(name)]
    told |= {module.__name__ for module, behind in places if behind and behind[0] in module.__all__}

    assert {"kimi_core", "kimi_core.fetch", "langchain_kimi.middleware"} <= told
    assert told - reference == set()


def test_every_example_imports_public_names_alone() -> None:
    imports = [
        f"{node.module}.{alias.name}"
        for example in EXAMPLES
        for node in ast.walk(ast.parse(example.code))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("kimi_core", *FRAMEWORKS))
        for alias in node.names
    ]
    assert imports
    assert [name for name in imports if is_here(name) and not is_public(name)] == []


@pytest.mark.parametrize("listed_in", ["docs/client.md", "kimi_core/errors/_tree.py"])
def test_a_list_of_errors_lists_them_all(listed_in: str) -> None:
    kinds = {name for name in errors.__all__ if re.fullmatch(r"Kimi\w+Error", name)}
    text = (ROOT / listed_in).read_text("utf-8")
    # A table's row may name two; the two bases of what a request raises have no row of their own.
    rows = re.findall(r"^(?:\| `|[ │]*[├└]── )(Kimi\w+)(?:`, `(\w+))?", text, re.MULTILINE)
    listed = {name for row in rows for name in row if name.endswith("Error")}

    assert kinds - listed <= {"KimiError", "KimiAPIError", "KimiStatusError"}
    assert listed <= kinds
