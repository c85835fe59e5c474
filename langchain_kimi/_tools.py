"""Anything that LangChain takes for a tool or a schema -> OpenAI-style dicts.

Owns: Kimi's builtin tools, which langchain_core's conversion refuses, the tools that a message
brings, and ``response_format``. May know: errors, request; langchain_core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import SystemMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_function, convert_to_openai_tool

from kimi_core.errors import KimiConfigError
from kimi_core.request.structured import format_in, named_format

__all__ = ["Tool", "response_format_of", "tool_dict", "tools_message", "tools_of"]

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool | str
"""A function, a pydantic class, a TypedDict, a JSON schema, a tool dict, a ``BaseTool``, or one of
Kimi's builtin tools: ``"$web_search"``, or its dict of type ``builtin_function``."""


def tool_dict(tool: Tool, *, strict: bool | None = None) -> dict[str, Any]:
    """Convert one tool; ``strict`` is sent with it where it is set."""
    if isinstance(tool, str):
        return {"type": "builtin_function", "function": {"name": tool}}
    if isinstance(tool, dict) and tool.get("type") == "builtin_function":
        return tool
    return convert_to_openai_tool(tool, strict=strict)


def response_format_of(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:
    """Return OpenAI's ``response_format`` for a schema.

    Args:
        schema: A pydantic class, a TypedDict, a JSON schema, or a ``response_format`` itself.
        strict: Sent where it is set.
    """
    said = format_in(schema)
    if said is not None:
        return said
    function = convert_to_openai_function(schema, strict=strict)
    description = function.get("description") or None
    return named_format(
        function["name"], function["parameters"], description=description, strict=strict
    )


def tools_message(tools: Sequence[Tool]) -> SystemMessage:
    """Return the system message that brings tools, visible from its place on (kimi-k3).

    The tools are dicts in it from the beginning: a checkpointer writes messages down, and can write
    neither functions nor ``BaseTool``s.

    Args:
        tools: What `ChatKimiK2.bind_tools` takes.
    """
    return SystemMessage("", additional_kwargs={"tools": [tool_dict(tool) for tool in tools]})


def tools_of(message: SystemMessage) -> list[dict[str, Any]]:
    """Return the tools that a system message brings, as OpenAI-style dicts.

    Raises:
        KimiConfigError: For a tool that LangChain could not write down: it keeps a name alone.
    """
    return [_readable(tool) for tool in message.additional_kwargs.get("tools") or ()]


def _readable(tool: Tool) -> dict[str, Any]:
    if isinstance(tool, dict) and tool.get("type") == "not_implemented" and "lc" in tool:
        raise KimiConfigError(
            f"a system message brings the tool {tool.get('repr') or tool.get('id')!r}, of which "
            "LangChain's serialization kept the name alone; make such a message with "
            "langchain_kimi.tools_message(tools), which holds dicts from the beginning."
        )
    return tool_dict(tool)
