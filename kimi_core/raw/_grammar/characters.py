"""The characters of a string, as they are written inside JSON quotes or raw.

Owns: how a set of code points becomes an expression in either spelling.
May know: its own files.

K3 writes the string arguments of a call raw, between markers that begin with ``<``; everything
else, and everything in K2, is JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from kimi_core.raw._grammar.text import any_of, character_class, free_text, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kimi_core.raw._grammar.text import Rules

__all__ = [
    "JSON",
    "PLAIN_JSON",
    "RAW",
    "Range",
    "Spelling",
    "any_character",
    "any_text",
    "complement",
]

Range = tuple[int, int]

_LAST = 0x10FFFF
_ESCAPES = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r"}

# An escaped surrogate has to be half of a pair: alone it is no text, and breaks the first encoding
# of the arguments as UTF-8.
_ESCAPE = (
    r'"\\" (["\\/bfnrt] | "u" (([0-9abcefABCEF] [0-9a-fA-F] | [dD] [0-7]) [0-9a-fA-F]{2}'
    r' | [dD] [89abAB] [0-9a-fA-F]{2} "\\u" [dD] [c-fC-F] [0-9a-fA-F]{2}))'
)
_PLAIN = r'[^"\\\u0000-\u001F]'


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the characters of a string are written.

    Attributes:
        name: What the names of its rules begin with.
        quote: What stands on either side of it.
        escaped: Characters that stand only escaped, or, where there are no escapes, not at all in
            a set of several: a text that may hold ``<`` could hold a marker.
        escapes: Which characters may be written escaped: "all", those of a set that has no "other"
            ones, or "none".
        character: One character, whichever; what is counted is made of these.
        markers: Beginnings of markers, which a string of any length does not hold: written there,
            the marker's token is a call that was closed too early, and not what was meant.
    """

    name: str
    quote: str
    escaped: tuple[Range, ...]
    escapes: Literal["all", "other", "none"]
    character: str
    markers: tuple[str, ...]

    def one_of(self, ranges: Sequence[Range]) -> str | None:
        """Return one character of a set, or None where none of them can be written."""
        plain = list(_without(ranges, self.escaped))
        parts = [character_class(plain)] if plain else []
        if self.escapes == "all" or (self.escapes == "other" and not plain):
            parts += [literal(_escape(code)) for code in _within(ranges, self.escaped)]
        return any_of(parts) if parts else None

    def exactly(self, text: str) -> str:
        """Return the expression of this very text."""
        if self.escapes == "none":
            return literal(text)
        escaped = {code for first, last in self.escaped for code in range(first, last + 1)}
        return literal("".join(_escape(ord(c)) if ord(c) in escaped else c for c in text))


def _escape(code: int) -> str:
    return _ESCAPES.get(code, f"\\{chr(code)}" if code >= ord(" ") else f"\\u{code:04x}")


def _without(ranges: Iterable[Range], removed: Sequence[Range]) -> Iterable[Range]:
    for first, last in ranges:
        start = first
        for low, high in sorted(removed):
            if low > last or high < start:
                continue
            if start < low:
                yield start, low - 1
            start = high + 1
        if start <= last:
            yield start, last


def _within(ranges: Iterable[Range], kept: Sequence[Range]) -> Iterable[int]:
    for first, last in ranges:
        for low, high in kept:
            yield from range(max(first, low), min(last, high) + 1)


def complement(ranges: Sequence[Range]) -> list[Range]:
    """Return every printable character that is not in the ranges."""
    return list(_without([(0x20, _LAST)], ranges))


JSON = Spelling(
    name="",
    quote='"\\""',
    escaped=((0x00, 0x1F), (0x22, 0x22), (0x5C, 0x5C)),
    escapes="all",
    character=f"{_PLAIN} | {_ESCAPE}",
    markers=("<|tool_c", "<|close"),
)
"""JSON in full."""

PLAIN_JSON = replace(JSON, name="plain-", escapes="other", character=_PLAIN)
"""JSON in which a character that is counted is written unescaped, so there are no quotes there.

For xgrammar: counting characters that have two spellings costs it 0.7 to 1.6 s a token of a
163,840-token vocabulary (xgrammar 0.2.8, measured), one spelling 0.05 ms.
"""

RAW = Spelling(
    name="raw-",
    quote="",
    escaped=((0x00, 0x08), (0x3C, 0x3C)),
    escapes="none",
    character=r"[^<\u0000-\u0008]",
    markers=("<|close",),
)
"""The text itself, which must not hold the beginning of a marker."""


def any_character(rules: Rules, spelling: Spelling) -> str:
    """Return the rule of one character."""
    return rules.once(f"{spelling.name}character", spelling.character)


def any_text(rules: Rules, spelling: Spelling) -> str:
    """Return the rule of a string of any length."""
    raw = spelling.escapes == "none"
    text = free_text(
        spelling.markers,
        excluded=[(0x00, 0x08)] if raw else spelling.escaped,
        escape="" if raw else rules.once("escape", _ESCAPE),
    )
    return rules.once("raw-text" if raw else "string", text)
