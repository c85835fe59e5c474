"""Messages of text, in the fields that LangChain has for them -> OpenAI-style dicts.

Owns: that one conversion, which most messages of a conversation need and no more. May know: its own
files.

LangChain's own converts any message, and asks each for everything that may stand in one. Of a
conversation of a thousand messages, all of which go back with every round, that took more than the
rest of a request. What is anything else than text and calls is left to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kimi_core.request.blocks import kept_reasoning, known
from kimi_core.request.kept_arguments import restore_arguments

__all__ = ["text_message"]

_written = json.JSONEncoder(ensure_ascii=False).encode


def text_message(role: str | None, fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a message of text, and of calls where the model made some; None for any other.

    Args:
        role: OpenAI's name for it: "user", "assistant" or "tool"; None for a kind of no such name.
        fields: Those of the message, under LangChain's names. Not changed.
    """
    content, kept = fields["content"], fields["additional_kwargs"]
    if role is None or not isinstance(content, str):
        return None
    if role == "tool":
        return {"content": content, "role": role, "tool_call_id": fields["tool_call_id"]}
    name = fields["name"] or kept.get("name")
    wire: dict[str, Any] = (
        {"content": content} if name is None else {"content": content, "name": name}
    )
    wire["role"] = role
    return wire if role == "user" else _of_model(wire, fields, kept)


def _of_model(
    wire: dict[str, Any], fields: Mapping[str, Any], kept: Mapping[str, Any]
) -> dict[str, Any] | None:
    calls = fields["tool_calls"]
    if fields["invalid_tool_calls"] or (kept and _says_more(kept, bool(calls))):
        return None
    if calls:
        wire["content"] = wire["content"] or None
        wire["tool_calls"] = [_call(call) for call in calls]
    if kept:
        restore_arguments(wire.get("tool_calls", ()), kept)
        wire |= known(partial=bool(kept.get("partial")), reasoning_content=kept_reasoning(kept))
    return wire


def _says_more(kept: Mapping[str, Any], calls: bool) -> bool:  # noqa: FBT001 - as it is called
    """Whether what was called, or said in place of text, is said in other words."""
    said = bool(kept.get("refusal")) or "audio" in kept
    return said or (not calls and ("function_call" in kept or "tool_calls" in kept))


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": call["name"], "arguments": _written(call["args"])}
    return {"type": "function", "id": call["id"], "function": function}
