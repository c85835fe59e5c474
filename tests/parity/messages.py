"""OpenAI-style dicts as the message objects of each framework, as their users write them.

Owns: this conversion, for rows that both frameworks have to send alike. May know: both frameworks'
message types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, convert_to_messages
from llama_index.core.base.llms.types import (
    ChatMessage,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["langchain_messages", "llama_index_messages"]


def langchain_messages(messages: Sequence[Mapping[str, Any]]) -> list[BaseMessage]:
    """Return LangChain's messages."""
    # An assistant's null is "" in LangChain: its messages have no other empty content.
    plain = [{**message, "content": _or_empty(message["content"])} for message in messages]
    return convert_to_messages(plain)


def _or_empty(content: Any) -> Any:
    return "" if content is None else content


def llama_index_messages(messages: Sequence[Mapping[str, Any]]) -> list[ChatMessage]:
    """Return LlamaIndex' messages."""
    return [_message(message) for message in messages]


def _message(message: Mapping[str, Any]) -> ChatMessage:
    blocks: list[Any] = []
    if message.get("reasoning_content"):
        blocks.append(ThinkingBlock(content=message["reasoning_content"]))
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    blocks += [_block(part) for part in parts or ()]
    for call in message.get("tool_calls", ()):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        blocks.append(ToolCallBlock(tool_call_id=call["id"], tool_name=name, tool_kwargs=arguments))
    extras = {key: message[key] for key in ("name", "partial", "tool_call_id") if key in message}
    return ChatMessage(role=message["role"], blocks=blocks, additional_kwargs=extras)


def _block(part: Mapping[str, Any]) -> Any:
    if part["type"] == "text":
        return TextBlock(text=part["text"])
    block = ImageBlock if part["type"] == "image_url" else VideoBlock
    return block(url=part[part["type"]]["url"])
