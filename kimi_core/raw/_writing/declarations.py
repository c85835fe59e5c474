"""Tools written as TypeScript, as K2.5 and its successors were trained to read them.

Owns: the translation of a tool's JSON schema.
May know: _json. It knows nothing of prompts.

What the translation cannot say (a remote ``$ref``, a schema with neither type, enum nor anyOf)
makes it give up as a whole, and the prompt falls back to JSON, as Moonshot's own code does. JSON
where TypeScript was expected costs about 1.7 points on BFCL (measured by the authors of SMG).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import Tool, as_mapping, as_sequence

__all__ = ["typescript_declarations"]

_Schema = Mapping[str, Any]

_INDENT = "  "
_CONSTRAINTS = {
    "string": ("maxLength", "minLength", "pattern"),
    "number": ("maximum", "minimum"),
    "integer": ("maximum", "minimum"),
    "array": ("maxItems", "minItems"),
}
_UNION_MEMBERS = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "null": "null",
    "object": "{}",
    "array": "Array<any>",
}
_ENUM_MEMBERS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
}


class _UnsupportedError(Exception):
    """The schema says something that this notation has no word for."""


def typescript_declarations(tools: Sequence[Tool]) -> str | None:
    """Declare tools in TypeScript.

    Args:
        tools: OpenAI-style tools, in the order in which they are to be declared. What is not of
            type "function" is left out.

    Returns:
        The text of the declaration, or None where there is nothing to declare or where a schema
        cannot be translated.
    """
    functions = [tool.get("function") for tool in tools if tool.get("type") == "function"]
    try:
        declared = [_Declaration().of(function) for function in functions if function]
    except _UnsupportedError:
        return None
    if not declared:
        return None
    body = "\n".join(declared)
    return f"# Tools\n\n## functions\nnamespace functions {{\n{body}\n}}\n"


class _Declaration:
    """One tool; remembers what its schema defines and whether it refers to itself."""

    def __init__(self) -> None:
        self._definitions: dict[str, Any] = {}
        self._refers_to_itself = False

    def of(self, function: Mapping[str, Any]) -> str:
        """Return the declaration of a function: interfaces, comment, type."""
        parameters = _mapping(function.get("parameters") or {})
        argument = self._object(parameters, "")
        lines: list[str] = []
        if self._refers_to_itself:
            argument = "parameters"
            lines.append(f"interface parameters {_braces(self._properties(parameters, ''), '')}")
        for name, schema in list(self._definitions.items()):
            lines.append(self._interface(name, _mapping(schema)))
        lines.append(_comment(function.get("description"), ""))
        lines.append(f"type {function.get('name', 'function')} = (_: {argument}) => any;")
        return "\n".join(line for line in lines if line)

    def _interface(self, name: str, schema: _Schema) -> str:
        text = f"interface {name} {self._type(schema, '')}"
        comment = _comment(schema.get("description"), "")
        return f"{comment}\n{text}" if comment else text

    def _type(self, schema: object, indent: str) -> str:
        if isinstance(schema, bool):
            return "any" if schema else "null"
        schema = _mapping(schema)
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        if "anyOf" in schema:
            return " | ".join(self._type(option, indent) for option in _list(schema["anyOf"]))
        if "enum" in schema:
            return _enum(schema)
        if "type" in schema:
            return self._typed(schema, indent)
        if schema:
            raise _UnsupportedError
        return "any"

    def _typed(self, schema: _Schema, indent: str) -> str:
        kind = schema["type"]
        if kind == "object":
            return self._object(schema, indent)
        if kind == "array":
            return self._array(schema, indent)
        if isinstance(kind, str):
            return "number" if kind == "integer" else kind
        return " | ".join(_union_member(member) for member in _list(kind))

    def _reference(self, reference: object) -> str:
        if reference == "#":
            self._refers_to_itself = True
            return "parameters"
        name = str(reference).rpartition("/")[2]
        if not str(reference).startswith("#/$defs/") or name not in self._definitions:
            raise _UnsupportedError
        return name

    def _object(self, schema: _Schema, indent: str) -> str:
        self._definitions.update(_mapping(schema.get("$defs") or {}))
        required, optional = _partition(schema)
        properties = {name: schema["properties"][name] for name in (*required, *optional)}
        fields = self._properties({**schema, "properties": properties}, indent)
        further = schema.get("additionalProperties")
        if further is not None:
            fields.append(f"{indent}{_INDENT}[k: string]: {self._further(further, indent)}")
        return _braces(fields, indent)

    def _further(self, further: object, indent: str) -> str:
        if further is False:
            return "never"
        return self._type(further, indent + _INDENT)

    def _properties(self, schema: _Schema, indent: str) -> list[str]:
        """Declare properties in the order of the schema, each with its comments."""
        optional = set(_partition(schema)[1])
        return [
            self._property(name, value, indent + _INDENT, "?" if name in optional else "")
            for name, value in _mapping(schema.get("properties", {})).items()
        ]

    def _property(self, name: str, schema: object, indent: str, mark: str) -> str:
        default = (as_mapping(schema) or {}).get("default")
        comments = _comments(schema, indent)
        if default is not None:
            comments.append(f"{indent}// Default: {_default(default)}")
        return "\n".join([*comments, f"{indent}{name}{mark}: {self._type(schema, indent)}"])

    def _array(self, schema: _Schema, indent: str) -> str:
        items: object = schema.get("items") or {}
        inner = indent + _INDENT
        comments = _comments(items, inner)
        if not comments:
            return f"Array<{self._type(items, indent)}>"
        lines = ["Array<", *comments, inner + self._type(items, inner), f"{indent}>"]
        return "\n".join(lines)


def _braces(fields: list[str], indent: str) -> str:
    if not fields:
        return "{}"
    inside = ",\n".join(fields)
    return f"{{\n{inside}\n{indent}}}"


def _partition(schema: _Schema) -> tuple[list[str], list[str]]:
    """Return the names of required and of optional properties, each alphabetical."""
    names = sorted(_mapping(schema.get("properties", {})))
    required = {n for n in _list(schema.get("required", [])) if isinstance(n, str)}
    return [n for n in names if n in required], [n for n in names if n not in required]


def _comments(schema: object, indent: str) -> list[str]:
    """Return the comment lines that stand before a property or an item."""
    facts = as_mapping(schema) or {}
    comment = _comment(facts.get("description"), indent)
    limits = _constraints(facts)
    return [line for line in (comment, f"{indent}// {limits}" if limits else "") if line]


def _constraints(schema: _Schema) -> str:
    kind = schema.get("type")
    if not isinstance(kind, str) or not {"$ref", "anyOf", "enum"}.isdisjoint(schema):
        return ""
    known = [key for key in _CONSTRAINTS.get(kind, ()) if key in schema]
    return ", ".join(f"{key}: {schema[key]}" for key in known)


def _comment(description: object, indent: str) -> str:
    if not description:
        return ""
    if not isinstance(description, str):
        raise _UnsupportedError
    lines = description.split("\n")
    return "\n".join(f"{indent}// {line}" if line else "" for line in lines)


def _default(value: object) -> str:
    """Numbers and booleans as Python prints them, since upstream is Python; the rest as JSON."""
    return repr(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)


def _enum(schema: _Schema) -> str:
    members = _list(schema["enum"])
    kind = _enum_kind(schema.get("type"))
    expected = _ENUM_MEMBERS.get(kind, object)
    if any(member is not None and not isinstance(member, expected) for member in members):
        raise _UnsupportedError
    return " | ".join(f'"{m}"' if isinstance(m, str) else str(m) for m in members)


def _enum_kind(kind: object) -> str:
    kinds = as_sequence(kind)
    if kinds is None:
        return str(kind)
    without_null = [str(member) for member in kinds if member != "null"]
    if len(without_null) != 1:
        raise _UnsupportedError
    return without_null[0]


def _union_member(kind: object) -> str:
    if isinstance(kind, str) and kind in _UNION_MEMBERS:
        return _UNION_MEMBERS[kind]
    raise _UnsupportedError


def _mapping(value: object) -> _Schema:
    mapping = as_mapping(value)
    if mapping is None:
        raise _UnsupportedError
    return mapping


def _list(value: object) -> Sequence[Any]:
    sequence = as_sequence(value)
    if sequence is None:
        raise _UnsupportedError
    return sequence
