"""CONTRIBUTING.md is a path: a model and an endpoint are added by following it.

Owns: that its steps, done to a copy of the repository, are few lines and leave no test red, and
that a step left out is named by a test. The changes are the page's own blocks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("kimi_core", "langchain_kimi", "llama_index_kimi", "docs", "scripts", "tests")
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "pyproject.toml")
MOST_LINES = 12

RUN = (
    *("test_tables", "test_models", "test_payloads", "test_capabilities"),
    *("test_endpoint_checks", "testing/test_server"),
)

# What the chosen tests use; loading every plugin that is installed takes longer than they do.
PLUGINS = (
    *("_hypothesis_pytestplugin", "pytest_asyncio.plugin", "pytest_recording.plugin"),
    *("pytest_socket", "pytest_timeout"),
)

MISSING = """
from tests.core.test_tables import TABLES, test_a_table_has_a_row_for_each
for table in TABLES:
    try:
        test_a_table_has_a_row_for_each(table)
    except AssertionError as missing:
        print(missing)
"""


class Change(NamedTuple):
    """A ``diff`` block of the page."""

    file: str
    before: str
    after: str
    lines: int


def changes() -> list[Change]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```diff\n\+\+\+ b/(\S+)\n(.*?)^```\n", text, re.MULTILINE | re.DOTALL)
    return [_change(file, body.splitlines(keepends=True)) for file, body in blocks]


def _change(file: str, lines: list[str]) -> Change:
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    return Change(file, before, after, sum(line[0] in "+-" for line in lines))


CHANGES = changes()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository without its recordings."""
    ignored = shutil.ignore_patterns("__pycache__", "cassettes", "engine")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for page in PAGES:
        shutil.copy(ROOT / page, tmp_path / page)
    return tmp_path


def follow(copy: Path, steps: list[Change]) -> None:
    for step in steps:
        path = copy / step.file
        text = path.read_text(encoding="utf-8")
        assert text.count(step.before) == 1, f"{step.file} has no one place for the step"
        path.write_text(text.replace(step.before, step.after), encoding="utf-8")


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, which comes before whatever is installed."""
    said = {"PYTHONPATH": str(copy), "CI": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(  # noqa: S603 -- our own Python and files
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, **said},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_model_and_an_endpoint_are_a_few_lines() -> None:
    assert {change.file.split("/")[1] for change in CHANGES} == {"models", "endpoints"}
    assert sum(change.lines for change in CHANGES) <= MOST_LINES


@pytest.mark.deep
@pytest.mark.timeout(1800)  # it runs tests of its own: this ends a hang, and nothing else
def test_whoever_follows_the_page_sees_every_test_pass(copy: Path) -> None:
    follow(copy, CHANGES)

    written = run(copy, "scripts/docs_tables.py")
    assert written.returncode == 0, written.stderr
    assert "docs/endpoints/acme.md: written" in written.stdout

    stale = run(copy, "scripts/docs_tables.py", "--check")
    assert (stale.returncode, stale.stdout) == (0, "")
    plugins = [f"-p{plugin}" for plugin in PLUGINS]
    files = [f"tests/core/{name}.py" for name in RUN]
    ran = run(copy, "-m", "pytest", "-v", *plugins, *files)
    assert ran.returncode == 0, ran.stdout
    for row in ("max_tokens of kimi-k9-test", "max_tokens of acme"):
        assert f"test_a_row[{row}] PASSED" in ran.stdout


def test_a_table_without_the_row_is_named(copy: Path) -> None:
    follow(copy, [change for change in CHANGES if "acme: Preset = " not in change.after])

    ran = run(copy, "-c", MISSING)

    assert "presets of kimi_core.endpoints: no row for acme" in ran.stdout
    assert "docs/endpoints: no row for acme" in ran.stdout
