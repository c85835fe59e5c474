"""Anything that LangChain calls a tool -> OpenAI-style tool dicts.

Owns: Kimi's builtin tools, which langchain_core's conversion refuses. May know: langchain_core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.utils.function_calling import convert_to_openai_tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_core.tools import BaseTool

    Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool | str

__all__ = ["tool_dict"]


def tool_dict(tool: Tool, *, strict: bool | None = None) -> dict[str, Any]:
    """Convert one tool.

    Args:
        tool: A function, a pydantic class, a TypedDict, a JSON schema, a tool dict, a ``BaseTool``,
            or one of Kimi's builtin tools: ``"$web_search"``, or its dict of type
            ``builtin_function``.
        strict: Sent with the tool where it is set.
    """
    if isinstance(tool, str):
        return {"type": "builtin_function", "function": {"name": tool}}
    if isinstance(tool, dict) and tool.get("type") == "builtin_function":
        return tool
    return convert_to_openai_tool(tool, strict=strict)
