"""The K3 dialect in a text of which little is offered: `k3`, and a rule in front of its tags.

Owns: which question of the rule each tag is asked, and what becomes of text that is no call.
May know: its own files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.raw._reading.k3 import CALL_STATES, VALUE_STATES, K3Machine
from kimi_core.raw._reading.k3_offer import K3Offers
from kimi_core.raw._reading.k3_table import K3Marker, K3State
from kimi_core.raw._reading.k3_tags import Tag, next_tag
from kimi_core.raw._reading.markers import beginning
from kimi_core.raw._reading.reader import VISIBLE
from kimi_core.raw._reading.text_rule import MAX_END, EndPattern

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output
    from kimi_core.raw._reading.text_rule import TextRule

__all__ = ["RuledK3Machine"]

_THINK = (K3State.THINK_START, K3State.PREFILLED_THINK, K3State.THINK)
_TEXT = (*_THINK, K3State.RESPONSE_START, K3State.RESPONSE, K3State.OUTSIDE)
_IN_CALL = (*CALL_STATES, *VALUE_STATES)
_CALL_OPENERS = (K3Marker.OPEN_TOOLS, K3Marker.OPEN_CALL)
_CHANNEL_OPENERS = (K3Marker.OPEN_THINK, K3Marker.OPEN_RESPONSE, K3Marker.OPEN_MESSAGE)
_CHANNEL_CLOSERS = (K3Marker.CLOSE_THINK, K3Marker.CLOSE_RESPONSE)
_ENDS = (K3Marker.CLOSE_MESSAGE, K3Marker.END_OF_TURN)
_TOKENS = ("<|end_of_msg|>", "[EOS]", "[EOT]")
_CLOSED = r"<\|close\|>\s*(?:think|response|message)\s*(?:<\|sep\|>)?"
_LAST = EndPattern(
    [_CLOSED, r"<\|end_of_msg\|>", r"\[EOS\]", r"\[EOT\]"],
    rf"(?:{beginning(*_TOKENS, '<|close|>')}|<\|close\|>\s*"
    rf"(?:{beginning('think', 'response', 'message')}"
    rf"|(?:think|response|message)\s*{beginning('<|sep|>')}))",
)


class RuledK3Machine(K3Machine):
    """Reads the K3 dialect where only what is offered may become a call."""

    __slots__ = ("_behind_call", "_offers", "_rule")

    def __init__(self, output: Output, tools: ToolNames, rule: TextRule, *, thinking: bool) -> None:
        """Start at the beginning of a text; see `K3Machine`."""
        super().__init__(output, tools, thinking=thinking)
        self._rule = rule
        self._offers = K3Offers(rule)
        self._behind_call = False

    def _speak(self, text: str) -> None:
        if self._state in _TEXT:
            self._rule.say(text)
            self._behind_call = self._behind_call and VISIBLE.search(text) is None
        super()._speak(text)

    def _is_real(self, tag: Tag) -> Decision:
        if self._state in _TEXT:
            return self._is_real_in_text(tag)
        if self._state is not K3State.TOOLS:
            return True
        if tag.marker is K3Marker.OPEN_CALL:
            return self._is_offered(tag)
        return tag.marker not in _CHANNEL_OPENERS or not self._rule.split

    def _is_real_in_text(self, tag: Tag) -> Decision:
        marker = tag.marker
        if marker in _CALL_OPENERS:
            offered = self._is_offered(tag)
            return self._rule.counts(offered, self._text, tag.start, final=self._final)
        if marker in _CHANNEL_OPENERS:
            return self._opens_channel(tag)
        if marker in _ENDS:
            return self._rule.ends(_LAST, self._text, tag.end, final=self._final)
        if marker is K3Marker.CUT:
            return not self._rule.split
        return self._closes(tag)

    def _is_offered(self, tag: Tag) -> Decision:
        return self._offers.at(tag, self._text, self._base, final=self._final)

    def _opens_channel(self, tag: Tag) -> Decision:
        if self._rule.split:
            return False
        if self._state is K3State.OUTSIDE or self._state is K3State.THINK_START:
            return True
        if self._state in _THINK:
            return self._rule.is_bare(self._text, tag.start, final=self._final)
        return self._state is K3State.RESPONSE_START

    def _closes(self, tag: Tag) -> Decision:
        """Whether a closing tag closes something: what is open, or a call right in front of it."""
        if tag.marker is K3Marker.CLOSE_THINK and self._state in _THINK:
            return True
        if self._behind_call:
            return True
        return tag.marker in _CHANNEL_CLOSERS and self._leads_on(tag)

    def _leads_on(self, tag: Tag) -> Decision:
        """Whether structure follows: an offered call, another channel, or the end of the text."""
        end = tag.end
        while end - tag.end <= MAX_END:
            last = self._rule.ends(_LAST, self._text, end, final=self._final)
            if last is not False:
                return last
            after = next_tag(self._text, end, final=self._final)
            if not isinstance(after, Tag):
                return after
            if after.marker in _CALL_OPENERS:
                offered = self._is_offered(after)
                if offered:
                    self._note_call(self._base + tag.start)
                return offered
            if after.marker not in _CHANNEL_CLOSERS:
                return after.marker in _CHANNEL_OPENERS and not self._rule.split
            end = after.end
        return False

    def _refuse(self) -> None:
        if self._state is K3State.TOOLS:
            self._flush_aside("text_in_section")
            self._state, self._spoken = K3State.OUTSIDE, True

    def _take(self, tag: Tag) -> None:
        was = self._state
        if was in _IN_CALL and tag.marker in (*_CALL_OPENERS, *_CHANNEL_OPENERS):
            # It ends the call, and is then asked as if it stood outside.
            if was in VALUE_STATES:
                self._ends_value(tag)
            self._leave_call(tag.marker, normal=True)
            self._at, self._state = tag.start, self._origin
        else:
            if was in _TEXT and tag.marker in _CALL_OPENERS:
                self._note_call(self._base + tag.start)
            super()._take(tag)
        if was in _IN_CALL and self._state not in _IN_CALL:
            self._behind_call = True
        if was in _THINK and self._state not in _THINK:
            self._rule.start_text()
        self._rule.start_channel()
