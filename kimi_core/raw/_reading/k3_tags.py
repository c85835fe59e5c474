"""Reading one tag of K3's markup.

Owns: the grammar of tags and attributes, with the blanks that a server may put into them.
May know: its own files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from kimi_core.raw._reading.k3_table import K3Marker
from kimi_core.raw._reading.markers import MarkerFinder, beginning, is_last

__all__ = ["Tag", "TagDecision", "find_tag", "next_tag", "read_tag", "tail"]

_TURN_ENDS = ("<|end_of_msg|>", "[EOS]", "[EOT]")
_TOKENS = ("<|open|>", "<|close|>", *_TURN_ENDS)
_FINDER = MarkerFinder(dict.fromkeys(_TOKENS, True))
_STRUCTURE = MarkerFinder(dict.fromkeys(_TOKENS[:3], True))
find_tag = _FINDER.search
tail = _FINDER.tail

# A name and a key are some ten characters each; what is longer than this is no tag.
_MAX_TAG = 2048
_MAX_BLANK = 64
_NAMES = "think|response|tools|call|argument|json|message"
_BLANK = re.compile(r"\s*")
_ATTRIBUTE = r'\s+[^\s="<>]+\s*=\s*"[^"]*"'
_OPEN = re.compile(rf"<\|open\|>\s*({_NAMES})((?:{_ATTRIBUTE})*)\s*<\|sep\|>")
# A closing tag may lack its separator where another token or the end of the text follows: seen
# for <|close|>think on K3.
_CLOSE = re.compile(
    rf"<\|close\|>\s*({_NAMES})\s*(?:<\|sep\|>|(?=<\|open\|>|<\|close\|>|<\|end_of_msg\|>))"
)
_CLOSE_AT_END = re.compile(rf"<\|close\|>\s*({_NAMES})\s*\Z")
_PAIR = re.compile(r'([^\s="<>]+)\s*=\s*"([^"]*)"')


_OPEN_SO_FAR = re.compile(
    rf"<\|open\|>\s*(?:{beginning(*_NAMES.split('|'))}|(?:{_NAMES})(?:{_ATTRIBUTE})*"
    rf"\s*(?:[^\s=\"<>]+\s*(?:=\s*(?:\"[^\"]*)?)?|{beginning('<|sep|>')}))\Z"
)
_CLOSE_SO_FAR = re.compile(
    rf"<\|close\|>\s*(?:{beginning(*_NAMES.split('|'))}|(?:{_NAMES})\s*"
    rf"{beginning('<|sep|>', '<|open|>', '<|close|>', '<|end_of_msg|>')})\Z"
)


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag.

    Attributes:
        marker: What it is.
        start: Where it begins.
        end: Where it ends.
        attributes: Unescaped.
    """

    marker: K3Marker
    start: int
    end: int
    attributes: dict[str, str]


TagDecision: TypeAlias = Tag | Literal[False] | None
"""A tag; False for text that is none; None while the text that decides it has not come yet."""


def _unescape(value: str) -> str:
    return value.replace("&quot;", '"').replace("&amp;", "&")


def read_tag(text: str, start: int, *, final: bool) -> TagDecision:
    """Read the tag that begins at a token.

    Args:
        text: What has been received.
        start: Where one of the tokens stands that `find_tag` finds.
        final: Whether the text is over.

    Returns:
        The tag; False where the token is ordinary text; None while more text is needed.
    """
    limit = min(len(text), start + _MAX_TAG)
    if text.startswith("<|open|>", start):
        found = _OPEN.match(text, start, limit)
        if found:
            attributes = {key: _unescape(value) for key, value in _PAIR.findall(found.group(2))}
            return Tag(K3Marker[f"OPEN_{found.group(1).upper()}"], start, found.end(), attributes)
        so_far = _OPEN_SO_FAR
    elif text.startswith("<|close|>", start):
        found = _CLOSE.match(text, start, limit)
        if found is None and final:
            found = _CLOSE_AT_END.match(text, start, limit)
        if found:
            return Tag(K3Marker[f"CLOSE_{found.group(1).upper()}"], start, found.end(), {})
        so_far = _CLOSE_SO_FAR
    else:
        return _read_end(text, start, final=final)
    if limit == len(text) and so_far.match(text, start, limit):
        return Tag(K3Marker.CUT, start, limit, {}) if final else None
    return False


def _read_end(text: str, start: int, *, final: bool) -> TagDecision:
    spelling = next(token for token in _TURN_ENDS if text.startswith(token, start))
    end = start + len(spelling)
    real = spelling.startswith("<") or is_last(text, end, _TURN_ENDS, final=final)
    return Tag(K3Marker.END_OF_TURN, start, end, {}) if real else real


def next_tag(text: str, start: int, *, final: bool) -> TagDecision:
    """Read the tag that follows, blanks aside.

    Returns:
        As `read_tag`; a tag that is cut off where the text ends there.
    """
    blank = _BLANK.match(text, start, start + _MAX_BLANK)
    at = blank.end() if blank else start
    if _STRUCTURE.match(text, at):
        return read_tag(text, at, final=final)
    rest = text[at : at + _MAX_BLANK]
    if not rest or _STRUCTURE.is_prefix(rest):
        return Tag(K3Marker.CUT, at, len(text), {}) if final else None
    return False
