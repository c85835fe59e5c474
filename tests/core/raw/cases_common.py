"""What the parser's tests share: spelling helpers, ways of cutting, and the laws of an event list.

Owns: test helpers. May know: the public API of the parser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kimi_core.events import (
    ContentDelta,
    Event,
    MessageBuilder,
    ParsedMessage,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.raw.parser import StreamParser, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

SB = "<|tool_calls_section_begin|>"
SE = "<|tool_calls_section_end|>"
CB = "<|tool_call_begin|>"
CE = "<|tool_call_end|>"
AB = "<|tool_call_argument_begin|>"


def tool(name: str, required: tuple[str, ...] = (), **types: str) -> dict[str, Any]:
    """Return an OpenAI tool dict whose parameters have these JSON types."""
    properties = {key: {"type": kind} for key, kind in types.items()}
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


WEATHER = tool("get_weather", city="string")
READ = tool("read_file", ("path",), path="string")


def call(arguments: str, raw: str = "functions.f:0") -> str:
    """Return one K2 call without a section."""
    return f"{CB}{raw}{AB}{arguments}{CE}"


def section(*calls: str) -> str:
    """Return a K2 tool section."""
    return SB + "".join(calls) + SE


@dataclass(frozen=True)
class Case:
    """A text and what it means.

    Attributes:
        row: Number of the row of the table of edge cases that it stands for.
        text: The raw output.
        calls: (id, name, arguments), or (id, name, arguments, False) for an incomplete call.
        diagnostics: The kinds, in order.
        options: Keyword arguments of the parser, `finish_reason` among them.
    """

    row: str
    text: str
    content: str = ""
    reasoning: str = ""
    calls: tuple[tuple[Any, ...], ...] = ()
    diagnostics: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def events_of(pieces: Iterable[str], **options: Any) -> tuple[list[Event], StreamParser]:
    """Feed the pieces and close."""
    finish_reason = options.pop("finish_reason", "stop")
    parser = StreamParser(**options)
    events = [event for piece in pieces for event in parser.feed(piece)]
    events += parser.close(finish_reason)
    return events, parser


def cut(text: str, size: int) -> list[str]:
    """Cut the text into pieces of a size."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def message_of(pieces: Iterable[str], **options: Any) -> ParsedMessage:
    """Feed the pieces, and sum the events, which must be well-formed."""
    events, parser = events_of(pieces, **options)
    check_events(events)
    builder = MessageBuilder()
    for event in events:
        builder.add(event)
    return builder.message(parser.diagnostics)


def check_events(events: list[Event]) -> None:
    """Assert what every reader of events may rely on."""
    opened = -1
    is_open = False
    ids: set[str] = set()
    for event in events:
        if isinstance(event, (ContentDelta, ReasoningDelta)):
            assert event.text
        elif isinstance(event, ToolCallStart):
            opened += 1
            assert event.index == opened
            assert not is_open
            assert event.id not in ids
            ids.add(event.id)
            is_open = True
        else:
            assert event.index == opened
            assert is_open
            assert not isinstance(event, ToolCallArguments) or event.text
            is_open = not isinstance(event, ToolCallEnd)
    assert not is_open


def order_of(events: list[Event]) -> list[tuple[str, int | None]]:
    """Return the kinds of the events in order, runs of one kind counted once."""
    order: list[tuple[str, int | None]] = []
    for event in events:
        kind = (type(event).__name__, getattr(event, "index", None))
        if not order or order[-1] != kind:
            order.append(kind)
    return order


PIECES = (1, 2, 3, 5, 7, 20)


def assert_same_in_pieces(case: Case) -> None:
    """Assert that a stream says what the whole text says, whatever the length of its pieces."""
    longer = 97 if len(case.text) > 20_000 else 1
    whole = parse(case.text, **case.options)
    streams = {size: cut(case.text, size * longer) for size in PIECES}
    said = {size: message_of(pieces, **case.options) for size, pieces in streams.items()}
    assert {size: message for size, message in said.items() if message != whole} == {}


def assert_case(case: Case, message: ParsedMessage) -> None:
    """Assert that the message is what the case says."""
    assert message.content == case.content
    assert message.reasoning == case.reasoning
    expected = [(*one, True)[:4] for one in case.calls]
    assert [(t.id, t.name, t.arguments, t.complete) for t in message.tool_calls] == expected
    assert tuple(d.kind for d in message.diagnostics) == case.diagnostics
    for diagnostic in message.diagnostics:
        found = case.text[diagnostic.position :]
        assert found.startswith(diagnostic.text), diagnostic
