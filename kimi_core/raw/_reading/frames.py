"""Whether what stands on both sides of a call shows it: brackets, the heads of lines, frames.

Owns: which signs belong to each other in front of a call and behind it. May know: its own files.

A model's own call is the last that it says. What goes on behind one, in the way in which it began
in front of it, is a listing that holds it: the next line of a log, of a diff or of a comment, the
line that ends a block of AsciiDoc or a here document, a bracket that closes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.raw._reading.behind import CALL_END, LONGEST_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.raw._reading.behind import Behind
    from kimi_core.raw._reading.markers import Decision

__all__ = ["Frames"]

_ALONE = "*_|,;~^%$@/\u200b"  # these close what they open
_SIDES = {sign: re.escape(sign) for sign in _ALONE} | {
    "(": r"\)", "[": r"\]", "{": r"\}", "]": r"\[",
}  # fmt: skip
# What lines of a listing begin with: signs alone, a number or a time of day among signs, a level.
_HEAD = re.compile(
    r"(?:  |\t)[ \t]*(?=\Z)|[ \t]*[!-/:-@\[-`{-~]{1,3}(?=[ \t]*\Z)"
    r"|[ \t]*(?:[^\s\w]*[\w.:/-]*\d+(?=[\w:/.|,\]-]*[:/|\]-])[\w:/.|,+\]-]*"
    r"|\d+\|?(?=[ \t]+\Z)|[A-Za-z]+:)"
)
_LIST = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+")
_DIFF = re.compile(r"[-+]\Z")
_LINE_OF_DIFF = r"[-+ @\\]"
# A line of signs, such as AsciiDoc's, or the word that ends a here document, or a text's armor.
_FRAME = re.compile(r"([-=~+*._#%^/:])\1{3,}|\|={3,}")
_HERE = re.compile(r"<<-?\s*[\"']?(\w{2,40})\b")
_ARMOR = re.compile(r"-{3,}\s*BEGIN (.{1,80}?)\s*-{3,}")
# What says that an indented block follows: a literal of reStructuredText, a scalar of YAML.
_INTRODUCES = re.compile(r".*(?:::(?: *\w+)?|: *[|>][-+\d]*)")
_ENDED = re.compile(rf"(?:{CALL_END.pattern})(?!<)\s*\S")
_MOST_FRAMES = 16
_LONGEST_LINE = 200


class Frames:
    """Follows the lines of a text, outside of fences."""

    __slots__ = ("_above", "_before", "_frames", "_last", "_line", "_shown", "_tail")

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._shown = False  # whether a call is shown that has not ended
        self._tail = ""  # the last of what was said since then
        self._line = ""  # as much of the present line as matters
        self._before = ""  # likewise, of the line before it
        self._above = ""  # the last line that was not blank
        self._last = ""  # the last character of the present line that is no blank
        self._frames: list[str] = []  # patterns of the lines that end what is framed

    def read(self, text: str) -> None:
        """Take note of all that was said, fences included."""
        if self._shown:
            said = self._tail + text
            self._shown = _ENDED.search(said) is None
            self._tail = said[-LONGEST_END:]

    def say(self, text: str) -> None:
        """Go on in the present line."""
        self._line += text[: _LONGEST_LINE - len(self._line)]
        self._last = text.rstrip(" \t")[-1:] or self._last

    def end_line(self) -> None:
        """End the present line."""
        line = self._line.strip()
        opened = _HERE.search(line) or _ARMOR.fullmatch(line)
        if _FRAME.fullmatch(line):
            self._toggle(re.escape(line))
        elif opened is not None:
            end = opened.group(1)
            self._toggle(end if opened.re is _HERE else f"-+ *END {re.escape(end)} *-+")
        elif line in self._frames:
            self._frames.remove(line)
        self._above = self._line if line else self._above
        self._before, self._line, self._last = self._line, "", ""

    def holds(self, behind: Behind, text: str, start: int, *, final: bool) -> Decision:
        """Whether the call that begins here is framed; see `Quotations.holds`."""
        held = self._shown or self._is_held(behind, text, start, final=final)
        if held and not self._shown:
            self._shown, self._tail = True, ""
        return held

    def _is_held(self, behind: Behind, text: str, start: int, *, final: bool) -> Decision:
        if self._is_commented() or self._is_introduced():
            return True
        held: Decision = False
        for ends in self._ends():
            follows = behind.follows(ends, None, text, start, final=final)
            if follows:
                return True
            held = None if follows is None else held
        return held

    def _toggle(self, frame: str) -> None:
        if frame in self._frames:
            self._frames.remove(frame)
        else:
            self._frames = [*self._frames[1 - _MOST_FRAMES :], frame]

    def _is_commented(self) -> bool:
        """Whether a line of signs alone goes on from the line before it, as comments do."""
        signs = self._line.strip()
        alone = bool(signs) and not any(map(str.isalnum, signs)) and not _LIST.match(self._line)
        return alone and signs not in _SIDES and self._before.lstrip().startswith(f"{signs} ")

    def _is_introduced(self) -> bool:
        """Whether the line above says that what is indented is shown."""
        deeper = self._line.isspace() and not self._above.startswith(self._line)
        return deeper and _INTRODUCES.fullmatch(self._above.rstrip()) is not None

    def _ends(self) -> Iterator[str]:
        """Yield patterns of what stands behind a call that is shown."""
        if self._last in _SIDES:
            yield rf"(?<=\|>)[ \t]*{_SIDES[self._last]}"
        if _DIFF.fullmatch(self._line):
            yield rf"(?<=\|>)\r?\n{_LINE_OF_DIFF}"
        else:
            head = None if _LIST.match(self._line) else _HEAD.match(self._line)
            if head is not None:
                yield rf"(?<=\|>)[^\n<]*\n{_like(head.group())}"
        if self._frames:
            yield rf"\n[ \t]*(?:{'|'.join(self._frames)})[ \t\r]*(?:\n|\Z)"


def _like(head: str) -> str:
    """Return a pattern of what a line begins with that is as this one, whatever it numbers."""
    signs = head.strip()
    if not signs:
        return rf"{head}[ \t]*[^ \t\r\n]"
    if signs[:-1].isalpha() and signs[-1] == ":":
        return r"[ \t]*[A-Za-z]+:"
    return r"[ \t]*" + re.sub(r"\d+", r"\\d+", re.escape(signs).replace(r"\ ", r"[ \t]+"))
