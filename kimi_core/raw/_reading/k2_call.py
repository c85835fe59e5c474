"""The K2 dialect inside a call: the id, and the arguments up to their end.

Owns: the reading of a header, and the scan of an argument value for its end.
May know: its own files, events.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from kimi_core.events.open_string import OpenString
from kimi_core.raw._reading.calls import Calls
from kimi_core.raw._reading.json_scan import (
    INSIDE_STRING,
    LOOKAHEAD,
    OUTSIDE_STRING,
    WHITESPACE,
    decide_in_string,
)
from kimi_core.raw._reading.k2_table import SPELLINGS, TRANSITIONS, Marker, State
from kimi_core.raw._reading.markers import MarkerFinder
from kimi_core.raw._reading.reader import Reader

if TYPE_CHECKING:
    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output

__all__ = [
    "FINDERS",
    "MAX_HEADER",
    "NO_ARGUMENT_MARKER",
    "NUMBERED",
    "PROSE",
    "CallReader",
    "call_ends",
    "spellings",
]

# An id is about ten characters; a "header" longer than this is prose in which a marker was
# mentioned.
MAX_HEADER = 512
# Whitespace round an argument value is no part of it, so whitespace is held back until something
# follows; more than this is let go, so that what is held back stays bounded.
_MAX_BLANK = 128
# Text that is no JSON value ends at no bracket.
_ENDLESS = 1 << 60

_JSON_VISIBLE = re.compile(r"[^ \t\n\r]")
NO_ARGUMENT_MARKER = re.compile(r"\s*[^\s{<]+:\d+\s*(?=\{)")
# Two words. Models put blanks behind the prefix and in front of the counter, which is none.
_WORDS = r"[^\s<{]+\s+[^\s<{:]"
PROSE = re.compile(rf"\s*(?:(?!functions\s*\.\s){_WORDS}|functions\s*\.\s*{_WORDS})")
NUMBERED = re.compile(r"\s*\S+:\d+\s*\Z")


def spellings(state: State) -> dict[str, Marker]:
    """Return what is looked for in a state."""
    # In JSON a bracket opens an array, so that [EOS] there is none: only <|im_end|> counts.
    in_call = state in (State.HEADER, State.ARGUMENTS, State.STRING)
    return {
        text: marker
        for marker in TRANSITIONS[state]
        for text in SPELLINGS.get(marker, ())
        if not (in_call and text.startswith("["))
    }


_ALSO = {State.ARGUMENTS: OUTSIDE_STRING, State.STRING: INSIDE_STRING}
FINDERS = {state: MarkerFinder(spellings(state), _ALSO.get(state, "")) for state in State}

_ENDS = MarkerFinder(spellings(State.STRING))
call_ends = _ENDS.search
_STRUCTURAL = re.compile(
    r"\s*(?:\Z|" + "|".join(re.escape(text) for text in spellings(State.AFTER_ARGUMENTS)) + ")"
)


def _ends(text: str, start: int, stop: int) -> list[tuple[int, bool]]:
    """List the markers that may end a call, each with whether structure follows it."""
    found: list[tuple[int, bool]] = []
    match = _ENDS.search(text, start, stop)
    while match:
        found.append((match.start(), _STRUCTURAL.match(text, match.end()) is not None))
        match = _ENDS.search(text, match.end(), stop)
    return found


class CallReader(Reader[State], ABC):
    """Reads calls; what stands outside of them is its subclass's affair."""

    __slots__ = (
        "_bare",
        "_calls",
        "_depth",
        "_header",
        "_header_at",
        "_in_section",
        "_in_value",
        "_looked",
        "_marker",
        "_marker_at",
        "_origin",
        "_section",
        "_section_at",
        "_section_calls",
        "_stripped",
    )

    def __init__(
        self, output: Output, tools: ToolNames, state: State, *, merges: bool = False
    ) -> None:
        """Start outside of any call."""
        super().__init__(output, state)
        self._calls = Calls(output, tools, merges=merges)
        self._origin = state
        self._in_section = self._bare = self._stripped = self._in_value = False
        self._section_calls = self._depth = self._looked = 0
        self._section = self._marker = self._header = ""
        self._section_at = self._marker_at = self._header_at = 0

    @abstractmethod
    def _take(self, found: re.Match[str]) -> None:
        """Do what the table says of a marker that stands at the reader's position."""

    @abstractmethod
    def _speak(self, text: str, position: int) -> None:
        """Give text out, to whom the state says."""

    def _outside(self) -> State:
        return State.SECTION if self._in_section else State.AFTER_CALLS

    # The id.

    def _read_header(self) -> bool:
        finder = FINDERS[State.HEADER]
        found = finder.search(self._text, self._at)
        if found:
            end = found.start()
        else:
            end = len(self._text) if self._final else finder.tail(self._text, self._at)
        self._header_at = self._here()
        header = self._text[self._at : min(end, self._at + MAX_HEADER + 1)]
        unmarked = NO_ARGUMENT_MARKER.match(header)
        if unmarked:
            self._header = unmarked.group()
            self._at += unmarked.end()
            self._begin_unmarked()
        elif len(header) > MAX_HEADER or (self._bare and self._is_prose(header, found)):
            self._refuse_header()
        elif found:
            self._header = header
            self._at = end
            self._take(found)
        else:
            return False
        return True

    def _is_prose(self, header: str, found: re.Match[str] | None) -> bool:
        """Whether a marker outside of a section was only mentioned."""
        if PROSE.match(header):
            return True
        if found is None:
            return False
        separated = FINDERS[State.HEADER].kind(found.group()) is Marker.ARGUMENT_BEGIN
        return not separated and NUMBERED.match(header) is None

    def _refuse_header(self) -> None:
        """Go back to where the marker was met, and make it text; what follows is read anew."""
        if self._bare:
            reasoning = self._origin is State.REASONING_START
            self._state = State.REASONING if reasoning else self._origin
        else:
            self._state = State.SECTION
        self._speak(self._marker, self._marker_at)

    def _leave_header(self, marker: Marker | None) -> None:
        """End a call that has an id, but no arguments."""
        if marker is None:
            return
        if not self._header.strip():
            text = self._marker + self._header
            self._output.diagnose("malformed_call", text, self._marker_at)
            return
        self._begin_unmarked()
        self._calls.close(complete=True if marker is Marker.CALL_END else None)

    def _drop_header(self) -> None:
        """Record a call whose id was cut off."""
        text = self._marker + self._text[self._at :]
        self._at = len(self._text)
        self._output.diagnose("incomplete_call", text, self._marker_at)

    def _begin_unmarked(self) -> None:
        """Start a call whose id and arguments nothing separates."""
        self._begin_arguments()
        self._output.diagnose("missing_argument_marker", self._header.strip(), self._header_at)

    def _begin_arguments(self) -> None:
        """Start the call: its id, the header, is whole."""
        raw = self._header.strip()
        self._header_at += len(self._header) - len(self._header.lstrip())
        if self._stripped:
            self._output.diagnose("stripped_markers", raw, self._header_at)
        elif self._bare:
            self._output.diagnose("bare_call", self._marker, self._marker_at)
        if self._bare and self._origin is State.REASONING:
            self._output.diagnose("unclosed_reasoning", self._marker, self._marker_at)
        self._section_calls += 1
        self._calls.open(raw, self._header_at)
        self._state, self._in_value = State.ARGUMENTS, False

    # The arguments.

    def _begin_value(self) -> bool | None:
        """Find where the value begins; None once it has, else what a step answers."""
        found = _JSON_VISIBLE.search(self._text, self._at)
        if found is None:
            self._at = len(self._text)
            return False
        self._at = found.start()
        marker = FINDERS[State.HEADER].match(self._text, self._at)
        if marker and FINDERS[State.ARGUMENTS].kind(marker.group()):
            self._take(marker)
            return True
        if FINDERS[State.ARGUMENTS].is_prefix(self._text[self._at :]) and not self._final:
            return False
        self._in_value = True
        self._calls.arguments_at = self._here()
        self._depth = 0 if self._text[self._at] in '{["' else _ENDLESS
        return None

    def _read_value(self) -> bool:
        if not self._in_value:
            answer = self._begin_value()
            if answer is not None:
                return answer
        elif self._looked and self._still_undecided():
            return False
        text, position = self._text, self._at
        while True:
            found = FINDERS[self._state].search(text, position)
            if found is None:
                self._pause(position)
                return False
            if text[found.start()] == "<":
                decided = self._meet_in_value(found)
                if isinstance(decided, bool):
                    return decided
                position = decided
                continue
            position = found.end()
            if self._step_value(text[found.start()]):
                return self._end_value(position)

    def _step_value(self, char: str) -> bool:
        """Count what opens and closes; whether the value has ended."""
        if char == '"':
            inside = self._state is State.STRING
            self._state = State.ARGUMENTS if inside else State.STRING
            return inside and not self._depth
        if char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1
            return not self._depth
        return False

    def _end_value(self, end: int) -> bool:
        self._write(end)
        self._state = State.AFTER_ARGUMENTS
        if self._stripped:
            self._calls.close(complete=True)
            self._state = self._outside()
        return True

    def _meet_in_value(self, found: re.Match[str]) -> bool | int:
        """Meet a marker; a position where to scan on if it is data, else what a step answers."""
        start = found.start()
        if self._state is State.ARGUMENTS:
            self._end_at(found)
            return True
        decided = decide_in_string(self._text, start, _ends, final=self._final)
        if decided is None:
            self._write(start)
            quoted = self._text.rstrip(WHITESPACE).endswith('"')
            self._looked = 0 if quoted else len(self._text) - start
            return False
        self._looked = 0
        position, is_end = decided
        if not is_end:
            return position
        end = _ENDS.match(self._text, position)
        assert end is not None  # noqa: S101 - decide_in_string found it there
        self._write(position)
        self._state = State.ARGUMENTS
        self._take(end)
        return True

    def _still_undecided(self) -> bool:
        """Whether a marker in a string has to wait on, without reading all that is held again."""
        held = len(self._text) - self._at
        if self._final or held >= LOOKAHEAD or '"' in self._text[self._at + self._looked :]:
            return False
        self._looked = held
        return True

    def _end_at(self, found: re.Match[str]) -> None:
        self._write(self._trimmed(found.start()))
        self._at = found.start()
        self._take(found)

    def _trimmed(self, end: int) -> int:
        """Return where a value ends that has whitespace before `end`."""
        visible = self._at + len(self._text[self._at : end].rstrip(WHITESPACE))
        return max(visible, end - _MAX_BLANK)

    def _pause(self, position: int) -> None:
        """Write what is certain, and hold the rest back."""
        text = self._text
        end = len(text)
        if not self._final:
            if self._state is not State.STRING:
                end = self._trimmed(FINDERS[State.ARGUMENTS].tail(text, position))
            elif position < end and text[-1] == "\\":
                end -= 1
            else:
                end = FINDERS[State.STRING].tail(text, position)
        self._write(end)

    def _write(self, end: int) -> None:
        self._calls.write(self._text[self._at : end])
        self._at = end

    @property
    def open_string(self) -> OpenString | None:
        """The string that the next text stands in, where no text of it has to be looked at."""
        waits = self._at < len(self._text)  # a marker, or the beginning of one or of an escape
        told = None if waits or self._state is not State.STRING else self._calls.told
        return None if told is None else OpenString(*told, self._skip)

    def _leave_value(self, marker: Marker | None, *, normal: bool) -> None:
        """End the call; `marker` is None at the end of the text."""
        whole = self._state is State.AFTER_ARGUMENTS
        if marker is Marker.CALL_END:
            self._calls.close(complete=True)
            return
        if whole and normal:
            self._output.diagnose("missing_call_end", "", self._here())
        self._calls.close(complete=(whole or None) if normal else False)
