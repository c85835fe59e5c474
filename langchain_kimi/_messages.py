"""LangChain's messages, tools and schemas -> the OpenAI-style dicts that the core takes.

Owns: what of a message is sent: roles, text, media, tool calls, the tools that it brings, and
reasoning wherever another provider or another version of LangChain put it; ``response_format``.
May know: chat, request; langchain_core, langchain_openai. What a model or a server would refuse is
the core's affair (`kimi_core.request`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from langchain_core import messages as types
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_function, convert_to_openai_tool

# Private, and pinned by tests on the lowest and the newest supported langchain-openai: a second
# conversion of what is more than text would differ from ChatOpenAI's sooner or later.
from langchain_openai.chat_models.base import _convert_message_to_dict

from kimi_core.chat.fields import copied
from kimi_core.request import blocks
from kimi_core.request.kept_arguments import restore_arguments
from kimi_core.request.structured import format_in, named_format
from kimi_core.request.texts import text_message
from kimi_core.request.tools import run_by_a_server

__all__ = ["Tool", "reasoning_of", "response_format_of", "to_wire", "tool_dict", "tools_message"]

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool | str
"""A function, a pydantic class, a TypedDict, a JSON schema, a tool dict, a ``BaseTool``, or one of
Kimi's builtin tools: ``"$web_search"``, or its dict of type ``builtin_function``."""

_ROLES = {types.HumanMessage: "user", ToolMessage: "tool"}  # no subclass: nothing is known of it
_ROLES |= dict.fromkeys((AIMessage, types.AIMessageChunk), "assistant")


def to_wire(messages: Sequence[BaseMessage], *, counted: bool = False) -> list[dict[str, Any]]:
    """Convert a conversation, which is not changed.

    Where it is only `counted`, a message that LangChain cannot convert is its text. Beside OpenAI's
    own fields there are partial, an assistant's reasoning as ``reasoning_content``, and the
    ``tools`` that a system message brings (kimi-k3).
    """
    answered = {one.tool_call_id or None for one in messages if isinstance(one, ToolMessage)}
    return [_wire(message, answered, counted=counted) for message in messages]


def _wire(message: BaseMessage, answered: set[str | None], *, counted: bool) -> dict[str, Any]:
    try:
        if plain := text_message(_ROLES.get(type(message)), vars(message)):
            return plain
        return _assistant(message, answered) if isinstance(message, AIMessage) else _other(message)
    except (ValueError, KeyError):
        if not counted:
            raise
        return _wire(message.model_copy(update={"content": message.text}), answered, counted=False)


def reasoning_of(message: AIMessage) -> str:
    """Return an assistant's reasoning, whichever provider wrote it, or an empty string."""
    kept = blocks.kept_reasoning(message.additional_kwargs)
    if kept or isinstance(message.content, str):
        return kept
    # Standard blocks first; a provider that this process does not know leaves its own in content.
    said = message.model_copy(update={"content": blocks.in_texts(message.content)})
    return blocks.reasoning_in(said.content_blocks) or blocks.reasoning_in(message.content)


def _assistant(message: AIMessage, answered: set[str | None]) -> dict[str, Any]:
    said = blocks.spoken(message.content)
    sent = copied(
        message,
        content=said,
        # The agent loops of LangChain leave damaged calls unanswered. The core would stand in
        # for the result, but text that is no call is nothing that a model could go on from.
        invalid_tool_calls=[
            {**call, "args": call["args"] or "", "name": call["name"] or ""}
            for call in message.invalid_tool_calls
            if (call["id"] or None) in answered
        ],
    )
    wire = _convert_message_to_dict(sent)
    wire["content"] = blocks.text_parts(wire["content"])
    blocks.in_words(wire, message.additional_kwargs)
    calls = wire.get("tool_calls") or blocks.calls_in(message.content)
    restore_arguments(calls, message.additional_kwargs)
    partial, thought = bool(message.additional_kwargs.get("partial")), reasoning_of(message)
    return {**wire, **blocks.known(partial=partial, reasoning_content=thought, tool_calls=calls)}


def _other(message: BaseMessage) -> dict[str, Any]:
    content = blocks.media_parts(message.content)
    sent = message if content is message.content else copied(message, content=content)
    wire = _convert_message_to_dict(sent)
    if wire["role"] == "developer":
        wire["role"] = "system"
    wire["content"] = blocks.text_parts(wire["content"])
    brought = message.additional_kwargs.get("tools") if wire["role"] == "system" else None
    return {**wire, **blocks.known(tools=[tool_dict(tool) for tool in blocks.written(brought)])}


def tool_dict(tool: Tool, *, strict: bool | None = None) -> dict[str, Any]:
    """Convert one tool; ``strict`` is sent with it where it is set."""
    return run_by_a_server(tool) or convert_to_openai_tool(cast("Any", tool), strict=strict)


def response_format_of(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """Return OpenAI's ``response_format`` for what LangChain takes for a schema, or for itself."""
    said = format_in(schema)
    if said is not None:
        return said
    function = convert_to_openai_function(schema, strict=strict)
    told = {"description": function.get("description") or None, "strict": strict}
    return named_format(function["name"], function["parameters"], **told)


def tools_message(tools: Sequence[Tool]) -> SystemMessage:
    """Return the system message that brings tools, visible from its place on (kimi-k3).

    They are what `ChatKimiK2.bind_tools` takes, and dicts in it from the beginning: a checkpointer
    writes messages down, and can write neither functions nor ``BaseTool``s.
    """
    return SystemMessage("", additional_kwargs={"tools": [tool_dict(tool) for tool in tools]})
