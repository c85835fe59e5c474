"""What a message of a framework says, in the core's words.

Owns: the way back from a message to a `ParsedMessage`. May know: events, request.
"""

from __future__ import annotations

from collections.abc import Iterable

from kimi_core.events import ParsedMessage, ToolCall
from kimi_core.events.arguments import CUT, InvalidArguments, read_arguments
from kimi_core.request.blocks import arguments_text

__all__ = ["spoken_message"]


def spoken_message(
    content: str | None,
    reasoning: str,
    calls: Iterable[tuple[str | None, str | None, object, bool | str]],
) -> ParsedMessage:
    """Return a message for the decisions on answers.

    Args:
        content: The answer.
        reasoning: The thinking.
        calls: Of each call its id, its name, its arguments (text, or what they mean), and whether
            it was closed; in place of that the reason why it cannot be run.
    """
    return ParsedMessage(
        content=str(content or ""),
        reasoning=reasoning,
        tool_calls=tuple(_call(index, *call) for index, call in enumerate(calls)),
    )


def _call(
    index: int,
    call_id: str | None,
    name: str | None,
    arguments: object,
    closed: bool | str,  # noqa: FBT001 - as in `spoken_message`
) -> ToolCall:
    text = arguments_text(arguments)
    reason = closed if isinstance(closed, str) else ""
    # What is wrong with a text, the text says; otherwise the tool's schema refused it.
    whole = reason and isinstance(read_arguments(text), dict) and reason != CUT.reason
    return ToolCall(
        index,
        call_id or name or "",
        name or "",
        text,
        complete=bool(whole) or closed is True,
        invalid=InvalidArguments("schema", reason) if whole else None,
    )
