"""The Anthropic-compatible route of the simulator: ``POST /anthropic/v1/messages``.

Owns: the translation of requests and answers between the two protocols. Simulated after Moonshot's
documents (2026-09). May know: its own files. A request is translated and then meets the same rules
as a chat request; refusals come in Anthropic's envelope, but for a wrong key.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from kimi_core.testing._request import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MESSAGES_PATH", "envelope", "message_body", "message_events", "problem", "translated"]

MESSAGES_PATH = "/anthropic/v1/messages"

_FIELDS = frozenset(
    {
        "max_tokens", "messages", "metadata", "model", "output_config", "stop_sequences", "stream",
        "system", "temperature", "tool_choice", "tools",
    }
)  # fmt: skip
_CHOICES = {"auto": "auto", "any": "required", "none": "none"}
# A stop sequence that was hit is told as end_turn, which is what "stop" becomes.
_STOP = {"tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}


def envelope(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an error body in Anthropic's envelope."""
    return {"type": "error", "error": body["error"]}


def problem(body: Mapping[str, Any], *, strict: bool) -> str | None:
    """Return what is wrong with a request before it can be translated, or None.

    Args:
        body: The body.
        strict: Whether fields that are not documented are refused.
    """
    if not isinstance(body.get("max_tokens"), int):
        return "Invalid request: max_tokens is required"
    if not isinstance(body.get("messages"), list):
        return "Invalid request: messages must be an array of objects"
    unknown = sorted(body.keys() - _FIELDS) if strict else []
    if unknown:
        return f"Invalid request: unknown field {unknown[0]}"
    choice = body.get("tool_choice")
    if is_object(choice) and choice.get("type") == "tool":
        return "tool_choice 'specified' is incompatible with thinking enabled"
    return None


def translated(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the chat request that says the same."""
    chat: dict[str, Any] = {"model": body.get("model"), "max_completion_tokens": body["max_tokens"]}
    system = _text(body.get("system"))
    messages = [{"role": "system", "content": system}] if system else []
    chat["messages"] = [*messages, *(one for m in body["messages"] for one in _messages(m))]
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    choice = body.get("tool_choice")
    if is_object(choice):
        chat["tool_choice"] = _CHOICES.get(str(choice.get("type")), choice)
    for theirs, ours in (("stop_sequences", "stop"), ("temperature", "temperature")):
        if theirs in body:
            chat[ours] = body[theirs]
    return {**chat, **_output(body.get("output_config") or {})}


def _output(config: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "effort" in config:
        fields["reasoning_effort"] = config["effort"]
    if "format" in config:
        schema = {"name": "answer", "schema": config["format"].get("schema"), "strict": True}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    return fields


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = {
        "name": tool.get("name"),
        "description": tool.get("description", ""),
        "parameters": tool.get("input_schema", {}),
    }
    return {"type": "function", "function": function}


def _blocks(content: object) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in cast("list[Any]", content or []) if is_object(block)]


def _text(content: object) -> str:
    return "".join(str(b.get("text", "")) for b in _blocks(content) if b.get("type") == "text")


def _messages(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    blocks = _blocks(message.get("content"))
    for block in blocks:
        if block.get("type") == "tool_result":
            content = _text(block.get("content")) or "(empty)"
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": content}
    said: dict[str, Any] = {"role": message.get("role")}
    parts = [part for block in blocks for part in _parts(block)]
    said["content"] = parts[0]["text"] if _only_text(parts) else parts
    calls = [_call(block) for block in blocks if block.get("type") == "tool_use"]
    thoughts = [str(b.get("thinking", "")) for b in blocks if b.get("type") == "thinking"]
    if thoughts:
        said["reasoning_content"] = "".join(thoughts)
    if calls:
        said["tool_calls"] = calls
        said["content"] = said["content"] or ""
    if parts or calls:
        yield said


def _only_text(parts: list[dict[str, Any]]) -> bool:
    return len(parts) == 1 and parts[0]["type"] == "text"


def _parts(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if block.get("type") == "text":
        yield {"type": "text", "text": block.get("text")}
    elif block.get("type") == "image":
        source: Mapping[str, Any] = block.get("source") or {}
        data = f"data:{source.get('media_type')};base64,{source.get('data')}"
        yield {"type": "image_url", "image_url": {"url": source.get("url") or data}}


def _call(block: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": block.get("name"), "arguments": json.dumps(block.get("input"))}
    return {"id": block.get("id"), "type": "function", "function": function}


def message_body(chat: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the chat route as an Anthropic message."""
    choice = chat["choices"][0]
    message = choice["message"]
    content: list[dict[str, Any]] = []
    if message.get("reasoning_content"):
        thinking = message["reasoning_content"]
        content.append({"type": "thinking", "thinking": thinking, "signature": "simulated"})
    if message.get("content"):
        content.append({"type": "text", "text": message["content"]})
    for call in message.get("tool_calls", ()):
        block = {"type": "tool_use", "id": call["id"], "name": call["function"]["name"]}
        content.append({**block, "input": json.loads(call["function"]["arguments"])})
    return {
        "id": chat["id"].replace("chatcmpl", "msg"),
        "type": "message",
        "role": "assistant",
        "model": chat["model"],
        "content": content,
        "stop_reason": _STOP.get(choice["finish_reason"], "end_turn"),
        "stop_sequence": None,
        "usage": _usage(chat["usage"]),
    }


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    # input_tokens excludes what came from the cache: the opposite of the chat route.
    cached = usage.get("cached_tokens", 0)
    written = usage["prompt_tokens_details"]["cache_write_tokens"]
    details = usage["completion_tokens_details"]
    return {
        "input_tokens": usage["prompt_tokens"] - cached - written,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": {"thinking_tokens": details["reasoning_tokens"]},
    }


def message_events(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a stream that carries a message."""
    start: dict[str, Any] = {**message, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(message["content"]):
        events.extend({**event, "index": index} for event in _block_events(block))
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": message["usage"]})
    return [*events, {"type": "message_stop"}]


def _block_events(block: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kind = block["type"]
    if kind == "text":
        empty: dict[str, Any] = {"text": ""}
        deltas = [{"type": "text_delta", "text": block["text"]}]
    elif kind == "thinking":
        empty = {"thinking": "", "signature": ""}
        deltas = [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    else:
        empty = {"input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
    yield {"type": "content_block_start", "content_block": {**block, **empty}}
    for delta in deltas:
        yield {"type": "content_block_delta", "delta": delta}
    yield {"type": "content_block_stop"}
