"""Whether the next character of a text stands inside what the text shows: code, or a quotation.

Owns: fences, inline code, indented code, quoted lines, HTML's ``pre`` and ``code``, and opening
quotation marks, as far as they are known from what was said. May know: its own files.

Looked at only where a marker is met: text without markers costs a list append. As CommonMark has
it, with two differences. A fence may be indented and quoted to any depth, because models indent
fences in lists as they like. And a line that so far only closes a fence has closed it, although a
marker follows at once: the model's next token after a closing fence is the begin of its calls.
For the same reason a line is quoted or indented only where the marker is the first thing in it, and
a quotation mark is only looked at right in front of the marker.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.raw._reading.json_scan import LOOKAHEAD

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision

__all__ = ["CodeState"]

_INDENT = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*[ \t>]*")
_FENCE = re.compile(rf"{_INDENT.pattern}(`{{3,}}|~{{3,}})")
_CLOSER = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t\r]*")
_MAY_CLOSE = re.compile(r"[ \t>]*(?:`*|~*)[ \t\r]*")
# All that a line of a quotation, or of indented code, has in front of what it shows.
_SHOWN = re.compile(r"[^>]*>.*|(?: {0,3}\t| {4})[ \t]*")
_QUOTE = "[\"'\u00ab\u00bb\u2018-\u201f\u2039\u203a\u300c-\u300f]"  # of any language
# One that opens: behind it stands no blank, and in front of it no word. "He said 'x'" closes one.
_OPENS = re.compile(rf"(?:.*[\s(\[{{:,=])?{_QUOTE}", re.DOTALL)
# What it shows may hold quotation marks, those of arguments; its end follows the last marker.
_CLOSES = re.compile(rf"\|>[.,;:!?]?{_QUOTE}|\n[ \t\r]*\n")
_RUN = re.compile(r"\\?`+|<(/?)(pre|code)\b[^<>]*>", re.IGNORECASE)
_END = re.compile(r"`+|\n[ \t\r]*\n|</(pre|code)\s*>", re.IGNORECASE)


class CodeState:
    """Follows a text through fences, inline code and HTML's code."""

    __slots__ = ("_fence", "_head", "_last", "_opened", "_opening", "_quoted", "_shown", "_unread")

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._unread: list[str] = []
        self._fence = ""  # the run that opened the fence which is open
        self._opening = ""  # the run with which the present line opens one
        self._head: str | None = ""  # the present line, while it may still open or close one
        # What may have opened code that is still open: runs by their length, tags by their name.
        self._opened: list[int | str] = []
        self._last = ""  # the last three characters
        self._shown = False  # whether the present line shows a marker
        self._quoted = False  # whether a quotation shows one

    def say(self, text: str) -> None:
        """Go on in the text."""
        self._unread.append(text)

    def holds(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether code holds what comes next.

        Inline code is only code if it is closed again, so what follows has a say: a lone backtick
        in front of a call is no code, nor is a tag without its end. What is not closed within 4,096
        characters counts as closed.

        Args:
            text: What has been received.
            start: Where in it the next character stands; all before it was said.
            final: Whether the text is over.
        """
        self._read()
        if self._opening or (self._fence and not self._closes()):
            return True
        if self._fence:
            return False
        self._quoted = self._quoted or _OPENS.fullmatch(self._last) is not None
        self._shown = self._shown or _SHOWN.fullmatch(self._head or "") is not None
        if self._quoted or self._shown:
            return True
        return self._ends(text, start, final=final) if self._opened else False

    def _ends(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether something that is open ends behind this place."""
        opened = self._opened
        for found in _END.finditer(text, start, start + LOOKAHEAD):
            end = found.group()
            if end.startswith("\n"):
                opened = _tags(opened)  # a paragraph is over
                if not opened:
                    return False
            # A run at the end of what came may be longer than it looks.
            whole = found[1] or final or found.end() < len(text)
            if whole and ((found[1] or "").lower() or len(end)) in opened:
                return True
        if len(text) >= start + LOOKAHEAD:
            return True
        return False if final else None

    def _closes(self) -> bool:
        closer = None if self._head is None else _CLOSER.fullmatch(self._head)
        return closer is not None and closer.group(1).startswith(self._fence)

    def _read(self) -> None:
        text = "".join(self._unread)
        self._unread = []
        if self._quoted and _CLOSES.search(self._last + text):
            self._quoted = False
        self._last = (self._last + text)[-3:]
        first, *others = text.split("\n")
        self._read_part(first)
        for line in others:
            self._end_line()
            self._read_part(line)

    def _read_part(self, text: str) -> None:
        """Read more of the present line."""
        if self._opening:
            if self._opening[0] == "`" and "`" in text:  # inline code at the beginning of a line
                self._opened.append(len(self._opening))
                self._opening = ""
                self._read_runs(text)
        elif self._head is not None:
            self._read_head(self._head + text)
        elif not self._fence:
            self._read_runs(text)

    def _read_head(self, line: str) -> None:
        pattern = _MAY_CLOSE if self._fence else _INDENT
        self._head = line if pattern.fullmatch(line) else None
        if self._head is not None or self._fence:
            return
        opener = _FENCE.match(line)
        if opener:
            self._opening = opener.group(1)
            self._read_part(line[opener.end() :])
        else:
            self._read_runs(line)

    def _end_line(self) -> None:
        if self._opening:
            self._fence, self._opened = self._opening, []
        elif self._fence and self._closes():
            self._fence = ""
        elif self._head is not None:
            self._opened = _tags(self._opened)  # a blank line ends a paragraph
        self._opening, self._head, self._shown = "", "", False

    def _read_runs(self, text: str) -> None:
        for found in _RUN.finditer(text):
            closes, tag = found.groups()
            if tag is None:
                self._read_run(found.group())
            elif not closes:
                self._opened.append(tag.lower())
            elif tag.lower() in self._opened:
                self._close(tag.lower())

    def _read_run(self, run: str) -> None:
        length = len(run.lstrip("\\"))
        if length in self._opened:
            self._close(length)
            return
        if run.startswith("\\") and not self._opened:
            length -= 1  # escaped
        if length:
            self._opened.append(length)

    def _close(self, what: int | str) -> None:
        # What stood between is code, whatever it may have opened.
        del self._opened[self._opened.index(what) :]


def _tags(opened: list[int | str]) -> list[int | str]:
    return [tag for tag in opened if isinstance(tag, str)]
