"""Anything that LangChain takes for a tool or a schema -> OpenAI-style dicts.

Owns: Kimi's builtin tools, which langchain_core's conversion refuses, the tools that a message
brings, and ``response_format``. May know: errors; langchain_core.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.messages import SystemMessage
from langchain_core.utils.function_calling import (
    convert_to_openai_function,
    convert_to_openai_tool,
)

from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.tools import BaseTool

    Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool | str

__all__ = ["response_format_of", "tool_dict", "tools_message", "tools_of"]


def tool_dict(tool: Tool, *, strict: bool | None = None) -> dict[str, Any]:
    """Convert one tool.

    Args:
        tool: A function, a pydantic class, a TypedDict, a JSON schema, a tool dict, a ``BaseTool``,
            or one of Kimi's builtin tools: ``"$web_search"``, its dict of type
            ``builtin_function``, or the tool of that name that runs in an agent (`official_tools`).
        strict: Sent with the tool where it is set.
    """
    name = tool if isinstance(tool, str) else getattr(tool, "name", None)
    if isinstance(tool, str) or (isinstance(name, str) and name.startswith("$")):
        return {"type": "builtin_function", "function": {"name": name}}
    if isinstance(tool, dict) and tool.get("type") == "builtin_function":
        return tool
    return convert_to_openai_tool(tool, strict=strict)


def response_format_of(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:  # noqa: ANN401 - a class, or any dict that LangChain takes
    """Return OpenAI's ``response_format`` for a schema.

    Args:
        schema: A pydantic class, a TypedDict, a JSON schema, or a ``response_format`` itself.
        strict: Sent where it is set.
    """
    if isinstance(schema, Mapping):
        if "type" in schema and schema["type"] in {"json_object", "json_schema", "text"}:
            return dict(schema)
        if {"name", "schema"} <= schema.keys():
            return {"type": "json_schema", "json_schema": dict(schema)}
    function = convert_to_openai_function(schema, strict=strict)
    named: dict[str, Any] = {"name": function["name"], "schema": function["parameters"]}
    if function.get("description"):
        named["description"] = function["description"]
    if strict is not None:
        named["strict"] = strict
    return {"type": "json_schema", "json_schema": named}


def tools_message(tools: Sequence[Tool]) -> SystemMessage:
    """Return the system message that brings tools, visible from its place on (kimi-k3).

    The tools are dicts in it from the beginning: a checkpointer writes messages down, and can write
    neither functions nor ``BaseTool``s.

    Args:
        tools: What `ChatKimiK2.bind_tools` takes.
    """
    return SystemMessage("", additional_kwargs={_TOOLS: [tool_dict(tool) for tool in tools]})


_TOOLS = "tools"


def tools_of(message: SystemMessage) -> list[dict[str, Any]]:
    """Return the tools that a system message brings, as OpenAI-style dicts.

    Raises:
        KimiConfigError: For a tool that LangChain could not write down: it keeps a name alone.
    """
    brought = message.additional_kwargs.get(_TOOLS) or ()
    return [_readable(tool) for tool in brought]


def _readable(tool: Tool) -> dict[str, Any]:
    if isinstance(tool, dict) and tool.get("type") == "not_implemented" and "lc" in tool:
        raise KimiConfigError(
            f"a system message brings the tool {tool.get('repr') or tool.get('id')!r}, of which "
            "LangChain's serialization kept the name alone; make such a message with "
            "langchain_kimi.tools_message(tools), which holds dicts from the beginning."
        )
    return tool_dict(tool)
