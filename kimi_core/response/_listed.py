"""Calls that stand in the content as a JSON list: what SGLang makes of a choice without a parser.

Owns: the shape of that list, and the calls in it, cut or whole. May know: _json, events, request.

SGLang 0.5.23 that was started without ``--tool-call-parser`` binds a forced choice to
``[{"name": ..., "parameters": {...}}]``, and sends that as the content of an answer that ends with
"stop" (recorded, streamed and whole). Nobody else is taken for it: only where a call was forced,
and only where the whole content is such a list of tools that are offered.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kimi_core._json import as_mapping
from kimi_core.events import Diagnostic, ToolCallArguments, ToolCallEnd, ToolCallStart

if TYPE_CHECKING:
    from kimi_core.events import Event
    from kimi_core.request import Request

__all__ = ["ListedCalls"]

_CALL = re.compile(r'\s*[\[,]\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"parameters"\s*:\s*')
_CALL_END = re.compile(r"\s*\}")
_END = re.compile(r"\s*\]\s*\Z")
_DECODER = json.JSONDecoder()


class ListedCalls:
    """Holds a content back that may be such a list.

    Attributes:
        held: What is held back.
        diagnostics: Says that calls were found so.
    """

    def __init__(self, request: Request) -> None:
        """Look at the answer to a request."""
        forced = request.forced_tool_choice == "sent" and request.text is not None
        self._names = [name for tool in request.tools if (name := _name(tool))] if forced else []
        self._open = bool(self._names)
        self.held = ""
        self.diagnostics: list[Diagnostic] = []

    @property
    def looks(self) -> bool:
        """Whether there may be such a list."""
        return self._open

    def feed(self, text: str) -> str:
        """Return what is certainly no such list of the content so far."""
        if not self._open:
            return text
        self.held += text
        begun = self.held.lstrip()
        if not begun or begun.startswith("["):
            return ""
        return self._let_go()

    def end(self, *, cut: bool) -> tuple[list[Event], str]:
        """Return the calls of the list, or the text that was none.

        Args:
            cut: Whether the token limit ended the answer, so that its last call may be a beginning.
        """
        calls = self._calls(cut=cut)
        if not calls:
            return [], self._let_go()
        self.diagnostics.append(Diagnostic("listed_calls", self._let_go(), 0))
        return calls, ""

    def _let_go(self) -> str:
        held, self.held, self._open = self.held, "", False
        return held

    def _calls(self, *, cut: bool) -> list[Event]:
        events: list[Event] = []
        at, index = 0, 0
        while found := _CALL.match(self.held, at):
            name = _read(found[1])
            if not isinstance(name, str) or name not in self._names:
                return []
            end, whole = _value(self.held, found.end())
            closed = _CALL_END.match(self.held, end) if whole else None
            if closed is None and not cut:
                return []
            events += [
                ToolCallStart(index, f"functions.{name}:{index}", name),
                ToolCallArguments(index, self.held[found.end() : end]),
                ToolCallEnd(index, closed is not None),
            ]
            if closed is None:
                return events
            at, index = closed.end(), index + 1
        return events if cut or _END.match(self.held, at) else []


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _value(text: str, start: int) -> tuple[int, bool]:
    """Return where the object that begins here ends, and whether it does."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return len(text), False
    return end, isinstance(value, dict)


def _name(tool: dict[str, object]) -> object:
    return (as_mapping(tool.get("function")) or {}).get("name")
