"""What a message of a framework says, in the core's words.

Owns: the way back from a message to a `ParsedMessage`. May know: events, request.
"""

from __future__ import annotations

from collections.abc import Iterable

from kimi_core.events import ParsedMessage, ToolCall
from kimi_core.request.blocks import arguments_text

__all__ = ["spoken_message"]


def spoken_message(
    content: str | None,
    reasoning: str,
    calls: Iterable[tuple[str | None, str | None, object, bool]],
) -> ParsedMessage:
    """Return a message for the decisions on answers.

    Args:
        content: The answer.
        reasoning: The thinking.
        calls: Of each call its id, its name, its arguments (text, or what they mean), and whether
            it was closed.
    """
    return ParsedMessage(
        content=str(content or ""),
        reasoning=reasoning,
        tool_calls=tuple(
            ToolCall(index, call_id or name or "", name or "", arguments_text(arguments), complete)
            for index, (call_id, name, arguments, complete) in enumerate(calls)
        ),
    )
