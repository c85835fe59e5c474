"""The characters of a string, as they are written inside JSON quotes or raw.

Owns: how a set of code points becomes an expression in either spelling.
May know: the notation in `kimi_core.raw._grammar.text`.

K3 writes the string arguments of a call raw, between markers that begin with ``<``; everything
else, and everything in K2, is JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kimi_core.raw._grammar.text import any_of, character_class, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["JSON", "RAW", "Spelling", "complement"]

Range = tuple[int, int]

_LAST = 0x10FFFF
_ESCAPES = {0x08: "\\b", 0x09: "\\t", 0x0A: "\\n", 0x0C: "\\f", 0x0D: "\\r"}

# An escaped surrogate has to be half of a pair: alone it is no text, and breaks the first encoding
# of the arguments as UTF-8.
_ANY_JSON = (
    r'[^"\\\u0000-\u001F] | "\\" (["\\/bfnrt] | "u" (([0-9abcefABCEF] [0-9a-fA-F] | [dD] [0-7]) '
    r'[0-9a-fA-F]{2} | [dD] [89abAB] [0-9a-fA-F]{2} "\\u" [dD] [c-fC-F] [0-9a-fA-F]{2}))'
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the characters of a string are written.

    Attributes:
        quote: What stands on either side of it.
        escaped: Characters that stand only escaped, or, where there are no escapes, not at all in
            a set of several: a text that may hold ``<`` could hold a marker.
        any: The rule of one character, whichever.
        name: The name of that rule.
        escapes: Whether there are escapes.
    """

    quote: str
    escaped: tuple[Range, ...]
    any: str
    name: str
    escapes: bool

    def one_of(self, ranges: Sequence[Range]) -> str | None:
        """Return one character of a set, or None where none of them can be written."""
        plain = list(_without(ranges, self.escaped))
        parts = [character_class(plain)] if plain else []
        if self.escapes:
            parts += [literal(_escape(code)) for code in _within(ranges, self.escaped)]
        return any_of(parts) if parts else None

    def exactly(self, text: str) -> str:
        """Return this very text."""
        if not self.escapes:
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
    quote='"\\""',
    escaped=((0x00, 0x1F), (0x22, 0x22), (0x5C, 0x5C)),
    any=_ANY_JSON,
    name="character",
    escapes=True,
)
RAW = Spelling(
    quote="",
    escaped=((0x00, 0x08), (0x3C, 0x3C)),
    any=r"[^<\u0000-\u0008]",
    name="raw-character",
    escapes=False,
)
