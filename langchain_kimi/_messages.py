"""LangChain's messages -> the OpenAI-style dicts that the core takes.

Owns: what of a message is sent: roles, text, media, tool calls, and reasoning wherever another
provider or another version of LangChain put it. May know: its own files, events, request, response;
langchain_core, langchain_openai. It does not know which model will read the messages: what a model
or a server would refuse is the core's affair (`kimi_core.request`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage

# Private, and pinned by tests on the lowest and the newest supported langchain-openai: a second
# conversion of names, tool calls and image blocks would differ from ChatOpenAI's sooner or later.
from langchain_openai.chat_models.base import _convert_message_to_dict

from kimi_core.request import blocks
from kimi_core.request.kept_arguments import restore_arguments
from kimi_core.response import spoken_message
from langchain_kimi._tools import tools_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core.events import ParsedMessage

__all__ = ["reasoning_of", "spoken", "to_wire"]


def to_wire(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """Convert a conversation.

    Args:
        messages: LangChain's messages; not changed.

    Returns:
        New dicts: role, content, name, tool_calls, tool_call_id, partial, an assistant's reasoning
        as ``reasoning_content``, and the ``tools`` that a system message brings (kimi-k3).
    """
    results = [message for message in messages if isinstance(message, ToolMessage)]
    answered = {message.tool_call_id or None for message in results}
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
    return blocks.reasoning_in(message.content_blocks) or blocks.reasoning_in(message.content)


def spoken(message: AIMessage) -> ParsedMessage:
    """Return what a message of a model says, in the core's words."""
    calls = [(call["id"], call["name"], call["args"], True) for call in message.tool_calls]
    cut = [(call["id"], call["name"], call["args"], False) for call in message.invalid_tool_calls]
    return spoken_message(message.text, reasoning_of(message), [*calls, *cut])


def _assistant(message: AIMessage, answered: set[str | None]) -> dict[str, Any]:
    sent = message.model_copy(
        update={
            "content": blocks.spoken(message.content),
            # The agent loops of LangChain leave damaged calls unanswered. The core would stand in
            # for the result, but text that is no call is nothing that a model could go on from.
            "invalid_tool_calls": [
                {**call, "args": call["args"] or "", "name": call["name"] or ""}
                for call in message.invalid_tool_calls
                if (call["id"] or None) in answered
            ],
        }
    )
    wire = _convert_message_to_dict(sent)
    wire["content"] = blocks.text_parts(wire["content"])
    restore_arguments(wire.get("tool_calls") or (), message.additional_kwargs)
    if message.additional_kwargs.get("partial"):
        wire["partial"] = True
    reasoning = reasoning_of(message)
    if reasoning:
        wire["reasoning_content"] = reasoning
    return wire


def _other(message: BaseMessage) -> dict[str, Any]:
    message = message.model_copy(update={"content": blocks.media_parts(message.content)})
    wire = _convert_message_to_dict(message)
    if wire["role"] == "developer":
        wire["role"] = "system"
    wire["content"] = blocks.text_parts(wire["content"])
    if isinstance(message, SystemMessage) and (brought := tools_of(message)):
        wire["tools"] = brought
    return wire
