"""The sum of events.

Owns: `MessageBuilder`. May know: its own files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kimi_core.events._message import Diagnostic, ParsedMessage, ToolCall
from kimi_core.events._types import (
    ContentDelta,
    Event,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallStart,
)
from kimi_core.events.arguments import InvalidArguments

__all__ = ["MessageBuilder"]


@dataclass(slots=True)
class _OpenCall:
    start: ToolCallStart
    arguments: list[str] = field(default_factory=list[str])
    complete: bool = False
    invalid: InvalidArguments | None = None


class MessageBuilder:
    """Adds events up to a `ParsedMessage`.

    Every reader of events sums them here, so that a stream and a whole response cannot differ.
    Pieces are kept in lists and joined on demand: adding to a string for every event would copy
    a 72 kB argument 8,000 times. Who asks after every chunk pays for one such copy each time, and
    not for all the pieces before it.
    """

    __slots__ = ("_calls", "_content", "_reasoning")

    def __init__(self) -> None:
        """Start with an empty message."""
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[int, _OpenCall] = {}

    def add(self, event: Event) -> None:
        """Take one event in; events of one message, in the order in which they came."""
        if isinstance(event, ContentDelta):
            self._content.append(event.text)
        elif isinstance(event, ReasoningDelta):
            self._reasoning.append(event.text)
        elif isinstance(event, ToolCallStart):
            self._calls[event.index] = _OpenCall(event)
        elif isinstance(event, ToolCallArguments):
            self._calls[event.index].arguments.append(event.text)
        else:
            call = self._calls[event.index]
            call.complete, call.invalid = event.complete, event.invalid

    def arguments_of(self, index: int) -> list[str]:
        """Return where the arguments of a call are summed, for who has more of them."""
        return self._calls[index].arguments

    def add_content(self, texts: Sequence[str]) -> None:
        """Take the texts of many `ContentDelta` in, none of them empty."""
        self._content += texts

    def add_reasoning(self, texts: Sequence[str]) -> None:
        """Take the texts of many `ReasoningDelta` in, likewise."""
        self._reasoning += texts

    def take(self, events: Sequence[Event]) -> tuple[str, str]:
        """Take the events of one chunk in, and return its content and its reasoning."""
        content = reasoning = ""
        for event in events:
            if isinstance(event, ContentDelta):
                content += event.text
                self._content.append(event.text)
            elif isinstance(event, ReasoningDelta):
                reasoning += event.text
                self._reasoning.append(event.text)
            else:
                self.add(event)
        return content, reasoning

    def so_far(self) -> tuple[str, str, list[tuple[str, str, str]]]:
        """Return the answer, the thinking, and id, name and arguments of each call.

        For who shows all of it with every chunk: objects of calls are a third of what that costs.
        """
        calls = [
            (one.start.id, one.start.name, _joined(one.arguments))
            for one in self._calls.values()
            if one.invalid is None or one.invalid.kind != "superseded"
        ]
        return _joined(self._content), _joined(self._reasoning), calls

    @property
    def content(self) -> str:
        """The answer so far."""
        return _joined(self._content)

    @property
    def reasoning(self) -> str:
        """The thinking so far."""
        return _joined(self._reasoning)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls so far, in order."""
        if not self._calls:
            return ()
        # Asked after every chunk by LlamaIndex: a generator and keywords take half as long again.
        calls = [
            ToolCall(
                call.start.index,
                call.start.id,
                call.start.name,
                _joined(call.arguments),
                call.complete,
                call.invalid,
            )
            for call in self._calls.values()
            if call.invalid is None or call.invalid.kind != "superseded"
        ]
        return tuple(calls)

    def message(self, diagnostics: tuple[Diagnostic, ...] = ()) -> ParsedMessage:
        """Return what has been said so far; may be asked at any time, and again."""
        return ParsedMessage(self.content, self.reasoning, self.tool_calls, diagnostics)


def _joined(pieces: list[str]) -> str:
    """Return the text of some pieces, which is their only piece from then on."""
    if len(pieces) > 1:
        pieces[:] = ["".join(pieces)]
    return pieces[0] if pieces else ""
