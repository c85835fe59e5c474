"""Why an answer's tool calls are not run, as an error.

Owns: the one sentence that says it. May know: errors, events.
"""

from __future__ import annotations

from collections.abc import Iterable

from kimi_core.errors import KimiToolCallError
from kimi_core.events import ParsedMessage, ToolCall
from kimi_core.events.arguments import InvalidArguments

__all__ = ["invalid_calls", "tool_call_error"]

_QUOTED = 200


def tool_call_error(said: ParsedMessage, finish_reason: str | None) -> KimiToolCallError | None:
    """Return the error for the first call that cannot be run; None where all can.

    Args:
        said: The answer; all of it is in the error's ``partial``.
        finish_reason: Why the answer ended.
    """
    for call in said.tool_calls:
        arguments = call.parsed()
        if isinstance(arguments, InvalidArguments):
            return KimiToolCallError(_sentence(call, arguments, finish_reason), said)
    return None


def invalid_calls(calls: Iterable[ToolCall]) -> list[dict[str, str]]:
    """Return the calls that cannot be run as values of JSON, each with its ``error``."""
    read = [(call, call.parsed()) for call in calls]
    return [
        {"id": call.id, "name": call.name, "arguments": call.arguments, "error": found.reason}
        for call, found in read
        if isinstance(found, InvalidArguments)
    ]


def _sentence(call: ToolCall, invalid: InvalidArguments, finish_reason: str | None) -> str:
    text = call.arguments
    called = f"the call of tool {call.name!r}"
    if invalid.kind != "cut":
        return f"{called} is not run: {invalid.reason}. It says {text[:_QUOTED]!r}. Ask again."
    limit = finish_reason == "length"
    cut = "was cut off by the token limit" if limit else "was cut off"
    return (
        f"{called} {cut} after {len(text)} characters of arguments: {text[-_QUOTED:]!r}. "
        f"{'Raise max_tokens' if limit else 'Ask again'}."
    )
