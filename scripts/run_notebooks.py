"""Run the notebooks on the embedded engine and write, or check, their outputs.

    python scripts/run_notebooks.py            # run all, write what they print
    python scripts/run_notebooks.py --check    # run all, compare with what is written

Owns: how a notebook is run and what of its output counts. May know: nbclient, nbformat, matplotlib.
A cell that raises ends the run. Checked is which cells print what kind of output, not each word: a
sampler at temperature 0 may still choose another word on another processor.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"


# A kernel's ports are looked for by one process and taken by another: one that somebody else was
# given meanwhile ends the kernel before any cell was run ("Address already in use").
_STARTS = 3


def run(path: Path) -> Any:  # noqa: ANN401 - nbformat has no types
    """Run every cell in a fresh kernel, in the notebook's folder."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=None,  # an engine takes as long as the machine makes it
        startup_timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,
    )
    for _ in range(_STARTS - 1):
        with contextlib.suppress(RuntimeError):  # "Kernel died before replying to kernel_info"
            client.execute()
            break
    else:
        client.execute()
    notebook.metadata.language_info = {"name": "python"}  # not which Python wrote the outputs
    return notebook


def shape(notebook: Any) -> list[list[str]]:  # noqa: ANN401 - see run()
    """Return the kinds of output of each code cell, e.g. "stdout" or "execute_result"."""
    return [
        [output.get("name", output["output_type"]) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def main() -> int:
    """Run what the command line names; 1 where a check fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(FOLDER.glob("*.ipynb")))
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    arguments = parser.parse_args()
    with contextlib.suppress(ImportError):
        # Its first import looks for fonts and, on a slow machine, says so: not in a notebook.
        importlib.import_module("matplotlib.font_manager")
    differing = 0
    for path in arguments.notebooks:
        fresh = run(path)
        if not arguments.check:
            nbformat.write(fresh, path)
        elif (found := shape(fresh)) != (written := shape(nbformat.read(path, as_version=4))):
            differing += 1
            print(f"{path.name}: the cells print {found}, written down is {written}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
