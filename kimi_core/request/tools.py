"""Tools in the words of any API -> OpenAI's, and those that a server runs by itself.

Owns: which forms of a tool are understood, and what is none. May know: _json, errors.

A program that is moved brings the tools that its former class took: Anthropic's have an
``input_schema``, those of OpenAI's Responses API have no ``function`` in them, and a search that
OpenAI or Anthropic runs is a type and nothing else. Taken for a function of the caller's, the model
calls that one, and nobody runs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import as_dict, as_mapping
from kimi_core.errors import KimiConfigError

__all__ = ["in_openais_words", "run_by_a_server"]

_SCHEMAS = ("parameters", "input_schema")
# What says that a dict is a function, or a schema of one, and nothing that a server runs.
_OF_FUNCTIONS = frozenset({*_SCHEMAS, "function", "properties", "title"})
_OF_MOONSHOT = frozenset({"function", "builtin_function", "plugin"})
_KEPT = ("name", "description", "strict")


def run_by_a_server(tool: Any) -> dict[str, Any] | None:  # noqa: ANN401 - of any framework
    """Return a tool that is sent as it is, as no caller runs it; None for a function.

    Args:
        tool: A dict, a name such as "$web_search", or an object with such a name.

    Raises:
        KimiConfigError: For a name that is none of Moonshot's functions.
    """
    if (fields := as_dict(tool)) is not None:
        is_function = (
            fields.get("type") in (None, "function", "object") or _OF_FUNCTIONS & fields.keys()
        )
        return fields if fields.get("type") == "builtin_function" or not is_function else None
    name = tool if isinstance(tool, str) else getattr(tool, "name", "")
    if str(name).startswith("$"):
        return {"type": "builtin_function", "function": {"name": name}}
    if isinstance(tool, str):
        raise KimiConfigError(
            f"tool {tool!r} is a name, and names no function of Moonshot's own, such as "
            f"'$web_search'; hand in the function itself, or what official_tools({tool!r}) returns "
            "where it is one of Moonshot's tools."
        )
    return None


def in_openais_words(tools: Sequence[Any], *, moonshot: bool) -> Sequence[Mapping[str, Any]]:
    """Return tools as OpenAI's chat completions have them; the given ones are not changed.

    Args:
        tools: Dicts in the words of any API.
        moonshot: Whether the server is Moonshot's, which knows no tools of other providers.

    Raises:
        KimiConfigError: For what is no dict, and, at Moonshot, for a tool that another provider
            runs.
    """
    for tool in tools:
        if tool.__class__ is not dict or "function" not in tool:
            break
    else:
        return tools  # which are OpenAI's already, as nearly all are
    return [_function(tool, position, moonshot=moonshot) for position, tool in enumerate(tools)]


def _function(tool: object, position: int, *, moonshot: bool) -> Mapping[str, Any]:
    fields = as_mapping(tool)
    if fields is None:
        raise KimiConfigError(
            f"tools[{position}] is of type {type(tool).__name__}; hand it to bind_tools, to "
            "chat_with_tools or to an agent, or give OpenAI's dict of it."
        )
    schemas = [fields[name] for name in _SCHEMAS if name in fields]
    if (
        "name" in fields
        and "function" not in fields
        and (schemas or fields.get("type") == "function")
    ):
        said = {name: fields[name] for name in _KEPT if fields.get(name) is not None}
        given = {"parameters": schemas[0]} if schemas else {}
        return {"type": "function", "function": {**said, **given}}
    kind = fields.get("type")
    if moonshot and kind is not None and kind not in _OF_MOONSHOT:
        raise KimiConfigError(
            f"tools[{position}] of type {kind!r} is a tool that another provider runs, which "
            "Moonshot does not know; hand in a function of yours, or one of official_tools(...), "
            "such as 'web-search', 'fetch' and 'code-runner'."
        )
    return fields
