"""LlamaIndex messages and tools -> OpenAI-style dicts, which the core takes, and what they say.

Owns: what each block and each role of a `ChatMessage` is on the wire.
May know: errors, events, request, response; llama_index.

Never changes a caller's message, opens no connection, and no file that the caller has not allowed,
and drops a block only where it says nothing (`CachePoint`: the prefix cache is automatic). Rules of
Kimi's own, such as which reasoning must be sent back and which media a model takes, stand in the
core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.tools import BaseTool, FunctionTool, ToolMetadata

from kimi_core.errors import KimiConfigError, listed_messages
from kimi_core.events import ParsedMessage
from kimi_core.request.blocks import data_or_url, in_words, known, media_part, plain_call, tool_call
from kimi_core.request.documents import document_part, titled_parts
from kimi_core.request.structured import class_schema, read_once
from kimi_core.request.tools import run_by_a_server
from kimi_core.response import spoken_message

__all__ = ["AnyTool", "calls_of", "reasoning_of", "spoken", "to_wire", "wire_tools"]

AnyTool = BaseTool | Callable[..., Any]

_Folder = str | PathLike[str] | None

# The values of MessageRole: its members are hashed by a function of Python's.
_ROLES = {"developer": "system", "chatbot": "assistant", "model": "assistant", "function": "tool"}

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
        KimiConfigError: For a block that no model can be told, and for what is no message.
    """
    listed = listed_messages(messages, ChatMessage, "complete")
    return [_message(message, folder) for message in listed]


def _message(message: ChatMessage, folder: _Folder) -> dict[str, Any]:
    said, blocks = message.role.value, message.blocks
    role, extras = _ROLES.get(said, said), message.additional_kwargs
    plain = {type(block) for block in blocks} <= {TextBlock}  # most of a conversation
    texts: Sequence[Any] = blocks if plain else ()
    content = "".join([block.text for block in texts]) if plain else _content(blocks, folder, role)
    wire: dict[str, Any] = {"role": role, "content": content}
    if extras:
        wire.update((key, extras[key]) for key in _PASSED_ON if extras.get(key) is not None)
    if role == "assistant" and (extras or not plain):
        if "refusal" in extras:
            in_words(wire, extras)
        wire.update(_assistant_fields(message))
    if role == "system" and extras.get("tools"):
        wire["tools"] = wire_tools(extras["tools"])
    # An agent's return_direct puts tool_call_id on an assistant message too, where it is refused.
    if role == "tool" and extras.get("tool_call_id") is not None:
        wire["tool_call_id"] = extras["tool_call_id"]
    return wire


def _assistant_fields(message: ChatMessage) -> dict[str, Any]:
    calls = [tool_call(*call) for call in calls_of(message)]
    called = None if calls else message.additional_kwargs.get("function_call")
    return known(reasoning_content=reasoning_of(message), tool_calls=calls, function_call=called)


def wire_tools(tools: Sequence[Any]) -> list[dict[str, Any]]:
    """Return OpenAI-style tool dicts, of an agent's tools (functions, too) or of such dicts.

    Names are the tools' own: LlamaIndex writes another one for what OpenAI refuses, and then finds
    no tool for the call that says it.
    """
    return [t if isinstance(t, dict) else run_by_a_server(t) or _wire_tool(t) for t in tools]


def _wire_tool(tool: Any) -> dict[str, Any]:
    tool = tool if isinstance(tool, BaseTool) else FunctionTool.from_defaults(tool)
    metadata, kind = tool.metadata, tool.metadata.fn_schema
    is_known = type(metadata) is ToolMetadata and kind is not None
    told = replace(metadata, fn_schema=read_once(kind)) if is_known else metadata
    wire = told.to_openai_tool(skip_length_check=True)
    function = {**wire["function"], "name": metadata.get_name()}
    if kind is not None and function.get("parameters", {}).keys() == {"$defs"}:
        # LlamaIndex leaves the reference out that is all there is of a class that holds itself.
        function["parameters"] = class_schema(kind)
    return {**wire, "function": function}


def reasoning_of(message: ChatMessage) -> str:
    """Return what was thought before a message, or an empty string."""
    thoughts = [block for block in message.blocks if isinstance(block, ThinkingBlock)]
    return "".join(thought.content or "" for thought in thoughts)


def calls_of(message: ChatMessage) -> list[tuple[str | None, str, Any]]:
    """Return id, name and arguments (a dict or text) of each tool call of a message."""
    found = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if found:
        return [(block.tool_call_id, block.tool_name, block.tool_kwargs) for block in found]
    # Histories written before ToolCallBlock existed hold their calls in additional_kwargs only.
    return [plain_call(call) for call in message.additional_kwargs.get("tool_calls") or ()]


def spoken(message: ChatMessage) -> ParsedMessage:
    """Return what a message of a model says, in the core's words."""
    # These may look whole all the same: kimi-k3 writes argument by argument.
    refused = message.additional_kwargs.get("invalid_tool_calls") or ()
    invalid = {call["id"]: call.get("error", False) for call in refused}
    calls = [(*call, invalid.get(call[0], True)) for call in calls_of(message)]
    return spoken_message(message.content, reasoning_of(message), calls)


def _content(blocks: Sequence[Any], folder: _Folder, role: str) -> str | list[dict[str, Any]]:
    parts = [part for block in blocks for part in _parts(block, folder, role == "assistant")]
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _parts(block: Any, folder: _Folder, of_model: bool) -> Iterator[dict[str, Any]]:
    if isinstance(block, TextBlock):
        yield {"type": "text", "text": block.text}
    elif isinstance(block, ImageBlock):
        given = _given(block, block.resolve_image, block.image_mimetype)
        yield media_part("image", given, detail=block.detail)
    elif isinstance(block, VideoBlock):
        given = _given(block, block.resolve_video, block.video_mimetype)
        yield media_part("video", given, detail=getattr(block, "detail", None))
    elif isinstance(block, DocumentBlock):
        yield _document(block, folder)
    elif isinstance(block, (CitableBlock, CitationBlock)):
        said = [block.cited_content] if isinstance(block, CitationBlock) else block.content
        inner = [part for one in said for part in _parts(one, folder, of_model)]
        yield from titled_parts(block.title, inner)
    elif isinstance(block, AudioBlock) and of_model:
        yield {"type": "audio"}  # said aloud by another model: the core leaves it out, and says so
    elif not isinstance(block, (ThinkingBlock, ToolCallBlock, CachePoint)):
        raise KimiConfigError(
            f"a message holds a block of type {type(block).__name__}, which Kimi cannot read; "
            "it takes text, images, videos and text documents."
        )


def _given(block: Any, read: Callable[..., Any], media_type: str | None) -> Any:
    return block.url or block.path or data_or_url(read().read(), media_type)


def _document(block: DocumentBlock, folder: _Folder) -> dict[str, Any]:
    remote = bool(block.url) and not str(block.url).startswith("data:")
    elsewhere = remote or (block.path and not block.data)
    return document_part(
        block.title or "document",
        None if elsewhere else block.resolve_document().read(),
        path=block.path,
        url=str(block.url) if remote else None,
        media_type=block.document_mimetype,
        folder=folder,
    )
