"""The corpus: this project's documentation as it was on 30 November 2026, section by section.

It is kept in corpus.jsonl, because a search over pages that grow has other figures every week.
`pages.py` writes that file.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

KEPT = Path(__file__).with_name("corpus.jsonl")


@dataclass(frozen=True)
class Section:
    """A section, or a piece of it, e.g. of page docs/models.md with heading Spellings."""

    page: str
    heading: str
    text: str


@cache
def sections() -> tuple[Section, ...]:
    """Return every section, whole."""
    with KEPT.open(encoding="utf-8") as lines:
        return tuple(Section(**json.loads(line)) for line in lines)
