"""The table of all rooms, read from the laws and the imports of their files.

Owns: what a row of that table says. May know: `laws`, which reads both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import laws
from docs_markdown import code, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["rooms"]

_SENTENCE = re.compile(r"(?P<first>.+?)(?:\.(?:\s|$)|$)", re.DOTALL)


def rooms() -> str:
    """Return one row for each room, the ground floor first."""
    floors = laws.floors()
    rows = sorted(laws.room_files().items(), key=lambda item: (floors[item[0]], item[0]))
    return table(
        ("room", "floor", "owns", "imports", "libraries"),
        (_row(room, floors[room], files) for room, files in rows),
    )


def _row(room: str, floor: int, files: list[Path]) -> tuple[str, ...]:
    known = [laws.knows(file) for file in files]
    below = set[str]().union(*(found for _, found, _ in known)) - {room}
    libraries = set[str]().union(*(found for _, _, found in known))
    return (f"`{room}`", str(floor), _owns(files[0]), code(sorted(below)), code(sorted(libraries)))


def _owns(file: Path) -> str:
    """Return the first sentence of a law, or of the docstring where a file is nothing but names."""
    text = laws.law(file) or file.read_text(encoding="utf-8").strip('"').partition('"""')[0]
    found = _SENTENCE.match(text)
    return found["first"] if found else ""
