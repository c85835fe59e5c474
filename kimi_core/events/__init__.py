"""What the model said, as events; the vocabulary of the whole package.

Owns: the event types, the parsed message, and the sum of events.
May know: its own files. It does not know where an event comes from (raw tokens parsed by
`kimi_core.raw.parser`, or a server's own fields read by `kimi_core.response`): both sources speak
these types, so that an adapter never has to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kimi_core.events.arguments import InvalidArguments, read_arguments

__all__ = [
    "ContentDelta",
    "Diagnostic",
    "Event",
    "MessageBuilder",
    "ParsedMessage",
    "ReasoningDelta",
    "Repair",
    "ToolCall",
    "ToolCallArguments",
    "ToolCallEnd",
    "ToolCallStart",
    "wire_call",
]


@dataclass(frozen=True, slots=True)
class ContentDelta:
    """More of the answer that the user reads.

    Attributes:
        text: Never empty.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the model's thinking.

    Attributes:
        text: Never empty.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """A tool call begins; sent as soon as its id is whole.

    Attributes:
        index: Position of the call in this message, counted densely from 0 whatever number the
            model put into the id (its own counter runs over the conversation).
        id: The model's id verbatim, e.g. ``functions.get_weather:0``; made unique in the message.
        name: Name of the tool, e.g. ``get_weather``.
    """

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallArguments:
    """More of the JSON text of a call's arguments, byte for byte as the model wrote it.

    Attributes:
        index: The call that it belongs to.
        text: Never empty.
    """

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCallEnd:
    """A tool call ends.

    Attributes:
        index: The call that ends.
        complete: Whether it was closed. False for a call cut off by the token limit or by the end
            of the stream: its arguments are then only a beginning.
        invalid: Why the call may not be run, where its text does not say it: no tool has its name,
            or the tool's schema refuses its arguments. None: the text alone decides.
    """

    index: int
    complete: bool
    invalid: InvalidArguments | None = None


Event = ContentDelta | ReasoningDelta | ToolCallStart | ToolCallArguments | ToolCallEnd


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something that was repaired, dropped, or odd in what the model said.

    Attributes:
        kind: A stable word for programs, e.g. ``orphan_marker``.
        text: What was dropped, repaired or odd, verbatim, so that nothing is lost silently.
        position: Offset of that text, in characters from the beginning of the output.
    """

    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Repair(Diagnostic):
    """Something of a tool call that was mended, because it had one reading.

    Attributes:
        kind: A stable word for programs, as of any `Diagnostic`.
        text: What was said, verbatim.
        position: Offset of that text, in characters from the beginning of the output.
        before: What the model or the server said; the same as ``text``.
        after: What it was taken for; empty where it was left out.
    """

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One whole tool call.

    Attributes:
        index: Position in the message, dense from 0.
        id: The model's id, unique in the message.
        name: Name of the tool.
        arguments: JSON text as the model wrote it; ``{}`` where it wrote nothing.
        complete: Whether the call was closed; says nothing about the JSON being valid.
        invalid: As for `ToolCallEnd`.
    """

    index: int
    id: str
    name: str
    arguments: str
    complete: bool = True
    invalid: InvalidArguments | None = None

    def parsed(self) -> dict[str, Any] | InvalidArguments:
        """Return the arguments as a new dict, or why this call cannot be executed.

        See `kimi_core.events.arguments`, which decides.
        """
        return self.invalid or read_arguments(self.arguments, complete=self.complete)

    def as_wire(self) -> dict[str, Any]:
        """Return the call OpenAI-style, its arguments as far as they were written."""
        return wire_call(self.id, self.name, self.arguments)


def wire_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    """Return a call OpenAI-style.

    Args:
        call_id: Its id.
        name: Name of the tool.
        arguments: The JSON text of its arguments, as far as they were written.
    """
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """All that the model said in one message.

    Attributes:
        content: The answer; empty where there is none.
        reasoning: The thinking; empty where there is none.
        tool_calls: The calls, in order.
        diagnostics: What was repaired or odd.
    """

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    def sorted_calls(
        self,
    ) -> tuple[list[tuple[ToolCall, dict[str, Any]]], list[tuple[ToolCall, InvalidArguments]]]:
        """Return the calls that can be run with their arguments, and the others with the reason."""
        read = [(call, call.parsed()) for call in self.tool_calls]
        good = [(call, found) for call, found in read if not isinstance(found, InvalidArguments)]
        return good, [(call, found) for call, found in read if isinstance(found, InvalidArguments)]


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
