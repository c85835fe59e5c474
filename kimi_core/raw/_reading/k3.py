"""The K3 dialect (XTML): runs the table of `k3_table` over text that arrives in pieces.

Owns: the present state, and what the states do with text that stands outside of calls.
May know: its own files. Calls themselves are read by `k3_call`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from kimi_core.raw._reading.k3_call import K3CallReader
from kimi_core.raw._reading.k3_table import K3_TRANSITIONS, K3Action, K3Marker, K3State
from kimi_core.raw._reading.k3_tags import Tag, find_tag, read_tag, tail
from kimi_core.raw._reading.reader import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output

__all__ = ["CALL_STATES", "STARTS", "VALUE_STATES", "K3Machine"]

STARTS = {
    K3State.THINK_START: K3State.PREFILLED_THINK,
    K3State.RESPONSE_START: K3State.RESPONSE,
}
_THINKS = (K3State.PREFILLED_THINK, K3State.THINK)
_REASONING = (K3State.THINK_START, *_THINKS)
CALL_STATES = (K3State.CALL, K3State.CALL_ARGUMENTS, K3State.CALL_DONE)
VALUE_STATES = (K3State.STRING_VALUE, K3State.JSON_VALUE, K3State.JSON_BLOCK)
_ENDS = (K3Marker.CLOSE_MESSAGE, K3Marker.END_OF_TURN)
_TOOLS_MARKERS = (K3Marker.OPEN_CALL, K3Marker.CLOSE_TOOLS)
_ASIDE = {
    **dict.fromkeys(CALL_STATES, "text_in_call"),
    K3State.TOOLS: "text_in_section",
    K3State.OUTSIDE: "text_outside",
    K3State.ENDED: "text_after_end",
}
_OPENERS = (K3Marker.OPEN_THINK, K3Marker.OPEN_RESPONSE, K3Marker.OPEN_TOOLS)


class K3Machine(K3CallReader):
    """Reads the K3 dialect."""

    __slots__ = ("_reasoning", "_spoken", "_tools_calls", "_tools_tag")

    def __init__(self, output: Output, tools: ToolNames, *, thinking: bool) -> None:
        """Start at the beginning of a message.

        Args:
            output: Where events and diagnostics go.
            tools: The declared tools.
            thinking: Whether the prompt opened the reasoning channel; else it opened the answer.
        """
        super().__init__(output, tools, K3State.THINK_START if thinking else K3State.RESPONSE_START)
        self._reasoning: list[str] = []
        self._spoken = False
        self._tools_calls = 0
        self._tools_tag = ("", 0)

    def close(self, *, normal: bool) -> None:
        """Read what was held back, and end what is open.

        Args:
            normal: Whether the model ended by itself rather than being cut off.
        """
        self._final = True
        self.feed("")
        if self._state in _THINKS and normal:
            self._output.diagnose("unclosed_reasoning", "", self._here())
        self._leave(None, normal=normal)
        in_call = self._state in (*CALL_STATES, *VALUE_STATES)
        if normal and K3State.TOOLS is (self._origin if in_call else self._state):
            self._output.diagnose("missing_section_end", "", self._here())
        self._state = K3State.ENDED

    # Text outside of calls.

    def _read_start(self) -> bool:
        """Read blanks; the first visible character, unless it opens a tag, starts the channel."""
        found = VISIBLE.search(self._text, self._at)
        self._say(found.start() if found else len(self._text))
        if found is None:
            return False
        token = find_tag(self._text, self._at)
        if token and token.start() == self._at:
            return self._meet(token.start(), token.end())
        if tail(self._text, self._at) == self._at and not self._final:
            return False
        self._state = STARTS[self._state]
        return True

    def _read_text(self) -> bool:
        found = find_tag(self._text, self._at)
        if found:
            return self._meet(found.start(), found.end())
        self._say(len(self._text) if self._final else tail(self._text, self._at))
        return False

    def _read_tools(self) -> bool:
        found = find_tag(self._text, self._at)
        if found:
            end = found.start()
        else:
            end = len(self._text) if self._final else tail(self._text, self._at)
        limit = None if self._tools_calls else self._noise_limit(end)
        if limit is not None:
            self._say(limit)
            self._release_tools()
            return True
        return self._read_text()

    def _release_tools(self, blanks: str = "") -> None:
        """Say what was put aside after all, with the blanks in front: the channel was none."""
        self._output.diagnose("empty_section", *self._tools_tag)
        self._output.content(blanks + self._take_aside())
        self._state, self._spoken = K3State.OUTSIDE, True

    def _say(self, end: int) -> None:
        """Give out the text up to `end`, to whom the state says."""
        text = self._text[self._at : end]
        if text:
            self._speak(text)
        self._at = end

    def _speak(self, text: str) -> None:
        if self._state in _REASONING:
            self._output.reasoning(text)
            if self._state is not K3State.THINK:
                self._reasoning.append(text)
        elif self._state in (K3State.RESPONSE_START, K3State.RESPONSE):
            self._output.content(text)
        elif self._state is K3State.OUTSIDE:
            visible = text if self._spoken else text.lstrip()
            self._spoken = bool(visible)
            self._put_aside(text, self._here())
            self._output.content(visible)
        else:
            self._put_aside(text, self._here())

    def _meet(self, start: int, end: int) -> bool:
        """Take the tag that begins at a token, unless it is text where it stands."""
        tag = read_tag(self._text, start, final=self._final)
        if tag is None:
            self._say(start)
            return False
        if tag and tag.marker in K3_TRANSITIONS[self._state]:
            self._say(start)
            real = self._is_real(tag)
            if real:
                self._take(tag)
            if real is not False:
                return real is True
            self._refuse()
        if self._state in STARTS:
            self._state = STARTS[self._state]
        self._say(end)
        return True

    def _is_real(self, tag: Tag) -> Decision:  # noqa: ARG002 - for the subclass
        """Whether a tag in text is one; None while what follows is needed to say so."""
        return True

    def _refuse(self) -> None:
        """Prepare for a tag that is none: it and what follows is text."""

    # Tags.

    def _take(self, tag: Tag) -> None:
        """Do what the table says of a tag that stands at the reader's position."""
        text, position = self._text[tag.start : tag.end], self._base + tag.start
        if tag.marker is K3Marker.CUT:
            is_call = text.removeprefix("<|open|>").lstrip().startswith("call")
            kind = "incomplete_call" if is_call else "incomplete_marker"
            self._output.diagnose(kind, text, position)
            self._at = tag.end
            return
        if self._state in VALUE_STATES and self._ends_value(tag):
            return
        transition = K3_TRANSITIONS[self._state][tag.marker]
        if transition.action is K3Action.DROP:
            self._flush_aside(_ASIDE.get(self._state, "text_outside"))
            self._output.diagnose("orphan_marker", text, position)
        elif transition.action is K3Action.OPEN_ARGUMENT:
            self._open_argument(tag)
        elif transition.action is K3Action.OPEN_BLOCK:
            self._open_block(tag)
        else:
            self._leave(tag, normal=True)
            self._spoken = False
            self._enter(tag, transition.action)
        self._at = tag.end
        if transition.action is not K3Action.OPEN_ARGUMENT:
            self._state = transition.state or self._origin

    def _ends_value(self, tag: Tag) -> bool:
        """End the value that is being read; whether that is all that the tag does."""
        self._close_value()
        block = self._state is K3State.JSON_BLOCK
        self._state = K3State.CALL_DONE if block else K3State.CALL_ARGUMENTS
        closed = tag.marker in (K3Marker.CLOSE_ARGUMENT, K3Marker.CLOSE_JSON)
        if closed:
            self._at = tag.end
        else:
            text = self._text[tag.start : tag.end]
            self._output.diagnose("missing_argument_end", text, self._base + tag.start)
        return closed

    def _enter(self, tag: Tag, action: K3Action) -> None:
        text, position = self._text[tag.start : tag.end], self._base + tag.start
        if action is K3Action.RECLASSIFY:
            self._output.diagnose("reclassified_reasoning", text, position)
            self._output.content("".join(self._reasoning))
        elif action is K3Action.OPEN_CALL:
            if self._state not in (*CALL_STATES, *VALUE_STATES):
                self._origin = STARTS.get(self._state, self._state)
            self._tools_calls += 1
            self._open_call(tag)
        elif tag.marker is K3Marker.OPEN_TOOLS:
            self._tools_calls = 0
            self._tools_tag = (text, position)
            self._aside_blanks = ""

    def _leave(self, tag: Tag | None, *, normal: bool) -> None:
        """End what the present state has open; `tag` is None at the end of the text."""
        marker = tag.marker if tag else None
        state = self._state
        if state in (*CALL_STATES, *VALUE_STATES):
            self._leave_call(marker, normal=normal)
            if marker in (K3Marker.OPEN_CALL, K3Marker.CLOSE_CALL):
                return
            state = self._origin
        elif state is K3State.TOOLS:
            self._leave_tools(marker)
        if tag is None:
            self._flush_aside("text_after_end" if state is K3State.ENDED else "text_outside")
            return
        self._flush_aside("text_outside")
        forced = marker in _OPENERS or marker in _ENDS
        problem = {
            K3State.PREFILLED_THINK: "unclosed_reasoning" if forced else "",
            K3State.THINK: "unclosed_reasoning" if forced else "",
            K3State.RESPONSE: "unclosed_response" if marker in _OPENERS else "",
            K3State.TOOLS: (
                "missing_section_end" if self._tools_calls and marker not in _TOOLS_MARKERS else ""
            ),
        }.get(state, "")
        if problem:
            text = self._text[tag.start : tag.end]
            self._output.diagnose(problem, text, self._base + tag.start)

    def _leave_tools(self, marker: K3Marker | None) -> None:
        closed = marker is K3Marker.CLOSE_TOOLS
        over = marker is None or marker in _ENDS
        if (over or closed) and self._aside and not self._tools_calls:
            self._release_tools(self._aside_blanks if closed else "")
            over = True
        self._flush_aside("text_in_section")
        if not self._tools_calls and marker is not K3Marker.OPEN_CALL and not over:
            self._output.diagnose("empty_section", *self._tools_tag)

    _steps: ClassVar[Mapping[Any, Callable[[Any], bool]]] = {
        **dict.fromkeys(K3State, _read_text),
        K3State.THINK_START: _read_start,
        K3State.RESPONSE_START: _read_start,
        K3State.TOOLS: _read_tools,
        K3State.STRING_VALUE: K3CallReader._read_string,  # noqa: SLF001 - of its base
        K3State.JSON_VALUE: K3CallReader._read_json,  # noqa: SLF001 - as above
        K3State.JSON_BLOCK: K3CallReader._read_json,  # noqa: SLF001 - as above
    }
