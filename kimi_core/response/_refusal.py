"""Why an answer's tool calls are not run, as an error.

Owns: the one sentence that says it, and which answers an agent would end with in silence.
May know: its own files, _json, errors, events.
"""

from __future__ import annotations

from collections.abc import Iterable

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiToolCallError
from kimi_core.events import ParsedMessage, ToolCall
from kimi_core.events.arguments import InvalidArguments
from kimi_core.response._incomplete import finish_reason_in

__all__ = ["invalid_calls", "silent_end", "tool_call_error", "unrun_call_error"]

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


def unrun_call_error(said: ParsedMessage, metadata: object) -> KimiToolCallError | None:
    """Return the error for an answer of which a call is not run; arguments as for `silent_end`."""
    return tool_call_error(said, finish_reason_in(metadata)) or silent_end(said, metadata)


def silent_end(said: ParsedMessage, metadata: object) -> KimiToolCallError | None:
    """Return the error for an answer that an agent would take for its last; None for any other.

    Agents of both frameworks go on where there is a call, and otherwise take the message for the
    final answer. So a run whose only call is damaged ends there, and looks like a success
    (langchain-ai/langchain#33504, langchain-ai/deepagents#4662).

    Args:
        said: The answer.
        metadata: What `ResponseReader.metadata` said of it.
    """
    good, bad = said.sorted_calls()
    if good:
        return None
    if bad:
        return tool_call_error(said, finish_reason_in(metadata))
    for found in as_sequence((as_mapping(metadata) or {}).get("diagnostics")) or ():
        kind = found["kind"]
        if kind == "uncalled_markup" or (kind in _LOST and not said.content.strip()):
            return KimiToolCallError(_UNCALLED.format(text=found["text"][:_QUOTED]), said)
    return None


_LOST = ("uncalled_text", "call_without_name")
_UNCALLED = (
    "the model meant to call a tool, and named none of this request, so that nothing was run. It "
    "says {text!r}. Ask again, or offer the tool that it wants."
)


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
