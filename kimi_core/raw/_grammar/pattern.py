"""Regular expressions of JSON schema as grammar expressions.

Owns: reading the part of ECMAScript's patterns that describes a language by sets, sequences,
choices and repetitions. May know: its own files, schema.

Assertions inside a pattern, back references and flags have no counterpart in a grammar and are
refused. The classes d, w and s are ASCII, as in ECMAScript; sets that are given by what they
exclude leave control characters out, which narrows the language and keeps it valid.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kimi_core.raw._grammar.characters import Range, Spelling, any_text, complement
from kimi_core.raw._grammar.text import UNREACHABLE, any_of, sequence
from kimi_core.schema.limits import MAX_GROUPS, MAX_PATTERN

if TYPE_CHECKING:
    from kimi_core.raw._grammar.text import Rules

__all__ = ["UnsupportedPatternError", "pattern_text"]

_DIGIT: list[Range] = [(0x30, 0x39)]
_WORD: list[Range] = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
_SPACE: list[Range] = [(0x09, 0x0D), (0x20, 0x20)]
_SETS = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"n": 0x0A, "r": 0x0D, "t": 0x09, "f": 0x0C, "v": 0x0B, "0": 0x00}
_HEX_LENGTHS = {"x": 2, "u": 4}
_BRACES = re.compile(r"([0-9]{1,20})(,?)([0-9]{0,20})\}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
_SURROGATES = range(0xD800, 0xE000)
_PLAIN_GROUP = re.compile(r"\?:|\?P?<(?![=!])[^>]*>")
_SPECIAL = frozenset("^$.*+?()[]{}|\\")


class UnsupportedPatternError(ValueError):
    """A pattern that no grammar can say; the message names the part."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a pattern: its expression and how many characters it can have."""

    text: str
    shortest: int
    longest: int | None
    repeated: str | None = None  # the single character that a whole piece repeats


def pattern_text(rules: Rules, pattern: str, spelling: Spelling, low: int, high: int | None) -> str:
    """Return the strings that a pattern matches and that are neither too short nor too long.

    Args:
        rules: Where rules are added.
        pattern: The regular expression; without ``^`` or ``$`` it may match anywhere inside.
        spelling: How the characters are written.
        low: The least number of characters.
        high: The greatest, or None.

    Raises:
        UnsupportedPatternError: For what a grammar cannot say.
    """
    if len(pattern) > MAX_PATTERN:
        raise UnsupportedPatternError(f"of more than {MAX_PATTERN} characters")
    reader = _Reader(rules, pattern, spelling)
    piece = reader.whole()
    too_long = high is not None and (piece.longest is None or piece.longest > high)
    if piece.shortest >= low and not too_long:
        return piece.text
    if piece.repeated is None:
        raise UnsupportedPatternError("with a minLength or maxLength that it does not keep itself")
    low = max(low, piece.shortest)
    ends = [end for end in (high, piece.longest) if end is not None]
    if ends and min(ends) < low:
        raise UnsupportedPatternError("with lengths that exclude each other")
    return rules.repeat(piece.repeated, low, min(ends) if ends else None)


class _Reader:
    """A recursive descent over one pattern."""

    def __init__(self, rules: Rules, pattern: str, spelling: Spelling) -> None:
        self._rules = rules
        self._pattern = pattern
        self._spelling = spelling
        self._at = 0
        self._groups = 0

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        if not character:
            raise UnsupportedPatternError("because it ends too early")
        self._at += 1
        return character

    def _accept(self, text: str) -> bool:
        found = self._pattern.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def whole(self) -> _Piece:
        """Read the pattern: alternatives, each anchored or free on either side."""
        pieces = [self._anchored()]
        while self._accept("|"):
            pieces.append(self._anchored())
        if self._at < len(self._pattern):
            raise UnsupportedPatternError(f"because of {self._peek()!r} at {self._at}")
        return _choice(pieces)

    def _anchored(self) -> _Piece:
        free_start = not self._accept("^")
        piece = self._sequence()
        free_end = not self._accept("$")
        if not free_start and not free_end:
            return piece
        free = self._anything()
        return _joined([free] * free_start + [piece] + [free] * free_end)

    def _anything(self) -> _Piece:
        return _Piece(any_text(self._rules, self._spelling), 0, None)

    def _alternatives(self) -> _Piece:
        pieces = [self._sequence()]
        while self._accept("|"):
            pieces.append(self._sequence())
        return _choice(pieces)

    def _sequence(self) -> _Piece:
        pieces = []
        while self._peek() not in {"", "|", ")", "$"}:
            pieces.append(self._repeated(self._atom()))
        return pieces[0] if len(pieces) == 1 else _joined(pieces)

    def _repeated(self, atom: _Piece) -> _Piece:
        low, high = self._quantifier()
        if (low, high) == (1, 1):
            return atom
        self._accept("?")  # lazy or greedy: the same strings
        if self._peek() in {"*", "+", "?"}:
            raise UnsupportedPatternError(f"because of a second quantifier at {self._at}")
        longest = None if high is None or atom.longest is None else atom.longest * high
        return _Piece(
            self._rules.repeat(atom.text, low, high), atom.shortest * low, longest, atom.repeated
        )

    def _quantifier(self) -> tuple[int, int | None]:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._accept(sign):
                return counts
        if not self._accept("{"):
            return 1, 1
        braces = _BRACES.match(self._pattern, self._at)
        if braces is None:
            raise UnsupportedPatternError(f"because of '{{' at {self._at - 1}")
        self._at = braces.end()
        low = int(braces[1])
        most = int(braces[3]) if braces[3] else None
        high = most if braces[2] else low
        if low >= UNREACHABLE or (high is not None and high < low):
            raise UnsupportedPatternError(f"because of the count before {self._at}")
        return low, high

    def _atom(self) -> _Piece:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._one(self._class())
        if character == ".":
            return self._one(complement([]))
        if character == "\\":
            return self._one(self._escape())
        if character in _SPECIAL:
            raise UnsupportedPatternError(f"because of {character!r} at {self._at - 1}")
        return self._one([(ord(character), ord(character))])

    def _group(self) -> _Piece:
        opening = _PLAIN_GROUP.match(self._pattern, self._at)
        if opening is not None:
            self._at = opening.end()
        elif self._peek() == "?":
            raise UnsupportedPatternError(f"because of the assertion at {self._at}")
        self._groups += 1
        if self._groups > MAX_GROUPS:
            raise UnsupportedPatternError(f"with more than {MAX_GROUPS} groups inside each other")
        piece = self._alternatives()
        self._groups -= 1
        if not self._accept(")"):
            raise UnsupportedPatternError(f"because of a parenthesis open before {self._at}")
        return replace(piece, repeated=None)

    def _one(self, ranges: list[Range]) -> _Piece:
        single = len(ranges) == 1 and ranges[0][0] == ranges[0][1]
        text = (
            self._spelling.exactly(chr(ranges[0][0])) if single else self._spelling.one_of(ranges)
        )
        if text is None:
            raise UnsupportedPatternError(f"because of the empty set before {self._at}")
        return _Piece(text, 1, 1, text)

    def _class(self) -> list[Range]:
        negated = self._accept("^")
        ranges: list[Range] = []
        while not self._accept("]"):
            first = self._member()
            follows = self._pattern[self._at : self._at + 2]
            if len(first) == 1 and follows[:1] == "-" and follows[1:] not in {"", "]"}:
                self._next()
                first = self._range(first[0], self._member())
            ranges += first
        return complement(ranges) if negated else ranges

    def _range(self, first: Range, last: list[Range]) -> list[Range]:
        single = first[0] == first[1] and len(last) == 1 and last[0][0] == last[0][1]
        if not single or last[0][0] < first[0]:
            raise UnsupportedPatternError(f"because of the range before {self._at}")
        return [(first[0], last[0][0])]

    def _member(self) -> list[Range]:
        character = self._next()
        return self._escape() if character == "\\" else [(ord(character), ord(character))]

    def _escape(self) -> list[Range]:
        character = self._next()
        if character.lower() in _SETS:
            ranges = _SETS[character.lower()]
            return ranges if character.islower() else complement(ranges)
        if character in _HEX_LENGTHS:
            return self._hexadecimal(_HEX_LENGTHS[character])
        if character.isalnum() and character not in _CONTROLS:
            raise UnsupportedPatternError(f"because of '\\{character}' at {self._at - 2}")
        code = _CONTROLS.get(character, ord(character))
        return [(code, code)]

    def _hexadecimal(self, length: int) -> list[Range]:
        digits = "".join(self._next() for _ in range(length))
        if not _HEXADECIMAL.fullmatch(digits):
            raise UnsupportedPatternError(f"because of {digits!r} at {self._at}")
        code = int(digits, 16)
        if code in _SURROGATES:
            raise UnsupportedPatternError(f"because of half a surrogate pair before {self._at}")
        return [(code, code)]


def _choice(pieces: list[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    longest = [piece.longest for piece in pieces]
    return _Piece(
        any_of([piece.text for piece in pieces]),
        min(piece.shortest for piece in pieces),
        None if None in longest else max(end or 0 for end in longest),
    )


def _joined(pieces: list[_Piece]) -> _Piece:
    longest = [piece.longest for piece in pieces]
    return _Piece(
        sequence(*(piece.text for piece in pieces)),
        sum(piece.shortest for piece in pieces),
        None if None in longest else sum(end or 0 for end in longest),
    )
