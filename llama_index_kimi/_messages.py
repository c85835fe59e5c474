"""LlamaIndex messages -> OpenAI-style dicts, which the core takes.

Owns: what each block and each role of a `ChatMessage` is on the wire.
May know: errors, request; llama_index.

Never changes a caller's message, opens no connection, and no file that the caller has not allowed,
and drops a block only where it says nothing (`CachePoint`: the prefix cache is automatic). Rules of
Kimi's own, such as which reasoning must be sent back and which media a model takes, stand in the
core.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    CachePoint,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from kimi_core.errors import KimiConfigError
from kimi_core.request.blocks import data_or_url, plain_call, tool_call
from kimi_core.request.media import document_text, local_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

    from llama_index.core.base.llms.types import ChatMessage, ContentBlock
    from llama_index.core.tools.types import BaseTool

    _Folder = str | PathLike[str] | None

__all__ = ["reasoning_of", "to_wire"]

_ROLES = {
    MessageRole.DEVELOPER: "system",
    MessageRole.CHATBOT: "assistant",
    MessageRole.MODEL: "assistant",
    MessageRole.FUNCTION: "tool",
}

# Fields of a message that LlamaIndex has no name for; everything else in additional_kwargs is the
# framework's own bookkeeping.
_PASSED_ON = ("name", "partial")


def to_wire(messages: Sequence[ChatMessage], folder: _Folder = None) -> list[dict[str, Any]]:
    """Convert messages.

    Args:
        messages: Any history, also one that another LLM class made; not changed.
        folder: Where a document may be read that is a path.

    Returns:
        New dicts with role, content, reasoning_content, tool_calls, tool_call_id and name, and
        the ``tools`` that a system message brings in its additional_kwargs (kimi-k3). A
        picture or video is a part whose URL may also be bytes or a path: the core inlines these.

    Raises:
        KimiConfigError: For a block that no model can be told.
    """
    return [_message(message, folder) for message in messages]


def _message(message: ChatMessage, folder: _Folder) -> dict[str, Any]:
    role = _ROLES.get(message.role, message.role.value)
    extras = message.additional_kwargs
    wire: dict[str, Any] = {"role": role, "content": _content(message.blocks, folder)}
    wire.update((key, extras[key]) for key in _PASSED_ON if extras.get(key) is not None)
    if role == "assistant":
        wire.update(_assistant_fields(message))
    if role == "system" and extras.get("tools"):
        wire["tools"] = [_tool(tool) for tool in extras["tools"]]
    # An agent's return_direct puts tool_call_id on an assistant message too, where it is refused.
    if role == "tool" and extras.get("tool_call_id") is not None:
        wire["tool_call_id"] = extras["tool_call_id"]
    return wire


def _tool(tool: BaseTool | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(tool, Mapping):
        return tool
    return tool.metadata.to_openai_tool(skip_length_check=True)


def _assistant_fields(message: ChatMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    reasoning = reasoning_of(message)
    if reasoning:
        fields["reasoning_content"] = reasoning
    found = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    calls = [tool_call(b.tool_call_id, b.tool_name, b.tool_kwargs) for b in found]
    # Histories written before ToolCallBlock existed hold their calls in additional_kwargs only.
    older = message.additional_kwargs.get("tool_calls") or ()
    calls = calls or [tool_call(*plain_call(call)) for call in older]
    if calls:
        fields["tool_calls"] = calls
    elif called := message.additional_kwargs.get("function_call"):
        fields["function_call"] = dict(called)
    return fields


def reasoning_of(message: ChatMessage) -> str:
    """Return what was thought before a message, or an empty string."""
    return "".join(
        block.content or "" for block in message.blocks if isinstance(block, ThinkingBlock)
    )


def _content(blocks: Sequence[ContentBlock], folder: _Folder) -> str | list[dict[str, Any]]:
    parts = [part for block in blocks for part in _parts(block, folder)]
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _parts(block: Any, folder: _Folder) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any block
    if isinstance(block, TextBlock):
        yield {"type": "text", "text": block.text}
    elif isinstance(block, ImageBlock):
        yield _media("image_url", block.url or block.path or _bytes(block))
    elif isinstance(block, VideoBlock):
        yield _media("video_url", block.url or block.path or _bytes(block))
    elif isinstance(block, DocumentBlock):
        yield {"type": "text", "text": _document_text(block, folder)}
    elif isinstance(block, CitableBlock):
        for inner in block.content:
            yield from _parts(inner, folder)
    elif isinstance(block, CitationBlock):
        yield from _parts(block.cited_content, folder)
    elif not isinstance(block, (ThinkingBlock, ToolCallBlock, CachePoint)):
        message = (
            f"a message holds a {type(block).__name__}, which Kimi cannot read; "
            "it takes text, images, videos and text documents."
        )
        raise KimiConfigError(message)


def _media(kind: str, source: object) -> dict[str, Any]:
    # LlamaIndex's URLs are pydantic's objects; bytes and paths stay, for the core to inline.
    url = source if isinstance(source, (bytes, Path)) else str(source)
    return {"type": kind, kind: {"url": url}}


def _bytes(block: ImageBlock | VideoBlock) -> bytes | str:
    if isinstance(block, ImageBlock):
        return data_or_url(block.resolve_image().read(), block.image_mimetype)
    return data_or_url(block.resolve_video().read(), block.video_mimetype)


def _document_text(block: DocumentBlock, folder: _Folder) -> str:
    name = block.title or "document"
    if block.url and not block.url.startswith("data:"):
        message = (
            f"DocumentBlock {name!r} is a URL, which Kimi does not fetch; give its bytes as data, "
            "or a path."
        )
        raise KimiConfigError(message)
    if block.path and not block.data:
        return f"{name}:\n{local_document(str(block.path), name, folder)}\n"
    kind = block.document_mimetype
    return f"{name}:\n{document_text(block.resolve_document().read(), name, kind)}\n"
