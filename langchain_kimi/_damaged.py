"""Keeping damaged tool calls from being executed.

Owns: one rule: a call that was cut off, or whose arguments are no JSON object, must never look
like a whole one. May know: events, request; langchain_core.

When chunks are added up, langchain-core closes every open bracket: ``{"path": "/home/u`` becomes a
valid call with ``{"path": "/home/u"}``, ``{"a": 1}{"b": 2}`` one with its first half, and an agent
runs it. No field of a chunk can say "do not close this". So the last fragment of such a call is a
bracket that fits nowhere, and the sum is in ``invalid_tool_calls``. Where chunks are added one by
one, the last of them puts back what the model wrote, and says what is wrong with it; LangChain adds
a list of chunks at once in its own code, without asking any of them.
"""

from __future__ import annotations

import json

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.utils.json import parse_partial_json

from kimi_core.events.arguments import read_arguments
from kimi_core.request.kept_arguments import misfit

__all__ = ["LastChunk", "spoiling_suffix"]


class LastChunk(AIMessageChunk):
    """The last chunk of a stream in which calls are damaged; these are its invalid_tool_calls."""

    def __radd__(self, left: AIMessageChunk) -> AIMessageChunk:
        """Add up, with the calls that are damaged as they were received."""
        whole = add_ai_message_chunks(left, self)
        known = {call["id"]: call for call in self.invalid_tool_calls}
        whole.invalid_tool_calls = [
            known.get(call["id"], call) for call in whole.invalid_tool_calls
        ]
        return whole


def spoiling_suffix(arguments: str, complete: bool) -> str:  # noqa: FBT001 - as `Deltas` calls it
    """Return what to append to a call's arguments so that they are not read as whole; mostly "".

    Args:
        arguments: All that came.
        complete: Whether the call was closed.
    """
    if isinstance(read_arguments(arguments, complete=complete), dict):
        return ""
    return misfit(arguments) if _reads_as_whole(arguments) else ""


def _reads_as_whole(text: str) -> bool:
    """Whether a reader of langchain-core takes the text for arguments."""
    try:
        if isinstance(parse_partial_json(text or "{}"), dict):
            return True
        json.loads(text)  # `stream_events` does not ask whether it is an object
    except (ValueError, RecursionError):
        return False
    return True
