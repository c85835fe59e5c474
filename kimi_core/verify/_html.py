"""A report as one HTML file that loads nothing.

Owns: the page, its style, and which plots stand in it. May know: its own files.

What a server said is untrusted: all of it goes through `escape`, and the page's policy forbids
scripts, so that a report can be opened and passed on.
"""

from __future__ import annotations

import json
from html import escape

from kimi_core.verify._intervals import Share
from kimi_core.verify._plots import Bar, bars, curve
from kimi_core.verify._report import Failure, Report
from kimi_core.verify._sections import SHARES, Section, heading, sections

__all__ = ["html_page"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .6em 0; } td, th { border: 1px solid #bbb;
padding: .2em .6em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
pre { background: #8881; padding: .6em; overflow-x: auto; white-space: pre-wrap; }
.note { color: #777; } svg { max-width: 100%; height: auto; font-size: 12px; }
svg text { fill: currentColor; } .grid { stroke: #8884; } .whisker { stroke: currentColor;
fill: none; } .raw { fill: #c77; } .repaired { fill: #6a9; } .baseline { fill: #79b; }
.curve { stroke: #79b; stroke-width: 2; fill: none; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(report: Report) -> str:
    """Return a report as a page.

    Args:
        report: What was found.
    """
    title = escape(heading(report))
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>",
        _plots(report),
        *map(_table, sections(report)),
        _failures(report),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _plots(report: Report) -> str:
    raw, repaired = report.raw.shares(), report.repaired.shares()
    pairs = [
        _share_bar(f"{text}, {reading}", found[name], kind)
        for name, text in SHARES.items()
        for reading, found, kind in (("raw", raw, "raw"), ("repaired", repaired, "repaired"))
    ]
    found = [bar for bar in pairs if bar is not None]
    found += [
        Bar(f"F1 with {one.name[-28:]}", one.f1, *one.f1_interval, "baseline")
        for one in (*report.baselines, *report.noise)
    ]
    plots = f"<h2>At a glance</h2>{bars(found)}"
    first = report.latency.first_token_ms
    if first.n:
        plots += f"<h2>First token: part of the answers after</h2>{curve(first.deciles, 'ms')}"
    return plots


def _share_bar(label: str, share: Share, kind: str) -> Bar | None:
    return None if share.value is None else Bar(label, share.value, *share.interval, kind)


def _table(section: Section) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in section.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for cells in section.rows
    )
    note = f'<p class="note">{escape(section.note)}</p>' if section.note else ""
    return f"<h2>{escape(section.title)}</h2><table><tr>{head}</tr>{rows}</table>{note}"


def _failures(report: Report) -> str:
    if not report.failures:
        return ""
    return f"<h2>Failures ({len(report.failures)})</h2>" + "".join(map(_failure, report.failures))


def _failure(failure: Failure) -> str:
    repaired = "repaired" if failure.repaired else "not repaired"
    raw = json.dumps(failure.raw, ensure_ascii=False, indent=1)
    head = f"Sample {failure.data_index}: {failure.kind} ({repaired})"
    return (
        f"<details><summary>{escape(head)}: {escape(failure.reason)}</summary>"
        f"<p>After repair: {escape(failure.after)}</p><pre>{escape(raw)}</pre></details>"
    )
