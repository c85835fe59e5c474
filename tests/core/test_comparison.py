"""The comparison with other classes says what was run; the classes need not be installed here.

Owns: that the results are of today's rows and classes, are whole, and that each link finds its
evidence. That both tables are those of the results, test_docs.py holds.
"""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RESULTS = json.loads((ROOT / "docs" / "comparison.json").read_text(encoding="utf-8"))
ROWS = importlib.import_module("compare.rows").ROWS
COMPARED = importlib.import_module("compare.classes").COMPARED


def test_the_results_are_of_these_rows_and_classes() -> None:
    rows = [{"slug": row.slug, "title": row.title, "how": row.how} for row in ROWS]
    classes = [(one.slug, one.name, one.package, one.made) for one in COMPARED]
    seen = [(one["slug"], one["name"], one["package"], one["made"]) for one in RESULTS["classes"]]

    assert rows == RESULTS["rows"], "run: make compare"
    assert classes == seen, "run: make compare"


def test_every_cell_has_a_verdict_and_what_was_seen() -> None:
    expected = {f"{row.slug}-{one.slug}" for row in ROWS for one in COMPARED}
    cells = RESULTS["cells"]

    assert set(cells) == expected
    assert {cell["verdict"] for cell in cells.values()} <= {"yes", "partly", "no", "n/a"}
    silent = [name for name, cell in cells.items() if not cell["seen"]]
    assert [name for name in silent if cells[name]["verdict"] != "n/a"] == []


def test_every_link_of_the_readme_leads_to_its_evidence() -> None:
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    anchors = re.findall(r'<a id="([\w-]+)">', page)
    links = re.findall(r"\]\(docs/comparison\.md#([\w-]+)\)", readme)

    assert len(anchors) == len(set(anchors))
    assert set(links) == set(anchors)


def test_no_result_names_this_machine() -> None:
    text = json.dumps(RESULTS)

    assert re.findall(r"127\.0\.0\.1:\d+|/(?:home|tmp|work|root)/", text) == []
