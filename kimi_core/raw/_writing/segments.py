"""A prompt in pieces: what is markup and what is somebody's text.

Owns: the piece, and what can be done with pieces whatever the model: merge, escape, join.
May know: its own files. It does not know the shape of any prompt.

A flat string forgets who wrote what: a user's literal ``<|im_end|>`` becomes a real control token
on the server (verified with Kimi's tokenizer). So renderers never join; they hand on pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kimi_core.raw.special_tokens import SPECIAL_TOKEN_PATTERN

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

__all__ = ["Segment", "control", "escape", "find_marker", "join", "merge", "plain"]

_BREAK = "\u200b"


class Segment(NamedTuple):
    """A piece of a prompt.

    Attributes:
        text: The piece.
        allow_special: Whether spellings of special tokens in it are those tokens. False for all
            text that a user, a tool or the model wrote.
    """

    text: str
    allow_special: bool


def control(text: str) -> Segment:
    """Return a piece of markup."""
    return Segment(text, allow_special=True)


def plain(text: str) -> Segment:
    """Return a piece that is only ever text."""
    return Segment(text, allow_special=False)


def merge(segments: Iterable[Segment]) -> list[Segment]:
    """Join neighbouring pieces of text, and drop empty ones.

    The byte-pair encoder of a server sees the text between two special tokens as one; encoded
    apart, ``## Return of `` and the id after it would give other ids than they do there.
    """
    merged: list[Segment] = []
    for segment in segments:
        if not segment.text:
            continue
        if merged and not segment.allow_special and not merged[-1].allow_special:
            merged[-1] = plain(merged[-1].text + segment.text)
        else:
            merged.append(segment)
    return merged


def find_marker(segments: Iterable[Segment]) -> str | None:
    """Return the first special token spelled out in a piece of text, or None."""
    for segment in segments:
        if not segment.allow_special and (found := SPECIAL_TOKEN_PATTERN.search(segment.text)):
            return found.group()
    return None


def escape(segments: Iterable[Segment]) -> list[Segment]:
    """Break up spellings of special tokens in text with a zero-width space (U+200B)."""
    return [
        segment
        if segment.allow_special
        else plain(SPECIAL_TOKEN_PATTERN.sub(_broken, segment.text))
        for segment in segments
    ]


def join(segments: Iterable[Segment]) -> str:
    """Return the flat prompt."""
    return "".join(segment.text for segment in segments)


def _broken(match: re.Match[str]) -> str:
    text = match.group()
    return text[0] + _BREAK + text[1:]
