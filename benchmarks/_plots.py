"""What was found, as pictures.

Owns: one picture for each framework, and the small one of the README. May know: `_report`;
matplotlib, which only the environment of the benchmarks has. Where it is missing there are no
pictures, and that is said.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from _report import HEADS, peers_of, shown

if TYPE_CHECKING:
    from pathlib import Path

    from _report import Run

__all__ = ["write"]

_FORMATS = ("png", "svg")
_ROW = 0.42  # inches
_SMALL = "text"  # the row of the small picture: what every client can, and what most answers are
_OURS, _THEIRS = "#1f77b4", "#b8bec6"


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
    figures = {f"benchmarks-{family.replace('_', '-')}": _draw(run, family) for family in HEADS}
    for name, figure in {**figures, "benchmarks": _small(run)}.items():
        if figure is None:
            continue
        for kind in _FORMATS:
            metadata = {"Date": None} if kind == "svg" else {}
            for folder in [out, *([docs] if docs and kind == "svg" else [])]:
                figure.savefig(folder / f"{name}.{kind}", metadata=metadata)


def _small(run: Run) -> Any:
    """Draw the time of one row, each client a bar, from nothing on: lengths can be compared."""
    from matplotlib.figure import Figure

    cells = run.found.get(_SMALL, {})
    told = {
        family: {
            key.partition("/")[2]: cells[key].median
            for key in (f"{family}/ChatKimiK2", *peers_of(family))
            if key in cells and cells[key].values
        }
        for family in HEADS
    }
    if not all(told.values()):
        return None
    heights = [len(bars) for bars in told.values()]
    figure = Figure(figsize=(8, 1.1 + 0.26 * sum(heights)), layout="constrained")
    panels = figure.subplots(len(told), sharex=True, height_ratios=heights)
    for axes, (family, bars) in zip(panels, told.items(), strict=True):
        colours = [_OURS if name == "ChatKimiK2" else _THEIRS for name in bars]
        drawn = axes.barh(list(bars), list(bars.values()), 0.7, color=colours)
        axes.bar_label(drawn, [shown(_SMALL, value) for value in bars.values()], padding=4)
        axes.set_title(HEADS[family], loc="left", fontsize="medium", fontweight="bold")
        axes.invert_yaxis()
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.tick_params(bottom=False, labelbottom=False)
        axes.margins(x=0.08)
    figure.supxlabel("CPU time of a streamed chunk of text", fontsize="medium")
    return figure


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
        places, beyond, below, above = [], [], [], []
        for at, title in enumerate(titles):
            ratios = run.ratios(title, family, peer)
            if ratios:
                middle = statistics.median(ratios)
                places.append(at + number * width)
                beyond.append(middle - 1)
                below.append(middle - ratios[0])
                above.append(ratios[-1] - middle)
        name = peer.partition("/")[2]
        # From 1 on: on an axis of ratios a bar that begins at its edge has a length of no meaning.
        spread = {"xerr": [below, above], "error_kw": {"lw": 0.8}}
        axes.barh(places, beyond, width, left=1, label=name, **spread)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([at + 0.4 - width / 2 for at in range(len(titles))], titles)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(y=0.01)
    axes.set_xlabel("ChatKimiK2 in the other one; left of 1 it takes less")
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    return figure
