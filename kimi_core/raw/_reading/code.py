"""Whether the next character of a text stands inside Markdown code.

Owns: fences and inline code, as far as they are known from what was said.
May know: its own files.

Looked at only where a marker is met: text without markers costs a list append. As CommonMark has
it, with two differences. A fence may be indented and quoted to any depth, because models indent
fences in lists as they like. And a line that so far only closes a fence has closed it, although a
marker follows at once: the model's next token after a closing fence is the begin of its calls.
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
_RUN = re.compile(r"\\?`+")
_RUN_OR_BLANK_LINE = re.compile(r"`+|\n[ \t\r]*\n")


class CodeState:
    """Follows a text through fences and inline code."""

    __slots__ = ("_fence", "_head", "_opened", "_opening", "_unread")

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._unread: list[str] = []
        self._fence = ""  # the run that opened the fence which is open
        self._opening = ""  # the run with which the present line opens one
        self._head: str | None = ""  # the present line, while it may still open or close one
        self._opened: list[int] = []  # lengths of the runs that may have opened inline code

    def say(self, text: str) -> None:
        """Go on in the text."""
        self._unread.append(text)

    def holds(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether code holds what comes next.

        Inline code is only code if it is closed again, so what follows has a say: a lone backtick
        in front of a call is no code. What is not closed within 4,096 characters counts as closed.

        Args:
            text: What has been received.
            start: Where in it the next character stands; all before it was said.
            final: Whether the text is over.
        """
        self._read()
        if self._opening or (self._fence and not self._closes()):
            return True
        if self._fence or not self._opened:
            return False
        for found in _RUN_OR_BLANK_LINE.finditer(text, start, start + LOOKAHEAD):
            if found.group().startswith("\n"):
                return False
            # A run at the end of what came may be longer than it looks.
            if len(found.group()) in self._opened and (final or found.end() < len(text)):
                return True
        if len(text) >= start + LOOKAHEAD:
            return True
        return False if final else None

    def _closes(self) -> bool:
        closer = None if self._head is None else _CLOSER.fullmatch(self._head)
        return closer is not None and closer.group(1).startswith(self._fence)

    def _read(self) -> None:
        first, *others = "".join(self._unread).split("\n")
        self._unread = []
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
            self._opened = []  # a blank line ends a paragraph
        self._opening, self._head = "", ""

    def _read_runs(self, text: str) -> None:
        for found in _RUN.finditer(text):
            self._read_run(found.group())

    def _read_run(self, run: str) -> None:
        length = len(run.lstrip("\\"))
        if length in self._opened:
            # What stood between is code, whatever it may have opened.
            del self._opened[self._opened.index(length) :]
            return
        if run.startswith("\\") and not self._opened:
            length -= 1  # escaped
        if length:
            self._opened.append(length)
