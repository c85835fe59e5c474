"""The rule which marker in text is one: what surrounds it says so, and what was offered.

Owns: the questions that both dialects ask of a marker in text, and what has to be remembered of
the text for it. May know: its own files.

==================  ====================================================
a marker that ...   counts where ...
==================  ====================================================
opens reasoning     nothing was said before it
begins a call       the tool is offered, and no code holds it
ends the turn       nothing but further ends and blanks come behind it
closes a call       a call stands right in front of it
==================  ====================================================

Everywhere else it is text: answers quote pages, logs and protocols (an agent on Moonshot's own API
ran a `delete_file` that its model had only quoted; typeclaw/typeclaw#344, Rapid-MLX#1778).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.raw._reading.code import CodeState
from kimi_core.raw._reading.reader import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.names import Resolution, ToolNames
    from kimi_core.raw.text_policy import TextPolicy

__all__ = ["MAX_END", "EndPattern", "TextRule"]

# Ends and blanks behind an end of the turn, which are held back until something else comes.
MAX_END = 256


class TextRule:
    """The rule, for one text of one answer.

    Attributes:
        tools: The declared tools.
        split: Whether a server has taken the reasoning out.
        begun: Whether anything visible was said.
        last: The last character that was said, or "".
    """

    __slots__ = ("_any_tool", "_code", "_in_line", "_offers", "begun", "last", "split", "tools")

    def __init__(self, policy: TextPolicy, tools: ToolNames) -> None:
        """Start at the beginning of a text."""
        self.tools = tools
        self.split = policy.split
        self._offers = bool(policy.tools)
        self._any_tool = policy.any_tool
        self.begun = False
        self.start_text()

    def start_text(self) -> None:
        """Begin another text: the answer, after the reasoning."""
        self._code = CodeState()
        self.last = ""
        self._in_line = False

    def start_channel(self) -> None:
        """Begin what stands apart from the text before it, as a line does."""
        self._in_line = False

    def say(self, text: str) -> None:
        """Go on in the text."""
        self._code.say(text)
        self.last = text[-1]
        if not self.begun:
            self.begun = VISIBLE.search(text) is not None
        if self._any_tool:
            line = text.rpartition("\n")[2]
            self._in_line = VISIBLE.search(line) is not None or (line == text and self._in_line)

    def offers(self, resolution: Resolution) -> bool:
        """Whether an id or a name means a tool that may be called."""
        name = resolution.name or ""
        return self.declares(name) or (self._any_tool and name != "")

    def declares(self, name: str) -> bool:
        """Whether this very name may be called."""
        return self._offers and name in self.tools

    def counts(self, offered: Decision, text: str, start: int, *, final: bool) -> Decision:
        """Whether a marker begins a call, given whether the call is offered.

        Args:
            offered: Whether what follows is a call that is offered.
            text: What has been received.
            start: Where the marker begins; all before it was said.
            final: Whether the text is over.
        """
        if offered and self._in_line:
            return False
        return self.is_bare(text, start, final=final) if offered else offered

    def is_bare(self, text: str, start: int, *, final: bool) -> Decision:
        """Whether a marker stands outside of code; arguments as for `counts`."""
        quoted = self._code.holds(text, start, final=final)
        return None if quoted is None else not quoted

    def ends(self, ends: EndPattern, text: str, start: int, *, final: bool) -> Decision:
        """Whether nothing but ends of the turn and blanks stand behind a marker.

        Args:
            ends: The dialect's ends.
            text: What has been received.
            start: Where the marker ends.
            final: Whether the text is over.
        """
        if len(text) - start > MAX_END:
            return False
        if not final:
            return None if ends.may_follow(text, start) else False
        return ends.follow(text, start)


class EndPattern:
    """The ends of the turn that may be the last things in a text."""

    __slots__ = ("_all", "_begun")

    def __init__(self, ends: Sequence[str], beginnings: str) -> None:
        """Prepare the search.

        Args:
            ends: Patterns of the ends.
            beginnings: A pattern of what may grow into one of them, the empty text too.
        """
        whole = rf"(?:\s|{'|'.join(ends)})*"
        self._all = re.compile(whole)
        self._begun = re.compile(rf"{whole}{beginnings}")

    def follow(self, text: str, start: int) -> bool:
        """Whether nothing else follows."""
        return self._all.fullmatch(text, start) is not None

    def may_follow(self, text: str, start: int) -> bool:
        """Whether nothing else has followed so far."""
        return self._begun.fullmatch(text, start) is not None
