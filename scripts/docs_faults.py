"""The page of faults, written from the table that the tests run.

Owns: how a row of that table looks in Markdown. May know: tests.faults, which needs no package.
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(
    str(Path(__file__).resolve().parent.parent)
)  # started by its path, it sees only its folder

from docs_markdown import table

from tests.faults.table import FAULTS

if TYPE_CHECKING:
    from tests.faults.row import Fault

__all__ = ["faults"]

_HEAD = ("what is injected", "what the user gets", "requests", "what is not lost")
_SHOWN = 40


def faults() -> str:
    """Return a table for each group of faults."""
    groups = groupby(FAULTS.values(), key=lambda fault: fault.group)
    return "\n\n".join(
        f"## {group}\n\n{table(_HEAD, [_row(fault) for fault in found])}" for group, found in groups
    )


def _row(fault: Fault) -> tuple[str, ...]:
    gets = "the answer" if fault.gets == "answer" else f"`{fault.gets}`"
    waited = "".join(f", {seconds:g} s apart" for seconds in fault.waits or ())
    return (_plain(fault.name), gets, f"{fault.requests}{waited}", _kept(fault))


def _kept(fault: Fault) -> str:
    said = {"text": fault.content, "reasoning": fault.reasoning, "arguments": fault.arguments}
    return ", ".join(f"{name} `{_shown(text)}`" for name, text in said.items() if text)


def _shown(text: str) -> str:
    shown = text if len(text) < _SHOWN else f"{text[:5]}... ({len(text):,} characters)"
    return shown.encode("unicode_escape").decode()


def _plain(text: str) -> str:
    # What looks like a link or a tag would be read as one.
    return text.replace("[", r"\[").replace("<", r"\<").replace("*", r"\*").replace("_", r"\_")
