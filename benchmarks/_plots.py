"""What was found, as pictures.

Owns: one picture for each framework. May know: `_report`; matplotlib, which only the environment of
the benchmarks has. Where it is missing there are no pictures, and that is said.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from _report import peers_of

if TYPE_CHECKING:
    from pathlib import Path

    from _report import Run

__all__ = ["write"]

_FORMATS = ("png", "svg")
_ROW = 0.42  # inches


def write(run: Run, out: Path, *, docs: Path | None) -> None:
    """Draw ours in theirs, row by row, with the least and the greatest of each ratio."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("no pictures: matplotlib is not installed")
        return
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "benchmarks"  # so that a picture changes with its figures alone
    mpl.rcParams["svg.fonttype"] = "none"  # text stays text, at a tenth of the size
    for family in ("langchain", "llama_index"):
        figure = _draw(run, family)
        if figure is None:
            continue
        for kind in _FORMATS:
            metadata = {"Date": None} if kind == "svg" else {}
            name = f"benchmarks-{family.replace('_', '-')}.{kind}"
            for folder in [out, *([docs] if docs and kind == "svg" else [])]:
                figure.savefig(folder / name, metadata=metadata)


def _draw(run: Run, family: str) -> Any:
    from matplotlib.figure import Figure

    peers = [key for key in peers_of(family) if run.versions.get(key)]
    titles = [title for title in run.found if any(run.ratios(title, family, p) for p in peers)]
    if not titles:
        return None
    figure = Figure(figsize=(9, 1.4 + _ROW * len(titles)), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(peers)
    for number, peer in enumerate(peers):
        places, middles, below, above = [], [], [], []
        for at, title in enumerate(titles):
            ratios = run.ratios(title, family, peer)
            if ratios:
                middle = statistics.median(ratios)
                places.append(at + number * width)
                middles.append(middle)
                below.append(middle - ratios[0])
                above.append(ratios[-1] - middle)
        name = peer.partition("/")[2]
        axes.barh(places, middles, width, xerr=[below, above], label=name, error_kw={"lw": 0.8})
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([at + 0.4 - width / 2 for at in range(len(titles))], titles)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("ChatKimiK2 in the other one; left of 1 it takes less")
    axes.legend()
    return figure
