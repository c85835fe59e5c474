"""The comparison with other classes, as Markdown.

Owns: how ``docs/comparison.json`` looks on its page and in the README. May know: docs_markdown.
What the file holds comes of runs (``make compare``); nothing is judged here.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from docs_markdown import table

__all__ = ["COMPARISON"]

_RESULTS = Path(__file__).resolve().parent.parent / "docs" / "comparison.json"


@cache
def _results() -> dict[str, Any]:
    return json.loads(_RESULTS.read_text(encoding="utf-8"))


def _short() -> str:
    """Write the README's table: a verdict a cell, each a link to what was seen."""
    results = _results()
    head = ("behaviour", *map(_named, results["classes"]))
    rows = [
        (
            f"[{row['title']}](docs/comparison.md#{row['slug']})",
            *(
                f"[{_cell(row, one)['verdict']}](docs/comparison.md#{row['slug']}-{one['slug']})"
                for one in results["classes"]
            ),
        )
        for row in results["rows"]
    ]
    return table(head, rows)


def _named(one: dict[str, Any]) -> str:
    """Return a class's name as code, and its framework behind it where two have the name."""
    name, _, framework = one["name"].partition(" ")
    return f"`{name}` {framework}".strip()


def _cell(row: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    return _results()["cells"][f"{row['slug']}-{one['slug']}"]


def _classes() -> str:
    results = _results()
    told = ", ".join(f"{name} {number}" for name, number in results["frameworks"].items())
    rows = [
        (_named(one), f"{one['package']} {one['version']}",
         one["made"])
        for one in results["classes"]
    ]  # fmt: skip
    said = f"Run on {results['date']}, with Python {results['python']}, {told}."
    return f"{said}\n\n{table(('class', 'version', 'made as'), rows)}"


def _long() -> str:
    results = _results()
    head = ("behaviour", *(one["name"] for one in results["classes"]))
    rows = [
        (
            f"[{row['title']}](#{row['slug']})",
            *(_told(row, one) for one in results["classes"]),
        )
        for row in results["rows"]
    ]
    return table(head, rows)


def _told(row: dict[str, Any], one: dict[str, Any]) -> str:
    cell = _cell(row, one)
    said = f": {cell['said']}" if cell["said"] else ""
    return f"[{cell['verdict']}](#{row['slug']}-{one['slug']}){said}"


def _evidence() -> str:
    results = _results()
    return "\n\n".join(_section(row, results["classes"]) for row in results["rows"])


def _section(row: dict[str, Any], classes: list[dict[str, Any]]) -> str:
    lines = [f'### <a id="{row["slug"]}"></a>{row["title"]}', "", row["how"], ""]
    for one in classes:
        cell = _cell(row, one)
        anchor = f'<a id="{row["slug"]}-{one["slug"]}"></a>'
        lines.append(f"* {anchor}**{one['name']}**: {cell['verdict']}")
        lines += [f"    * {_code(seen)}" for seen in cell["seen"]]
    return "\n".join(lines)


def _code(line: str) -> str:
    """Write a line as code; Kimi's tokens and JSON are no Markdown."""
    fence = "``" if "`" in line else "`"
    space = " " if fence == "``" else ""
    return f"{fence}{space}{line}{space}{fence}"


COMPARISON = {
    "comparison": _short,
    "comparison-classes": _classes,
    "comparison-table": _long,
    "comparison-rows": _evidence,
}
