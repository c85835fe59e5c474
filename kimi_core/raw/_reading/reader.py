"""The text that has come and is not yet read, for the machines of both dialects.

Owns: the buffer, the loop over the steps, and text that is put aside for a diagnostic.
May know: its own files, events.

Every step consumes text or asks for more. What a step decides may depend on positions in the text,
never on where the text was cut: limits count characters from a marker, not the length of a buffer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.events.open_string import OpenString
    from kimi_core.raw._reading.output import Output

__all__ = ["VISIBLE", "Reader"]

_State = TypeVar("_State")

# Text in a section is noise and suppressed, but so much of it without any call is an answer.
_MAX_NOISE = 512

VISIBLE = re.compile(r"\S")


class Reader(Generic[_State]):
    """A buffer that is consumed by steps.

    Each state has a step that reads the next text; it answers whether it is worth calling again.

    Attributes:
        calls_at: Where the markup of the first call begins, where somebody has to know.
    """

    __slots__ = (
        "_aside",
        "_aside_at",
        "_aside_blanks",
        "_aside_length",
        "_at",
        "_base",
        "_final",
        "_output",
        "_state",
        "_text",
        "calls_at",
    )

    # Of the class: its own methods, kept by a machine, are a circle, and that was all of an answer
    # that the garbage collector had to find.
    _steps: ClassVar[Mapping[Any, Callable[[Any], bool]]] = {}

    def __init__(self, output: Output, state: _State) -> None:
        """Start with an empty buffer.

        Args:
            output: Where events and diagnostics go.
            state: The state to start in.
        """
        self._output = output
        self._state = state
        self._text, self._at = "", 0
        self._base: int = 0
        self._final = False
        self.calls_at: int | None = None
        self._aside: list[str] = []
        self._aside_blanks = ""  # in front of it
        self._aside_at = self._aside_length = 0

    def feed(self, text: str) -> None:
        """Read more of the message."""
        at = self._at
        self._base += at
        self._text = self._text[at:] + text if at < len(self._text) else text
        self._at = 0
        while self._at < len(self._text) and self._steps[self._state](self):
            pass

    def passes(self, _text: str) -> bool:
        """Take a text that is said as it is, by whoever asks; False takes nothing.

        Most text of an answer is such: no marker is in it, and none can begin at its end.
        """
        return False

    @property
    def open_string(self) -> OpenString | None:
        """The string that the next text stands in, where no text of it has to be looked at."""
        return None

    def _skip(self, count: int) -> None:
        self._base += count

    def _here(self) -> int:
        return self._base + self._at

    def _note_call(self, position: int) -> None:
        """Remember where the markup of the first call begins."""
        if self.calls_at is None:
            self.calls_at = position

    def _put_aside(self, text: str, position: int) -> None:
        """Keep text for a diagnostic, from its first visible character on."""
        if not self._aside:
            found = VISIBLE.search(text)
            if found is None:
                self._aside_blanks = (self._aside_blanks + text)[:_MAX_NOISE]
                return
            self._aside_blanks += text[: found.start()]
            text = text[found.start() :]
            self._aside_at = position + found.start()
            self._aside_length = 0
        self._aside.append(text)
        self._aside_length += len(text)

    def _take_aside(self) -> str:
        text = "".join(self._aside)
        self._aside, self._aside_blanks = [], ""
        return text

    def _flush_aside(self, kind: str) -> None:
        if self._aside:
            self._output.diagnose(kind, self._take_aside(), self._aside_at)

    def _noise_limit(self, end: int) -> int | None:
        """Return where the text put aside is too much to be noise; None if it is not."""
        start, length = self._at, self._aside_length
        if not self._aside:
            visible = VISIBLE.search(self._text, start, end)
            start, length = visible.start() if visible else end, 0
        limit = start + _MAX_NOISE - length
        return limit if limit < end else None
