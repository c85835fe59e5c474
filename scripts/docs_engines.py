"""The tables of engines: every request on every server, and what each engine gets wrong.

Owns: how the matrix and the notes of ``tests/engines`` look in Markdown. May know: both, and the
cassettes, so that a cell is of what was recorded, and not of what was meant to be.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from docs_markdown import table

_ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(_ROOT))  # the tests are no part of what is installed

from tests.engines.matrix import ROWS, WAYS  # noqa: E402 - see above
from tests.engines.notes import NOTES, is_asked, notes_of  # noqa: E402

if TYPE_CHECKING:
    from tests.engines.matrix import Row

__all__ = ["engines", "sessions", "wrongs"]

_CASSETTES = _ROOT / "tests" / "cassettes" / "engines"
_SEEN = [note for note in NOTES if not note.read]
_NUMBERS = {id(note): number for number, note in enumerate(_SEEN, 1)}


def engines() -> str:
    """Return the table of requests and servers: right, or the numbers of what is wrong there."""
    head = ("request", *WAYS)
    rows = [(row.title, *(_cell(row, column) for column in WAYS)) for row in ROWS]
    return table(head, rows)


def _cell(row: Row, column: str) -> str:
    recorded = (_CASSETTES / "test_matrix" / f"{column}.yaml").exists()
    if not recorded or not is_asked(row, column):
        return "—"
    notes = notes_of(row, column)
    sign = "≠" if any(note.found for note in notes) else "✓"
    return " ".join([sign, *(f"{_NUMBERS[id(note)]}" for note in notes)])


def wrongs() -> str:
    """Return what each engine gets wrong, what the preset does about it, and what remains."""
    head = ("no.", "where", "what it does", "what the preset does", "what remains")
    seen = [
        (str(_NUMBERS[id(note)]), _where(note.ways), note.engine, note.preset, note.remains or "—")
        for note in _SEEN
    ]
    read = [
        ("read", note.ways, note.engine, note.preset, note.remains or "—")
        for note in NOTES
        if note.read
    ]
    return table(head, [*seen, *read])


def _where(ways: str) -> str:
    fitting = [column for column in WAYS if re.fullmatch(ways, column)]
    ours = [column for column in fitting if "rendered here" in column]
    return "prompt rendered here" if ours == fitting else "; ".join(fitting)


def sessions() -> str:
    """Return how many sessions were recorded for each file of tests."""
    counted = Counter(path.parent.name for path in _CASSETTES.glob("*/*.yaml"))
    rows = [(f"`{name}`", str(number)) for name, number in sorted(counted.items())]
    return table(("tests", "recorded sessions"), rows)
