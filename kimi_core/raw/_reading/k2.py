"""The K2 dialect: runs the table of `k2_table` over text that arrives in pieces.

Owns: the present state, and what the states do with text that stands outside of calls.
May know: its own files. Calls themselves are read by `k2_call`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from kimi_core.raw._reading.k2_call import FINDERS, CallReader, spellings
from kimi_core.raw._reading.k2_table import SPELLINGS, TRANSITIONS, Action, Marker, State
from kimi_core.raw._reading.markers import Decision, MarkerFinder, is_last
from kimi_core.raw._reading.reader import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output

__all__ = ["READ_AS_TEXT", "TEXT_STATES", "TURN_ENDS", "K2Machine"]

TEXT_STATES = (State.REASONING_START, State.REASONING, State.CONTENT, State.AFTER_CALLS)
_ASIDE = {
    State.SECTION: "text_in_section",
    State.AFTER_ARGUMENTS: "text_after_arguments",
    State.AFTER_CALLS: "text_after_calls",
    State.ENDED: "text_after_end",
}
_REASONING = (State.REASONING_START, State.REASONING)
READ_AS_TEXT = (
    State.REASONING,
    State.CONTENT,
    State.AFTER_CALLS,
    State.AFTER_ARGUMENTS,
    State.ENDED,
)
_STRIPPED_TAIL = re.compile(r"(\d{0,9})(?:(?<=\d)[ \t\r\n]{0,8}(\{)?)?")
TURN_ENDS = SPELLINGS[Marker.END_OF_TURN]


class K2Machine(CallReader):
    """Reads the K2 dialect."""

    __slots__ = ("_blanks", "_finders")

    def __init__(
        self,
        output: Output,
        tools: ToolNames,
        *,
        thinking: bool,
        recover_stripped: bool,
        merges: bool = False,
    ) -> None:
        """Start at the beginning of a message.

        Args:
            output: Where events and diagnostics go.
            tools: The declared tools.
            thinking: Whether the text starts inside reasoning.
            recover_stripped: Whether a declared tool's id before an object is a call although no
                marker says so.
            merges: As for `Calls`.
        """
        state = State.REASONING_START if thinking else State.CONTENT
        super().__init__(output, tools, state, merges=merges)
        self._blanks = ""  # between the end of the arguments and what follows them
        self._finders = dict(FINDERS)
        if recover_stripped:
            extra = {f"functions.{name}:": Marker.STRIPPED_CALL for name in tools}
            for state in TEXT_STATES:
                self._finders[state] = MarkerFinder({**spellings(state), **extra})

    def close(self, *, normal: bool) -> None:
        """Read what was held back, and end what is open.

        Args:
            normal: Whether the model ended by itself rather than being cut off.
        """
        self._final = True
        self.feed("")
        if self._state is State.REASONING and normal:
            self._output.diagnose("unclosed_reasoning", "", self._here())
        elif self._state is State.HEADER:
            self._drop_header()
        self._leave(None, normal=normal)
        if self._in_section and normal:
            self._output.diagnose("missing_section_end", "", self._here())
        self._state = State.ENDED

    def _read_reasoning_start(self) -> bool:
        found = VISIBLE.search(self._text, self._at)
        self._say(found.start() if found else len(self._text))
        finder = self._finders[State.REASONING_START]
        marker = finder.match(self._text, self._at)
        if marker:
            return self._meet(marker)
        if finder.is_prefix(self._text[self._at :]) and not self._final:
            return False
        if found:
            self._state = State.REASONING
        return found is not None

    def _read_text(self) -> bool:
        finder = self._finders[self._state]
        found = finder.search(self._text, self._at)
        if found:
            return self._meet(found)
        self._say(len(self._text) if self._final else finder.tail(self._text, self._at))
        return False

    def _read_section(self) -> bool:
        finder = self._finders[State.SECTION]
        found = finder.search(self._text, self._at)
        if found:
            end = found.start()
        else:
            end = len(self._text) if self._final else finder.tail(self._text, self._at)
        limit = None if self._section_calls else self._noise_limit(end)
        if limit is not None:
            self._say(limit)
            self._release_section()
            return True
        if found:
            return self._meet(found)
        self._say(end)
        return False

    def _release_section(self, blanks: str = "") -> None:
        """Say what was put aside after all, with the blanks in front: the section was none."""
        self._output.diagnose("empty_section", self._section, self._section_at)
        self._output.content(blanks + self._take_aside())
        self._in_section = False
        self._state = State.CONTENT

    def _say(self, end: int) -> None:
        """Give out the text up to `end`, to whom the state says."""
        text = self._text[self._at : end]
        if text:
            self._speak(text, self._here())
        self._at = end

    def _speak(self, text: str, position: int) -> None:
        if self._state in _REASONING:
            self._output.reasoning(text)
            return
        if self._state in (State.CONTENT, State.AFTER_CALLS):
            self._output.content(text)
        if self._state is State.AFTER_ARGUMENTS and not self._aside:
            self._blanks += text[: len(text) - len(text.lstrip())]
        if self._state is not State.CONTENT:
            self._put_aside(text, position)

    def _meet(self, found: re.Match[str]) -> bool:
        """Take a marker that stands in text, unless what follows makes it text."""
        real = self._is_real(found)
        self._say(found.end() if real is False else found.start())
        if real:
            self._take(found)
        return real is not None

    def _is_real(self, found: re.Match[str]) -> Decision:
        """Whether a marker is one; None while what follows is needed to say so."""
        spelling = found.group()
        if self._finders[self._state].kind(spelling) is Marker.STRIPPED_CALL:
            return self._is_stripped_call(found.end())
        if not spelling.startswith("["):
            return True
        return is_last(self._text, found.end(), TURN_ENDS, final=self._final)

    def _is_stripped_call(self, end: int) -> Decision:
        tail = _STRIPPED_TAIL.match(self._text, end)
        if tail is None or tail.group(2):
            return tail is not None
        return None if tail.end() == len(self._text) and not self._final else False

    def _take(self, found: re.Match[str]) -> None:
        """Do what the table says of a marker that stands at the reader's position."""
        spelling, position = found.group(), self._here()
        marker = self._finders[self._state].kind(spelling)
        assert marker is not None  # noqa: S101 - a finder only finds what it knows
        transition = TRANSITIONS[self._state][marker]
        if transition.action is Action.BEGIN_ARGUMENTS:
            self._take_arguments(found, marker)
            return
        if transition.action is Action.DROP and transition.state is self._state:
            self._flush_aside(_ASIDE.get(self._state, ""))
        else:
            self._leave(marker, normal=True)
        self._at = found.end()
        self._enter(transition.action, spelling, position)
        self._state = transition.state or self._outside()

    def _flush_aside(self, kind: str) -> None:
        """Record what was put aside; another object behind the arguments belongs to them.

        Which of two was meant nobody knows, so the call must not look as if it had one. The same
        object once more says nothing new.
        """
        more = "".join(self._aside) if self._state is State.AFTER_ARGUMENTS else ""
        if more.startswith("{") and not self._calls.is_said_again(more):
            self._calls.write(self._blanks + self._take_aside())
        self._blanks = ""
        super()._flush_aside(kind)

    def _take_arguments(self, found: re.Match[str], marker: Marker) -> None:
        if marker is Marker.ARGUMENT_BEGIN:
            self._at = found.end()
        else:
            self._leave(marker, normal=True)
            self._bare = self._stripped = True
            self._origin, self._header_at = self._state, self._here()
            digits = _STRIPPED_TAIL.match(self._text, found.end())
            self._at = digits.end(1) if digits else found.end()
            self._header = self._marker = self._text[found.start() : self._at]
            self._marker_at = self._header_at
        self._begin_arguments()

    def _enter(self, action: Action, spelling: str, position: int) -> None:
        if action is Action.DROP:
            self._output.diagnose("orphan_marker", spelling, position)
        elif action is Action.OPEN_SECTION:
            if self._state is State.REASONING:
                self._output.diagnose("unclosed_reasoning", spelling, position)
            self._in_section, self._section_calls = True, 0
            self._section, self._section_at = spelling, position
            self._aside_blanks = ""
        elif action is Action.OPEN_CALL:
            self._open_call(spelling, position)
        elif action in (Action.CLOSE_SECTION, Action.END_TURN):
            self._close_section(action, spelling, position)

    def _open_call(self, spelling: str, position: int) -> None:
        self._bare, self._stripped = not self._in_section, False
        self._marker, self._marker_at = spelling, position
        if self._state in TEXT_STATES:
            self._origin = self._state
        elif self._state is not State.HEADER:
            self._origin = State.AFTER_CALLS

    def _close_section(self, action: Action, spelling: str, position: int) -> None:
        if self._in_section and not self._section_calls:
            self._output.diagnose("empty_section", self._section, self._section_at)
        elif self._in_section and action is Action.END_TURN:
            self._output.diagnose("missing_section_end", spelling, position)
        elif self._state is State.REASONING:
            self._output.diagnose("unclosed_reasoning", spelling, position)
        self._in_section = False

    def _leave(self, marker: Marker | None, *, normal: bool) -> None:
        """End what the present state has open; `marker` is None at the end of the text."""
        if self._state is State.SECTION:
            closed = marker is Marker.SECTION_END
            over = closed or marker in (None, Marker.END_OF_TURN)
            if over and self._aside and not self._section_calls:
                self._release_section(self._aside_blanks if closed else "")
        if self._state in _ASIDE:
            self._flush_aside(_ASIDE[self._state])
        if self._state is State.HEADER:
            self._leave_header(marker)
        elif self._state in (State.ARGUMENTS, State.STRING, State.AFTER_ARGUMENTS):
            self._leave_value(marker, normal=normal)

    _steps: ClassVar[Mapping[Any, Callable[[Any], bool]]] = {
        **dict.fromkeys(READ_AS_TEXT, _read_text),
        State.REASONING_START: _read_reasoning_start,
        State.SECTION: _read_section,
        State.HEADER: CallReader._read_header,  # noqa: SLF001 - of its base
        State.ARGUMENTS: CallReader._read_value,  # noqa: SLF001 - as above
        State.STRING: CallReader._read_value,  # noqa: SLF001 - as above
    }
