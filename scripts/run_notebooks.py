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
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "notebooks"
_CACHE = FOLDER.parent / ".cache"

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
        extra_arguments=["--log-level=ERROR"],  # not that whoever is on this machine could listen
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


@contextlib.contextmanager
def nothing_at_home() -> Iterator[None]:
    """Keep out of the user's home what kernels and matplotlib write there."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_RUNTIME_DIR"] = folder
        os.environ["IPYTHONDIR"] = str(Path(folder, "ipython"))
        os.environ.setdefault("MPLCONFIGDIR", str(_CACHE / "matplotlib"))
        with contextlib.suppress(ImportError):
            # Its first import looks for fonts and, on a slow machine, says so: not in a notebook.
            importlib.import_module("matplotlib.font_manager")
        yield


def main() -> int:
    """Run what the command line names; 1 where a check fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(FOLDER.glob("*.ipynb")))
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    arguments = parser.parse_args()
    with nothing_at_home():
        same = [one(path, check=arguments.check) for path in arguments.notebooks]
    return 0 if all(same) else 1


def one(path: Path, *, check: bool) -> bool:
    """Run a notebook, and write it down or compare it; say how long that took."""
    began = time.monotonic()
    fresh = run(path)
    print(f"{time.monotonic() - began:6.1f} s  {path.name}", flush=True)
    if not check:
        nbformat.write(fresh, path)
        return True
    found, written = shape(fresh), shape(nbformat.read(path, as_version=4))
    if found != written:
        print(f"{path.name}: the cells print {found}, written down is {written}")
    return found == written


if __name__ == "__main__":
    sys.exit(main())
