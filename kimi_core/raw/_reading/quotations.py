"""Whether a quotation, or a row of a table, shows what comes next.

Owns: the quotation marks of languages, and where one opens and closes. May know: its own files.

A mark right in front of a marker quotes it. One further in front may have been forgotten: it quotes
a marker where its closing mark stands behind the call in the same paragraph, and a table's row
shows one where the row goes on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.raw._reading.behind import Behind
    from kimi_core.raw._reading.markers import Decision

__all__ = ["Quotations"]

# What closes what is opened by a mark. Some open in one language and close in another.
_PAIRS = {
    '"': '"', "\u201c": "\u201d", "\u201d": "\u201d", "\u201e": "\u201c\u201d",
    "\u2018": "\u2019", "\u201a": "\u2018\u2019", "\u00ab": "\u00bb", "\u00bb": "\u00ab",
    "\u2039": "\u203a", "\u203a": "\u2039", "\u300c": "\u300d", "\u300e": "\u300f",
    "\u300a": "\u300b", "\u3008": "\u3009", "\ufe41": "\ufe42", "\ufe43": "\ufe44",
    "\u301d": "\u301e\u301f", "\uff02": "\uff02",
}  # fmt: skip
_ANY = "".join({*"'\u2019\u201b\u201f", *_PAIRS, *"".join(_PAIRS.values())})
_MARK = re.compile(f"[{''.join(_PAIRS)}{''.join(_PAIRS.values())}]")
# Behind one that opens stands no blank, and in front of it no word. "He said 'x'" closes one.
_OPENS = re.compile(rf"(?:.*[\s(\[{{:,=])?([{_ANY}])", re.DOTALL)
_NO_OPENING = re.compile(r'[^\s(\[{:,=]"|"\s')
_ROW = re.compile(r"[ \t>]*\|")
_LINE, _PARAGRAPH = re.compile(r"\n"), re.compile(r"\n[ \t\r]*\n")
_CELL = "|"


class Quotations:
    """Follows the text of a paragraph, outside of fences."""

    __slots__ = ("_before", "_begins", "_last", "_open", "_row", "_until")

    def __init__(self) -> None:
        """Start at the beginning of a text."""
        self._last = ""  # the last three characters
        self._until: str = ""  # what closes the quotation that shows a marker
        self._open: str = ""  # what closes the quotation that is open
        self._before = ""  # the last character of the present line
        self._begins, self._row = True, False

    def read(self, text: str) -> None:
        """Take note of all that was said, fences included."""
        said = self._last + text
        if self._until:
            closed = re.search(rf"\|>[^|<>{{]*[{re.escape(self._until)}]", said)
            self._until = "" if closed or _PARAGRAPH.search(said) else self._until
        self._last = said[-3:]

    def say(self, text: str) -> None:
        """Go on in the present line, with what no fence holds."""
        if not text:
            return
        if self._begins:
            self._begins, self._row = False, _ROW.match(text) is not None
        said = self._before + text
        for found in _MARK.finditer(said, len(self._before)):
            mark, at = found.group(), found.start()
            if self._open:
                self._open = "" if mark in self._open else self._open
            elif mark in _PAIRS and not (mark == '"' and _stands_in_words(said, at)):
                self._open = _PAIRS[mark]
        self._before = text[-1]

    def end_line(self, *, blank: bool) -> None:
        """End the present line; a blank one ends the paragraph."""
        self._before, self._begins, self._row = "", True, False
        self._until = "" if self._until == _CELL else self._until
        self._open = "" if blank else self._open

    def holds(self, behind: Behind, text: str, start: int, *, final: bool) -> Decision:
        """Whether a quotation or a row shows what comes next.

        Args:
            behind: Looks ahead in this text.
            text: What has been received.
            start: Where in it the next character stands; all before it was said.
            final: Whether the text is over.
        """
        opens = _OPENS.fullmatch(self._last)
        if opens and not self._until:
            self._until = _PAIRS.get(opens.group(1), _ANY)
        if self._until:
            return True
        for marks, over in ((self._open, _PARAGRAPH), (_CELL if self._row else "", _LINE)):
            follows = (
                behind.follows(f"[{marks}]", over, text, start, final=final) if marks else False
            )
            if follows is not False:
                self._until = marks if follows else ""
                return follows
        return False


def _stands_in_words(text: str, at: int) -> bool:
    """Whether a straight mark closes something, or is a unit."""
    return _NO_OPENING.search(text[max(0, at - 1) : at + 2]) is not None
