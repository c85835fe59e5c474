"""What was found, as JSON, as Markdown, and in docs/benchmarks.md.

Owns: cells, ratios, their spread, and how they are written. May know: `_rows`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from _rows import CLIENTS, ROWS, STARTUPS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HEADS", "Cell", "Found", "Run", "markdown", "peers_of", "shown", "write"]

HEADS = {"langchain": "LangChain", "llama_index": "LlamaIndex"}
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_MARKED = re.compile(r"(?<=<!-- figures -->\n).*(?=<!-- end of figures -->)", re.DOTALL)


@dataclass
class Cell:
    """The values of one client in one row.

    Attributes:
        values: By turn; seconds for each unit, or bytes.
        error: Why there is none.
        took: Seconds that the last turn took in all.
    """

    values: dict[int, float] = field(default_factory=dict[int, float])
    error: str = ""
    took: float = 0.0

    def take(self, turn: int, said: dict[str, Any]) -> None:
        """Take what a worker said."""
        self.error = self.error or str(said.get("error", ""))
        if "value" in said:
            self.values[turn] = said["value"]

    @property
    def median(self) -> float:
        """The median."""
        return statistics.median(self.values.values())


Found = dict[str, dict[str, Cell]]


@dataclass
class Run:
    """One run of the command.

    Attributes:
        found: Cells by row and client.
        versions: Of each client; None where it could not be installed.
        quick: Whether only the quick rows were measured.
    """

    found: Found
    versions: dict[str, str | None]
    quick: bool

    def ratios(self, title: str, family: str, peer: str) -> list[float]:
        """Return ours in theirs, of the turns that followed each other; sorted."""
        cells = self.found.get(title, {})
        ours, theirs = cells.get(f"{family}/ChatKimiK2"), cells.get(peer)
        if ours is None or theirs is None:
            return []
        both = ours.values.keys() & theirs.values.keys()
        return sorted(ours.values[at] / theirs.values[at] for at in both if theirs.values[at] > 0)

    def target(self, title: str, family: str, peer: str) -> float | None:
        """Return the greatest ratio that is wanted, or None."""
        wanted = {row.title: row.target for row in ROWS}
        wanted |= dict(STARTUPS.values())
        # Who is of neither family is beside both.
        key = peer.replace("other/", f"{family}/")
        return wanted.get(title, {}).get(key)


def peers_of(family: str) -> list[str]:
    """Return the keys of who is compared with ours in one family's table."""
    theirs = [one for one in CLIENTS if one.family in {family, "other"}]
    return [one.key for one in theirs if one.name != "ChatKimiK2"]


def _bytes(title: str) -> bool:
    return any(row.title == title and row.measure == "bytes" for row in ROWS) or (
        title == STARTUPS["rest"][0]
    )


def shown(title: str, value: float) -> str:
    """Return a value with its unit."""
    if _bytes(title):
        mebi = value / 1024 / 1024
        return f"{mebi:.1f} MiB" if mebi >= 1 else f"{value / 1024:.1f} KiB"
    scale, unit = next((one for one in _UNITS if abs(value) >= one[0]), _UNITS[-1])
    number = value / scale
    return f"{number:.0f} {unit}" if abs(number) >= 10 else f"{number:.1f} {unit}"  # noqa: PLR2004 - two digits


def _cell(run: Run, title: str, family: str, peer: str) -> str:
    cell = run.found.get(title, {}).get(peer)
    if cell is None or not cell.values:
        return "—"
    ratios = run.ratios(title, family, peer)
    told = shown(title, cell.median)
    if not ratios:
        return told
    middle = statistics.median(ratios)
    spread = f" {ratios[0]:.2f} to {ratios[-1]:.2f}" if len(ratios) > 1 else ""
    wanted = run.target(title, family, peer)
    mark = "" if wanted is None else f" (≤ {wanted:g} {'✓' if middle <= wanted else '✗'})"
    return f"{told}: **{middle:.2f}**{spread}{mark}"


def _table(run: Run, family: str) -> list[str]:
    peers = [key for key in peers_of(family) if run.versions.get(key)]
    ours = f"{family}/ChatKimiK2"
    lines = [
        "| | ChatKimiK2 | " + " | ".join(key.partition("/")[2] for key in peers) + " |",
        "| --- | ---: |" + " ---: |" * len(peers),
    ]
    for title, cells in run.found.items():
        cell = cells.get(ours)
        if cell is None or not cell.values:
            continue
        told = [_cell(run, title, family, key) for key in peers]
        lines.append(f"| {title} | {shown(title, cell.median)} | {' | '.join(told)} |")
    return lines


def _core(run: Run) -> list[str]:
    cells = run.found.get(STARTUPS["import"][0], {})
    ours, theirs = cells.get("core/kimi_core"), cells.get("core/openai")
    if not (ours and theirs and ours.values and theirs.values):
        return []
    ratio = ours.median / theirs.median
    told = f"{ours.median * 1e3:.0f} ms, `import openai` {theirs.median * 1e3:.0f} ms"
    return ["", f"`import kimi_core` takes {told}: {ratio:.2f} (≤ 0.25)."]


def _missing(run: Run) -> list[str]:
    lines = [
        f"* {one.name} is not there: `{one.package}` could not be installed."
        for one in CLIENTS
        if not run.versions.get(one.key)
    ]
    reasons: dict[str, list[str]] = {}
    for title, cells in run.found.items():
        for key, cell in cells.items():
            if cell.error and not cell.error.startswith("NotImplementedError"):
                # Its first line: the rest is a list in a list, cut in the middle.
                said = cell.error.partition("\n")[0].partition(" (Caused by")[0]
                reasons.setdefault(f"{key.partition('/')[2]}: `{said}`", []).append(title)
    lines += [f"* {reason} ({', '.join(titles)})" for reason, titles in reasons.items()]
    return ["", *lines] if lines else []


def markdown(run: Run) -> str:
    """Return the tables."""
    kind = "with --quick" if run.quick else "in full"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    versions = [f"{key.partition('/')[2]} {it}" for key, it in run.versions.items() if it]
    lines = [f"{time.strftime('%Y-%m-%d')}, {kind}, {machine}; {', '.join(versions)}."]
    for family, head in HEADS.items():
        lines += ["", f"### {head}", "", *_table(run, family)]
    return "\n".join([*lines, *_core(run), *_missing(run)]) + "\n"


def write(run: Run, out: Path, *, docs: Path | None) -> None:
    """Write the JSON and the Markdown, and the page of the documentation where it is named."""
    values = {
        title: {key: cell.error or list(cell.values.values()) for key, cell in cells.items()}
        for title, cells in run.found.items()
    }
    said = {"quick": run.quick, "versions": run.versions, "found": values}
    (out / "bench.json").write_text(json.dumps(said, indent=1) + "\n")
    text = markdown(run)
    (out / "bench.md").write_text(text)
    if docs is not None:
        page = docs / "benchmarks.md"
        page.write_text(_MARKED.sub(lambda _: f"\n{text}\n", page.read_text()))
