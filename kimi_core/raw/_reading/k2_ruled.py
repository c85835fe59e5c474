"""The K2 dialect in a text of which little is offered: `k2`, and a rule in front of its markers.

Owns: which question of the rule each marker is asked, and what becomes of text that is no call.
May know: its own files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from kimi_core.raw._reading.k2 import READ_AS_TEXT, TEXT_STATES, TURN_ENDS, K2Machine
from kimi_core.raw._reading.k2_header import headers_of
from kimi_core.raw._reading.k2_offer import K2Offers, object_follows
from kimi_core.raw._reading.k2_table import Marker, State
from kimi_core.raw._reading.markers import beginning
from kimi_core.raw._reading.reader import VISIBLE
from kimi_core.raw._reading.text_rule import EndPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output
    from kimi_core.raw._reading.text_rule import TextRule

__all__ = ["RuledK2Machine"]

_IN_CALL = (State.HEADER, State.ARGUMENTS, State.AFTER_ARGUMENTS)
# These end an open call, and are then asked as if they stood in text.
_OUTSIDE_CALLS = (Marker.SECTION_BEGIN, Marker.CALL_BEGIN, Marker.THINK_BEGIN)
_BEGINS_CALL = (Marker.SECTION_BEGIN, Marker.CALL_BEGIN, Marker.STRIPPED_CALL)
_ENDS = EndPattern([re.escape(end) for end in TURN_ENDS], beginning(*TURN_ENDS))


class RuledK2Machine(K2Machine):
    """Reads the K2 dialect where only what is offered may become a call."""

    __slots__ = ("_headers", "_offers", "_rule")

    def __init__(
        self,
        output: Output,
        tools: ToolNames,
        rule: TextRule,
        *,
        thinking: bool,
        recover_stripped: bool,
    ) -> None:
        """Start at the beginning of a text; see `K2Machine`."""
        super().__init__(
            output, tools, thinking=thinking, recover_stripped=recover_stripped, merges=True
        )
        self._rule = rule
        self._offers = K2Offers(rule)
        self._headers = headers_of(tuple(name for name in tools if rule.declares(name)))

    # What is said.

    def _speak(self, text: str, position: int) -> None:
        if self._state in TEXT_STATES:
            self._rule.say(text)
        super()._speak(text, position)
        if self._state is State.REASONING_START and self._rule.begun:
            self._state = State.REASONING

    def _read_text(self) -> bool:
        if self._state is State.AFTER_ARGUMENTS and self._bare:
            return self._read_behind_bare_call()
        if self._state not in TEXT_STATES or self._final:
            return super()._read_text()
        finder = self._finders[self._state]
        found = finder.search(self._text, self._at)
        if found:
            return self._meet(found)
        end = finder.tail(self._text, self._at)
        self._say(self._headers.tail(self._text, self._at, end, self._rule.last))
        return False

    def passes(self, _text: str) -> bool:
        """Take a text as `Reader.passes` says, where `_read_text` would only say it."""
        finder, text = self._finders[State.CONTENT], _text
        if self._state is not State.CONTENT or self._at < len(self._text) or finder.search(text):
            return False
        end = finder.tail(text, 0)
        if end < len(text) or self._headers.tail(text, 0, end, self._rule.last) < end:
            return False
        self._rule.say(text)
        self._base += end
        return True

    def _read_behind_bare_call(self) -> bool:
        """Read on behind arguments that no section holds: other text than markers ends the call."""
        found = VISIBLE.search(self._text, self._at)
        self._say(found.start() if found else len(self._text))
        if found is None:
            return False
        finder = self._finders[State.AFTER_ARGUMENTS]
        if self._text[self._at] == "{" or self._aside or finder.match(self._text, self._at):
            return super()._read_text()
        if not self._final and finder.is_prefix(self._text[self._at :]):
            return False
        self._leave(None, normal=True)
        self._state = State.AFTER_CALLS
        return True

    # Markers.

    def _meet(self, found: re.Match[str]) -> bool:
        marker = self._finders[self._state].kind(found.group())
        if marker is Marker.ARGUMENT_BEGIN and self._state in TEXT_STATES:
            return self._meet_argument_begin(found)
        self._say(found.start())
        if self._state is State.SECTION:
            return self._meet_in_section(found, marker)
        return super()._meet(found)

    def _is_real(self, found: re.Match[str]) -> Decision:
        marker = self._finders[self._state].kind(found.group())
        if marker is Marker.END_OF_TURN and self._state in (*TEXT_STATES, State.ENDED):
            return self._rule.ends(_ENDS, self._text, found.end(), final=self._final)
        if self._state not in TEXT_STATES:
            return super()._is_real(found)
        if marker in _BEGINS_CALL:
            offered = self._is_offered(found, marker)
            return self._rule.counts(offered, self._text, found.start(), final=self._final)
        if marker is Marker.THINK_BEGIN:
            inside = self._state is State.REASONING_START
            first = self._state is State.CONTENT and not self._rule.begun
            return inside or (first and not self._rule.split)
        if marker is Marker.THINK_END and self._state is not State.AFTER_CALLS:
            return True
        return self._state is State.AFTER_CALLS and not self._aside

    def _is_offered(self, found: re.Match[str], marker: Marker | None) -> Decision:
        if marker is Marker.STRIPPED_CALL:
            return super()._is_real(found)
        look = self._offers.at_call
        if marker is Marker.SECTION_BEGIN:
            look = self._offers.in_section
        return look(self._text, found.end(), self._base, final=self._final)

    def _meet_argument_begin(self, found: re.Match[str]) -> bool:
        """Meet an argument marker in text: the id in front of it may be that of a call."""
        start = self._headers.find(self._text, self._at, found.start(), self._rule.last)
        if start is None:
            right_behind = self._state is State.AFTER_CALLS and not self._aside
            if right_behind and not self._text[self._at : found.start()].strip():
                return super()._meet(found)
            self._say(found.end())
            return True
        self._say(start)
        offered = object_follows(self._text, found.end(), final=self._final)
        real = self._rule.counts(offered, self._text, start, final=self._final)
        if real:
            self._leave(Marker.ARGUMENT_BEGIN, normal=True)
            self._begin_without_marker(self._text[start : found.start()], start, found.end())
        elif real is False:
            self._say(found.end())
        return real is not None

    def _begin_without_marker(self, header: str, start: int, end: int) -> None:
        self._bare, self._stripped = not self._in_section, False
        self._origin = State.AFTER_CALLS if self._in_section else self._state
        self._header = self._marker = header
        self._header_at = self._marker_at = self._base + start
        self._output.diagnose("missing_call_begin", header.strip(), self._header_at)
        self._note_call(self._header_at)
        self._at = end
        self._begin_arguments()

    # Sections, and calls that end without their end marker.

    def _meet_in_section(self, found: re.Match[str], marker: Marker | None) -> bool:
        if marker is Marker.CALL_BEGIN:
            real = self._offers.at_call(self._text, found.end(), self._base, final=self._final)
        elif marker is Marker.ARGUMENT_BEGIN:
            said = "".join(self._aside)
            real = self._offers.without_begin(said, self._text, found.end(), final=self._final)
            if real:
                start = self._aside_at - self._base
                self._begin_without_marker(self._take_aside(), start, found.end())
                return True
        else:
            return super()._meet(found)
        if real:
            self._take(found)
        elif real is False:
            self._end_section(found.end(), whole=marker is Marker.ARGUMENT_BEGIN)
        return real is not None

    def _end_section(self, end: int, *, whole: bool) -> None:
        """Go on as text, from a marker on that leads to no offered call."""
        said = self._take_aside() if whole else ""
        self._flush_aside("text_in_section")
        self._in_section, self._state = False, State.AFTER_CALLS
        if said:
            self._speak(said, self._aside_at)
        self._say(end)

    def _take(self, found: re.Match[str]) -> None:
        marker = self._finders[self._state].kind(found.group())
        if self._state in _IN_CALL and marker in _OUTSIDE_CALLS:
            self._leave(marker, normal=True)
            self._at = found.start()
            self._state = self._outside()
            return
        was = self._state
        if marker in _BEGINS_CALL:
            self._note_call(self._here())
        super()._take(found)
        if was in (State.REASONING_START, State.REASONING) and self._state is State.CONTENT:
            self._rule.start_text()

    _steps: ClassVar[Mapping[Any, Callable[[Any], bool]]] = {
        **K2Machine._steps,  # noqa: SLF001 - of its base
        **dict.fromkeys(READ_AS_TEXT, _read_text),
    }
