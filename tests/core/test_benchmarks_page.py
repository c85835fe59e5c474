"""The picture of the README says what the tables of docs/benchmarks.md say.

Owns: how figures are found in both. ``make bench`` writes all of them; who writes one by hand, or
merges half of a run, is told here.
"""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_small_picture_has_the_figures_of_the_row_of_text() -> None:
    page = (DOCS / "benchmarks.md").read_text("utf-8")
    rows = re.findall(r"^\| text \| (.*) \|$", page, re.MULTILINE)
    told = [cell.partition(":")[0] for row in rows for cell in row.split(" | ")]
    drawn = re.findall(r">([\d.]+ (?:µs|ms))</text>", (DOCS / "benchmarks.svg").read_text("utf-8"))

    assert len(rows) == 2
    assert drawn == [figure for figure in told if figure != "—"]
