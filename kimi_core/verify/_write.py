"""Reports on the disk.

Owns: which files a report is, and their Markdown. May know: its own files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from kimi_core.verify._compare import Comparison
from kimi_core.verify._html import html_page
from kimi_core.verify._report import Failure, Report
from kimi_core.verify._rows import ESCAPED
from kimi_core.verify._sections import Section, compared, heading, sections

__all__ = ["comparison_markdown", "report_markdown", "write_comparison", "write_report"]

_SHOWN = 2_000  # characters of one raw answer in Markdown; all of it stands in results.jsonl


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write a report.

    Args:
        report: What was found.
        folder: Where; it is made, and files of an earlier report are replaced.

    Returns:
        ``report.json``, ``report.md``, ``report.html``, and ``summary.json`` in the published
        format.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.json": _json(report.to_dict()),
        "report.md": report_markdown(report),
        "report.html": html_page(report),
        "summary.json": _json(report.summary),
    }
    return _written(texts, folder)


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Write a comparison.

    Args:
        comparison: Of two reports.
        folder: Where; it is made.

    Returns:
        ``comparison.json`` and ``comparison.md``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "comparison.json": _json(comparison.to_dict()),
        "comparison.md": comparison_markdown(comparison),
    }
    return _written(texts, folder)


def _written(texts: Mapping[str, str], folder: Path) -> list[Path]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", errors=ESCAPED)
    return [folder / name for name in texts]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def report_markdown(report: Report) -> str:
    """Return a report as Markdown."""
    parts = [f"# {_inline(heading(report))}", *map(_table, sections(report))]
    if report.failures:
        parts += [f"## Failures ({len(report.failures)})", *map(_failure, report.failures)]
    return "\n\n".join(parts) + "\n"


def comparison_markdown(comparison: Comparison) -> str:
    """Return a comparison as Markdown."""
    sides = [
        f"* {name}: {_inline(str(one.get('model')))} at {_inline(str(one.get('base_url')))}"
        for name, one in (("A", comparison.first), ("B", comparison.second))
    ]
    parts = ["# Comparison", "\n".join(sides), *map(_table, compared(comparison))]
    return "\n\n".join(parts) + "\n"


def _table(section: Section) -> str:
    lines = [section.columns, ("---",) * len(section.columns), *section.rows]
    table = "\n".join(_line(cells) for cells in lines)
    note = f"\n\n{_inline(section.note)}" if section.note else ""
    return f"## {_inline(section.title)}\n\n{table}{note}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_inline, cells))} |"


def _inline(text: str) -> str:
    """Keep what a server says from becoming markup: cells, tags, links and new lines."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))


def _failure(failure: Failure) -> str:
    repaired = "repaired" if failure.repaired else "not repaired"
    raw = json.dumps(failure.raw, ensure_ascii=False, indent=1)
    raw = _cut(raw)
    # The answer may hold fences of its own.
    fence = "`" * (max((len(run) for run in re.findall(r"`+", raw)), default=2) + 1)
    fence = fence if len(fence) > 2 else "```"  # noqa: PLR2004 - Markdown's shortest fence
    reasons = "\n".join(f"* {_inline(line)}" for line in failure.reason.splitlines())
    return (
        f"### Sample {failure.data_index}: {failure.kind} ({repaired})\n\n{reasons}\n"
        f"* after repair: {_inline(_cut(failure.after))}\n\n{fence}json\n{raw}\n{fence}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n… ({len(text)} characters)"
