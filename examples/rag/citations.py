"""Citations that are checked: [n] must be a source, and the words quoted before it stand in it.

A rule, no model: it finds invented sources and invented words, not a true quote that is beside the
point.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

RULES = (
    "Answer from the numbered sources alone, in at most three sentences. End each sentence with "
    'words of a source, copied exactly (but for double quotes in them), and its number: "..." [2]. '
    "If the sources do not hold the answer, say: The sources do not say."
)
SILENT = "The sources do not say."
_CITED = re.compile(r'(?:["“]([^"“”]+)["”][\s.,;:]*)?((?:(?<!\w)\[\d+(?:, ?\d+)*\]\s*)+)')


@dataclass(frozen=True)
class Citation:
    """One [n] of an answer; `problem` is empty where its words stand in its source."""

    number: int
    quote: str
    problem: str = ""


def prompt(question: str, sources: Sequence[str]) -> str:
    """Return the question with its rules and sources, numbered from 1."""
    numbered = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(sources, 1))
    return f"{RULES}\n\nSources:\n\n{numbered}\n\nQuestion: {question}"


def citations(answer: str, sources: Sequence[str]) -> list[Citation]:
    """Find the citations of an answer, each judged; none at all is one with number 0."""
    found = [
        Citation(number, quote, _problem(number, quote, sources))
        for quote, numbers in _CITED.findall(answer)
        for number in map(int, re.findall(r"\d+", numbers))
    ]
    if not found and answer.strip() != SILENT:
        return [Citation(0, "", "the answer cites nothing")]
    return found


def _problem(number: int, quote: str, sources: Sequence[str]) -> str:
    if not 1 <= number <= len(sources):
        return f"there is no source {number}: they are 1 to {len(sources)}"
    if not quote.strip():
        return "no words are quoted before it"
    return "" if holds(sources[number - 1], quote) else f"not in source {number}"


def holds(text: str, words: str) -> bool:
    """Say whether the words stand in the text; capitals, blanks and quotes do not count."""
    plain = [" ".join(re.sub('["“”]', "", one.lower()).split()) for one in (words, text)]
    return plain[0] in plain[1]
