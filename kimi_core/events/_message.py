"""All that the model said in one message.

Owns: `ParsedMessage`, with its calls and what was odd in it. May know: its own files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kimi_core.events.arguments import InvalidArguments, read_arguments

__all__ = ["Diagnostic", "ParsedMessage", "ToolCall", "wire_call"]


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
