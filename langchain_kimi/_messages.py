"""LangChain's messages -> the OpenAI-style dicts that the core takes.

Owns: what of a message is sent: roles, text, media, tool calls, and reasoning wherever another
provider or another version of LangChain put it. May know: its own files; langchain_core,
langchain_openai. It does not know which model will read the messages: what a model or a server
would refuse is the core's affair (`kimi_core.request`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

# Private, and pinned by tests on the lowest and the newest supported langchain-openai: a second
# conversion of names, tool calls and image blocks would differ from ChatOpenAI's sooner or later.
from langchain_openai.chat_models.base import _convert_message_to_dict

from langchain_kimi._arguments import restore_arguments
from langchain_kimi._tools import tool_dict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["reasoning_of", "to_wire"]

# Blocks of an assistant's content that say what other fields of the message say, too.
_UNSPOKEN = frozenset(
    {
        "function_call",
        "invalid_tool_call",
        "reasoning",
        "reasoning_content",
        "redacted_thinking",
        "thinking",
        "tool_call",
        "tool_call_chunk",
        "tool_use",
    }
)


def to_wire(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Convert a conversation.

    Args:
        messages: LangChain's messages; not changed.

    Returns:
        New dicts: role, content, name, tool_calls, tool_call_id, partial, an assistant's reasoning
        as ``reasoning_content``, and the ``tools`` that a system message brings (kimi-k3).
    """
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [
        _assistant(message, answered) if isinstance(message, AIMessage) else _other(message)
        for message in messages
    ]


def reasoning_of(message: AIMessage) -> str:
    """Return an assistant's reasoning, whichever provider wrote it, or an empty string."""
    for name in ("reasoning_content", "reasoning"):
        kept = message.additional_kwargs.get(name)
        if isinstance(kept, str) and kept:
            return kept
    if isinstance(message.content, str):
        return ""
    # Standard blocks first; a provider that this process does not know leaves its own in content.
    return _joined(message.content_blocks) or _joined(message.content)


def _joined(blocks: Sequence[Any]) -> str:
    return "".join(_reasoning_text(block) for block in blocks if isinstance(block, dict))


def _reasoning_text(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "thinking":  # Anthropic's own form
        return str(block.get("thinking") or "")
    return str(block.get("reasoning") or "") if kind == "reasoning" else ""


def _assistant(message: AIMessage, answered: set[str]) -> dict[str, Any]:
    sent = message.model_copy(
        update={
            "content": _spoken(message.content),
            # The agent loops of LangChain leave damaged calls unanswered. The core would stand in
            # for the result, but text that is no call is nothing that a model could go on from.
            "invalid_tool_calls": [
                {**call, "args": call["args"] or "", "name": call["name"] or ""}
                for call in message.invalid_tool_calls
                if call["id"] in answered
            ],
        }
    )
    wire = _convert_message_to_dict(sent)
    wire["content"] = _parts(wire["content"])
    restore_arguments(wire.get("tool_calls") or (), message.additional_kwargs)
    if message.additional_kwargs.get("partial"):
        wire["partial"] = True
    reasoning = reasoning_of(message)
    if reasoning:
        wire["reasoning_content"] = reasoning
    return wire


def _spoken(content: str | list[str | dict[str, Any]]) -> str | list[str | dict[str, Any]]:
    if isinstance(content, str):
        return content
    return [
        block for block in content if isinstance(block, str) or block.get("type") not in _UNSPOKEN
    ]


def _other(message: BaseMessage) -> dict[str, Any]:
    if isinstance(message.content, list):
        parts = [_media(part) if isinstance(part, dict) else part for part in message.content]
        message = message.model_copy(update={"content": parts})
    wire = _convert_message_to_dict(message)
    if wire["role"] == "developer":
        wire["role"] = "system"
    wire["content"] = _parts(wire["content"])
    if isinstance(message, SystemMessage) and message.additional_kwargs.get("tools"):
        wire["tools"] = [tool_dict(tool) for tool in message.additional_kwargs["tools"]]
    return wire


def _media(block: dict[str, Any]) -> dict[str, Any]:
    """Turn what langchain-openai has no words for (video, uploaded files) into Kimi's parts."""
    kind = block.get("type")
    if kind not in {"image", "video"} or (kind == "image" and not _file_id(block)):
        return block
    return {"type": f"{kind}_url", f"{kind}_url": {"url": _url(block)}}


def _file_id(block: Mapping[str, Any]) -> str | None:
    return block.get("file_id") or (block.get("id") if block.get("source_type") == "id" else None)


def _url(block: Mapping[str, Any]) -> str:
    uploaded = _file_id(block)
    if uploaded:
        return uploaded if uploaded.startswith("ms://") else f"ms://{uploaded}"
    data = block.get("base64") or block.get("data")
    return f"data:{block.get('mime_type')};base64,{data}" if data else str(block.get("url") or "")


def _parts(content: Any) -> Any:  # noqa: ANN401 - whatever a message holds
    """Write texts as Kimi's parts, without keys of other providers; the core joins them."""
    return [_text_part(part) for part in content] if isinstance(content, list) else content


def _text_part(part: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.get("type") == "text":
        return {"type": "text", "text": part.get("text") or ""}
    return part
