"""Markdown as the generated blocks are written in.

Owns: how a table and a cell look. May know: the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["code", "number", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; an empty cell gets a dash."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    # GitHub splits a row at every bar, in code too, unless it is escaped.
    return text.replace("|", r"\|") or "—"


def code(values: Iterable[str]) -> str:
    """Return values as code, with commas between."""
    return ", ".join(f"`{value}`" for value in values)


def number(value: float | None) -> str:
    """Return a number with commas between thousands; nothing for None."""
    return "" if value is None else f"{value:,}"
