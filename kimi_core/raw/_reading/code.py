"""Whether the next character of a text stands inside what the text shows: code, or a quotation.

Owns: fences, inline code, indented code, quoted lines, HTML's comments and the elements of any
markup, as far as they are known from what was said. May know: its own files.

Looked at only where a marker is met: text without markers costs a list append. As CommonMark has
it, with two differences. A fence may be indented and quoted to any depth, because models indent
fences in lists as they like. And a line that so far only closes a fence has closed it, although a
marker follows at once: the model's next token after a closing fence is the begin of its calls.
For the same reason a line is quoted or indented only where the marker is the first thing in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.raw._reading.behind import Behind
from kimi_core.raw._reading.frames import Frames
from kimi_core.raw._reading.json_scan import LOOKAHEAD
from kimi_core.raw._reading.quotations import Quotations

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision

__all__ = ["CodeState"]

# Each blank has one place in it: with two, many of them took minutes.
_INDENT = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t][ \t>]*)*")
_FENCE = re.compile(rf"{_INDENT.pattern}(`{{3,}}|~{{3,}})")
_CLOSER = re.compile(r"[ \t>]*(`{3,}|~{3,})[ \t\r]*")
_MAY_CLOSE = re.compile(r"[ \t>]*(?:`*|~*)[ \t\r]*")
# All that a line of a quotation, or of indented code, has in front of what it shows.
_SHOWN = re.compile(r"[^>]*>.*|(?: {0,3}\t| {4})[ \t]*")
# Of what a tag opens, all but a thought, another model's call, and what has no end.
_TAG = (
    r"<(/?)(?!(?:think|tool_calls?|area|base|br|col|embed|hr|img|input|link|meta)\b)"
    r"([a-z][\w.:-]{0,40})\b(?:[^<>]*[^<>/])?>"
)
_MOST_TAGS = 8
_MOST_OPENED = 256
_ENDS = {  # of what no tag opens, in capitals; LaTeX's, Org's and BBCode's last
    "<!--": "-->", "<![CDATA[": "]]>", '"""': '"""', "'''": "'''",
    r"\BEGIN{VERBATIM}": r"\END{VERBATIM}", r"\BEGIN{LSTLISTING}": r"\END{LSTLISTING}",
    "#+BEGIN_SRC": "#+END_SRC", "#+BEGIN_EXAMPLE": "#+END_EXAMPLE", "[CODE]": "[/CODE]",
    "[QUOTE]": "[/QUOTE]", "/*": "*/", "=BEGIN": "=END",
}  # fmt: skip
_END_OF = {end: re.escape(end) for end in _ENDS.values()}
_OTHERS = "|".join(map(re.escape, [*_ENDS, *_ENDS.values()]))
_RUN = re.compile(rf"\\?`+|{_TAG}|{_OTHERS}", re.IGNORECASE)
_END = re.compile(r"`+|\n[ \t\r]*\n")


class CodeState:
    """Follows a text through fences, inline code and HTML's code."""

    __slots__ = (
        "_behind",
        "_fence",
        "_frames",
        "_head",
        "_opened",
        "_opening",
        "_quotations",
        "_shown",
        "_unread",
    )

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._unread: list[str] = []
        self._fence = ""  # the run that opened the fence which is open
        self._opening = ""  # the run with which the present line opens one
        self._head: str | None = ""  # the present line, while it may still open or close one
        # What may have opened code that is still open: runs by their length, tags by their name,
        # others by their end.
        self._opened: list[int | str] = []
        self._shown = False  # whether the present line shows a marker
        self._quotations = Quotations()
        self._frames = Frames()
        self._behind = Behind()

    def say(self, text: str) -> None:
        """Go on in the text."""
        self._unread.append(text)
        self._behind.say()

    def holds(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether code holds what comes next.

        Inline code is only code if it is closed again, so what follows has a say: a lone backtick
        in front of a call is no code, nor is a tag without its end. Of backticks what is not closed
        within 4,096 characters counts as closed.

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
        self._shown = self._shown or _SHOWN.fullmatch(self._head or "") is not None
        if self._shown:
            return True
        held = (
            self._quotations.holds(self._behind, text, start, final=final),
            self._frames.holds(self._behind, text, start, final=final),
            self._tags_hold(text, start, final=final),
            self._runs_hold(text, start, final=final),
        )
        return True if True in held else None if None in held else False

    def _tags_hold(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether a tag, or what is like one, goes on behind the call that begins here."""
        tags = dict.fromkeys(_tags(self._opened)[-_MOST_TAGS:])
        ends = "|".join(_END_OF.get(tag, rf"</{re.escape(tag)}\s*>") for tag in tags)
        return self._behind.follows(ends, None, text, start, final=final) if ends else False

    def _runs_hold(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether inline code that is open ends behind this place."""
        if len(_tags(self._opened)) == len(self._opened):
            return False
        for found in _END.finditer(text, start, start + LOOKAHEAD):
            end = found.group()
            if end.startswith("\n"):
                return False  # a paragraph is over
            # A run at the end of what came may be longer than it looks.
            whole = final or found.end() < len(text)
            if whole and len(end) in self._opened:
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
        self._quotations.read(text)
        self._frames.read(text)
        first, *others = text.split("\n")
        self._read_part(first)
        self._frames.say(first)
        for line in others:
            self._end_line()
            self._frames.end_line()
            self._read_part(line)
            self._frames.say(line)

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
        self._quotations.end_line(blank=bool(self._opening) or self._head is not None)
        if self._opening:
            self._fence, self._opened = self._opening, []
        elif self._fence and self._closes():
            self._fence = ""
        elif self._head is not None:
            self._opened = [*_tags(self._opened)]  # a blank line ends a paragraph
        self._opening, self._head, self._shown = "", "", False

    def _read_runs(self, text: str) -> None:
        self._quotations.say(text)
        for found in _RUN.finditer(text):
            closes, tag = found.groups()
            run = found.group()
            if "`" in run:
                self._read_run(run)
            elif tag is None:
                self._read_other(run)
            elif not closes:
                self._opened = [*self._opened[1 - _MOST_OPENED :], tag.lower()]
            elif tag.lower() in self._opened:
                self._close(tag.lower())

    def _read_other(self, run: str) -> None:
        run = run.upper()
        if run in self._opened:
            self._close(run)
        elif run in _ENDS:
            self._opened.append(_ENDS[run])

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


def _tags(opened: list[int | str]) -> list[str]:
    return [tag for tag in opened if isinstance(tag, str)]
