"""JSON schema -> the flavour that Moonshot accepts.

Owns: `normalize_schema` for any schema, and the same for tools and response formats as a request
carries them. May know: its own files, _json, errors.

Moonshot checks the parameters of functions and the schemas of answers against a flavour of its own
and answers 400 to the rest; its rules are those of its published validator (walle), read in its
documents and in quoted error bodies. What the flavour has other words for is written in them. What
it has no words for becomes a sentence in the description, so that the model still knows, and the
server lets more through than the schema did.

That widening happens for: ``pattern``, ``format``, ``multipleOf``, exclusive bounds of numbers
(those of integers are exact), ``uniqueItems``, ``contains``, tuples and literal arrays (the order
is lost), ``patternProperties``, ``propertyNames``, ``minProperties``, ``maxProperties``,
``dependent*``, ``unevaluated*``, ``not`` and ``if``. ``oneOf`` becomes ``anyOf`` with no sentence.

Three readings differ from JSON schema's own: a schema that speaks of properties, items, lengths,
bounds or patterns and names no type means the type that they belong to; at the root only objects
are left; and OpenAPI's ``nullable`` adds null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from kimi_core.errors import KimiConfigError
from kimi_core.schema._build import Builder
from kimi_core.schema._finite import finite
from kimi_core.schema._keywords import joined, schema_error
from kimi_core.schema._write import with_description

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kimi_core._json import Schema, Tool

__all__ = ["normalize_response_format", "normalize_schema", "normalize_tool", "normalize_tools"]

# Moonshot's documents changed the greatest length three times (64, 256, 128); this is the latest.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")


def normalize_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that Moonshot accepts, for the same values where that is possible.

    Args:
        schema: The JSON schema of an object, of any draft from 4 to 2020-12, also OpenAPI's. Not
            changed.

    Returns:
        A new schema; given to this function again it comes back equal. References are inlined, but
        for schemas that contain themselves.

    Raises:
        KimiConfigError: For what the flavour cannot say: no object at the root, a reference that
            leads elsewhere, a reserved name of a property, a schema that no value fits. The message
            names the path, as the server's own errors do.
    """
    if not isinstance(cast("object", schema), Mapping):
        raise schema_error("", f"{schema!r} is no schema; it must be an object.")
    builder = Builder(dict(schema))
    body = builder.build(dict(schema), "")
    definitions = {name: with_description(found) for name, found in builder.definitions.items()}
    root = _object_of(with_description(body), definitions) if body else None
    if root is None:
        raise schema_error(
            "",
            "no object fits this schema, and arguments and answers are objects; give it type "
            "'object', and put another value into a property of it.",
        )
    if root.get("type") == "object" and not root.get("properties"):
        # An empty object was refused by a host until "required" stood there (opencode issue 11357).
        root.update(properties={}, required=[])
    return finite(root, definitions)


def _object_of(body: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """Return what a schema says of objects, written out, or None where it allows none."""
    if "$ref" in body:
        return _object_of(definitions[body["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in body:
        return _objects_among(body, definitions)
    names = [body["type"]] if isinstance(body["type"], str) else body["type"]
    return {**body, "type": "object"} if "object" in names else None


def _objects_among(body: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    found = [_object_of(branch, definitions) for branch in body["anyOf"]]
    objects = [branch for branch in found if branch]
    if len(objects) != 1:
        return {**body, "anyOf": objects} if objects else None
    only = {**objects[0], **{key: value for key, value in body.items() if key != "anyOf"}}
    texts = dict.fromkeys(one["description"] for one in (body, objects[0]) if "description" in one)
    if texts:
        only["description"] = joined("", tuple(texts))
    return only


def normalize_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool that Moonshot accepts.

    Args:
        tool: An OpenAI-style tool dict. Not changed. Whatever is no function, such as the built-in
            ``$web_search``, comes back as it is.

    Returns:
        A new dict. A function without parameters gets those of an empty object.

    Raises:
        KimiConfigError: For a name that Moonshot refuses (it is not changed here, because the
            model's calls carry it), and for parameters that cannot be said; it names the tool.
    """
    if tool.get("type") != "function":
        return dict(tool)
    function = tool.get("function")
    if not isinstance(function, Mapping):
        raise KimiConfigError(f"Tool {dict(tool)!r} has no function; give it name and parameters.")
    known = cast("Mapping[str, Any]", function)
    name = _checked_name(known.get("name"))
    parameters = cast("Schema", known.get("parameters") or {})
    try:
        schema = normalize_schema(parameters)
    except KimiConfigError as error:
        raise KimiConfigError(f"Tool {name!r}: {error}") from error
    return {**tool, "function": {**known, "parameters": schema}}


def _checked_name(name: object) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    accepted = re.sub(r"[^A-Za-z0-9_-]", "_", str(name or "tool"))[:127]
    if not _NAME.fullmatch(accepted):
        accepted = f"_{accepted}"
    raise KimiConfigError(
        f"Tool name {name!r} is refused by Moonshot: a letter or underscore, then letters, digits, "
        f"underscores and dashes, at most 128; call it {accepted!r}."
    )


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
