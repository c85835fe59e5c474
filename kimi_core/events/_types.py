"""What the model says, piece by piece.

Owns: the event types, and what was mended in a call. May know: its own files.
"""

from __future__ import annotations

from dataclasses import dataclass

from kimi_core.events._message import Diagnostic
from kimi_core.events.arguments import InvalidArguments

__all__ = [
    "ContentDelta",
    "Event",
    "ReasoningDelta",
    "Repair",
    "ToolCallArguments",
    "ToolCallEnd",
    "ToolCallStart",
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
