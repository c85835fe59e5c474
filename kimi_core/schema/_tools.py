"""Tools and response formats, as a request carries them, with schemas that Moonshot accepts.

Owns: `normalize_tool`, `normalize_tools` and `normalize_response_format`; what becomes of a tool
whose schema is none. May know: its own files, _json, errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError, ToolSchemaWarning, warn
from kimi_core.schema._keywords import RESERVED_NAMES
from kimi_core.schema._normal import normalize_schema
from kimi_core.schema._relax import relaxed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kimi_core._json import Schema, Tool

__all__ = ["normalize_response_format", "normalize_tool", "normalize_tools", "relax_tools"]


def normalize_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool with parameters that Moonshot accepts.

    What is wrong in its schema is left out, with a `kimi_core.ToolSchemaWarning`: it is mostly
    somebody else's, and one tool must not make every request impossible.

    Args:
        tool: An OpenAI-style tool dict. Not changed. Whatever is no function, such as the built-in
            ``$web_search``, comes back as it is.

    Returns:
        A new dict. A function without parameters gets those of an empty object. The name stays; one
        that Moonshot refuses is sent under another by `kimi_core.request`, which reads it back.

    Raises:
        KimiConfigError: For what is no function, for one without a name, and for parameters that no
            object fits; it names the tool.
    """
    if tool.get("type") != "function":
        return dict(tool)
    function = tool.get("function")
    if not isinstance(function, Mapping):
        raise KimiConfigError(f"Tool {dict(tool)!r} has no function; give it name and parameters.")
    known = cast("Mapping[str, Any]", function)
    name = _checked_name(known.get("name"))
    schema = _parameters(name, known.get("parameters") or {})
    return {**tool, "function": {**known, "parameters": schema}}


def _checked_name(name: object) -> str:
    if isinstance(name, str) and name:
        return name
    raise KimiConfigError(
        f"Tool name {name!r} is refused: a tool is called by its name; give it one of letters, "
        "digits, underscores and dashes."
    )


def _parameters(name: str, parameters: object) -> Schema:
    found = _tried(parameters)
    if isinstance(found, dict):
        return found
    loose, left_out = relaxed(parameters, reserved=RESERVED_NAMES)
    found = _tried(loose)
    if not isinstance(found, dict):
        apart, refusals = _each_apart(as_mapping(loose) or {})
        found, left_out = _tried(apart), [*left_out, *refusals]
    if not isinstance(found, dict):
        raise KimiConfigError(f"Tool {name!r}: {found}") from found
    _warn(name, left_out)
    return found


def _warn(name: str, left_out: Sequence[str]) -> None:
    message = (
        f"Tool {name!r}: what is wrong in its parameters was left out, so that the model may send "
        f"what the tool does not take: {'; '.join(left_out)}. Correct the schema where it is yours."
    )
    warn(message, ToolSchemaWarning)


def _each_apart(schema: Mapping[str, Any]) -> tuple[Schema, list[str]]:
    """Return a schema whose properties are accepted by themselves or take any value, and why.

    What is wrong with no keyword alone is found so: a schema that leads back to itself, or one with
    more alternatives than can be written out.
    """
    shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    members: Schema = {}
    refusals: list[str] = []
    for name, member in (as_mapping(schema.get("properties")) or {}).items():
        found = _tried({"type": "object", "properties": {name: member}, **shared})
        members[name] = member if isinstance(found, dict) else True
        refusals += [] if isinstance(found, dict) else [str(found)]
    return {**schema, "properties": members}, refusals


def _tried(schema: object) -> Schema | KimiConfigError:
    try:
        return normalize_schema(cast("Schema", schema))
    except KimiConfigError as refusal:
        return refusal


def relax_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return tools without what is wrong in their schemas, with a warning for each that has any.

    Args:
        tools: OpenAI-style tool dicts. Not changed.
    """
    return [_relaxed(tool) for tool in tools]


def _relaxed(tool: Tool) -> dict[str, Any]:
    function = as_mapping(tool.get("function")) or {}
    parameters, left_out = relaxed(function.get("parameters") or {})
    if not left_out:
        return dict(tool)
    _warn(str(function.get("name")), left_out)
    return {**tool, "function": {**function, "parameters": parameters}}


def normalize_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return the tools of one request as Moonshot accepts them.

    Args:
        tools: As for `normalize_tool`.

    Raises:
        KimiConfigError: As `normalize_tool`, and for two tools of one name.
    """
    normal = [normalize_tool(tool) for tool in tools]
    names = [str(tool["function"]["name"]) for tool in normal if tool.get("type") == "function"]
    for name in names:
        if names.count(name) > 1:
            raise KimiConfigError(
                f"Two tools are called {name!r}, which Moonshot refuses; rename one of them."
            )
    return normal


def normalize_response_format(response_format: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response format that Moonshot accepts.

    Args:
        response_format: OpenAI's response_format dict. Not changed. Types other than
            ``json_schema`` come back as they are.

    Returns:
        A new dict. A schema without a name, which the server wants, is called by its title, or
        "answer".

    Raises:
        KimiConfigError: For a schema that cannot be said.
    """
    if response_format.get("type") != "json_schema":
        return dict(response_format)
    form = response_format.get("json_schema")
    if not isinstance(form, Mapping) or "schema" not in form:
        raise KimiConfigError(
            "response_format of type 'json_schema' has no schema; give it json_schema with name "
            "and schema."
        )
    known = cast("Mapping[str, Any]", form)
    try:
        schema = normalize_schema(known["schema"])
    except KimiConfigError as error:
        raise KimiConfigError(f"response_format: {error}") from error
    title = re.sub(r"[^A-Za-z0-9_-]", "_", str(schema.get("title", "")))
    named = {"name": title or "answer"} if not known.get("name") else {}
    return {**response_format, "json_schema": {**known, **named, "schema": schema}}
