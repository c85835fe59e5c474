"""The documentation says what is: generated blocks are current, and the examples run.

Owns: how an example is found in Markdown and run. A ``python`` block runs by itself; a ``text``
block right behind it is what it prints. Only a block marked with `NOT_RUN` asks a real server: it
is compiled, and its imports run.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from kimi_core.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NOT_RUN = "<!-- not run: asks a real server -->"

# Examples of the README without the mark that ask a real server, counted from 0.
README_NOT_RUN: frozenset[int] = frozenset()

# What has to be installed for an example that names an adapter, or a tracer.
FRAMEWORKS = {
    "langchain_kimi": "langchain_openai",
    "langfuse": "langfuse",
    "llama_index_kimi": "llama_index.core",
    "openinference": "openinference.instrumentation",
}

_FENCE = re.compile(
    rf"(?P<mark>^{re.escape(NOT_RUN)}\n)?^```python\n(?P<code>.*?)^```\n"
    r"(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


class Example(NamedTuple):
    """A ``python`` block of a page."""

    place: str
    code: str
    output: str | None
    runs: bool


def examples() -> list[Example]:
    return [example for page in PAGES for example in examples_of(page)]


def examples_of(page: Path) -> list[Example]:
    text = page.read_text(encoding="utf-8")
    not_run = README_NOT_RUN if page.name == "README.md" else frozenset()
    return [
        Example(
            place=f"{page.name}:{text.count(chr(10), 0, found.start('code'))}",
            code=found["code"],
            output=found["output"],
            runs=not found["mark"] and index not in not_run,
        )
        for index, found in enumerate(_FENCE.finditer(text))
    ]


EXAMPLES = examples()


def every(chosen: list[Example]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", chosen, ids=[example.place for example in chosen])


def execute(example: Example, tree: ast.Module) -> None:
    for adapter, framework in FRAMEWORKS.items():
        if adapter in example.code:
            pytest.importorskip(framework)
    # Without the future import of this file: a reader has none, and a tool's types are read.
    code = compile(tree, example.place, "exec", dont_inherit=True)
    exec(code, {"__name__": "example"})  # noqa: S102 -- our own documentation


@pytest.fixture(autouse=True)
def _as_a_user_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, an empty working folder, and no tokenizer file: what a newcomer has."""
    for endpoint in ENDPOINTS.values():
        for name in endpoint.api_key_names:
            monkeypatch.setenv(name, "")  # so that one which an example sets is taken back
            monkeypatch.delenv(name)
    for name in ("KIMI_TOKENIZER", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _event_loop() -> Iterator[None]:
    """A loop for LlamaIndex's sync calls, which otherwise make one that nobody closes.

    asyncio then drops it at the next ``asyncio.run``, in some other test, whose fault the
    ResourceWarning seems to be.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


# LangChain's loading is in beta, and says so.
@pytest.mark.filterwarnings("ignore:The function `load")
# LlamaIndex's workflows look at every attribute of an agent, the deprecated ones of pydantic too.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@every([example for example in EXAMPLES if example.runs])
def test_an_example_runs_and_prints_what_the_page_says(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    execute(example, ast.parse(example.code))

    if example.output is not None:
        assert capsys.readouterr().out == example.output


@every([example for example in EXAMPLES if not example.runs])
def test_an_example_that_asks_a_real_server_imports_what_there_is(example: Example) -> None:
    tree = ast.parse(example.code)
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]

    execute(example, tree)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_is_found_and_only_such_a_block_is_marked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = examples_of(page)

    assert len(found) == text.count("```python")
    assert text.count(NOT_RUN) <= sum(not example.runs for example in found)


def script() -> ModuleType:
    """Load the script that writes the generated blocks; pytest's ``pythonpath`` finds it."""
    return importlib.import_module("docs_tables")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_blocks_are_current(page: Path) -> None:
    stale = script().stale_blocks(page.read_text(encoding="utf-8"))

    assert stale == [], "run: python scripts/docs_tables.py"


def test_every_generated_block_stands_on_some_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)

    assert sorted(re.findall(r"<!-- begin generated: ([\w-]+) -->", text)) == sorted(
        script().BLOCKS
    )


@pytest.mark.parametrize("page", ["docs/design.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", text)

    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_lowest_version_that_a_guide_names_is_the_one_that_is_allowed() -> None:
    allowed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    guides = [
        (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("langchain", "llamaindex")
    ]
    named = [re.findall(r"The lowest ([\w-]+) is ([\d.]+\d)", guide) for guide in guides]

    assert [len(found) for found in named] == [1, 1]
    assert [f'"{package}>={version},' in allowed for ((package, version),) in named] == [True, True]


class TestScript:
    """``--check`` reports a stale block and writes nothing; without it the block is written."""

    @pytest.fixture
    def page(self, tmp_path: Path) -> Path:
        page = tmp_path / "page.md"
        page.write_text(
            "a\n<!-- begin generated: kinds -->\nwritten by hand\n<!-- end generated: kinds -->\n"
        )
        return page

    def run(self, page: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
        module = script()
        monkeypatch.setattr(module, "DOCS", page.parent)
        monkeypatch.setattr(sys, "argv", ["docs_tables.py", *options])
        return module.main()

    def test_checking_writes_nothing(self, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = page.read_text()

        assert self.run(page, monkeypatch, "--check") == 1
        assert page.read_text() == before

    def test_an_endpoint_without_a_page_gets_one(
        self, page: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.run(page, monkeypatch)

        written = (page.parent / "endpoints" / "vllm.md").read_text()
        assert written.startswith("# vllm\n\nYour own vLLM;")
        assert "| default model | the server is asked |" in written

    def test_writing_makes_it_current(self, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.run(page, monkeypatch) == 0
        assert self.run(page, monkeypatch, "--check") == 0
        assert "| `bare_call` |" in page.read_text()
        assert "by hand" not in page.read_text()
