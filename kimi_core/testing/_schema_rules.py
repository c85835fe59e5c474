"""Moonshot flavored JSON schema: what the server refuses.

Owns: the rules that fire below the validator's strictest level, one function each. Simulated, after
the messages of Moonshot's published validator (walle) and of quoted error bodies; the server's
level and limits are not known. May know: its own files. Keywords that the decoder merely ignores
(``format``, ``pattern`` and others) are not refused.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from kimi_core.testing._request import is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["resolve_reference", "schema_problem"]

Schema = dict[str, Any]
Problem = tuple[str, str]
"""The keyword that the path ends in (empty for the schema itself), and the message."""

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_RESERVED = frozenset({"$defs", "$ref", "anyOf", "required", "additionalProperties"})
_ANNOTATIONS = frozenset({"title", "description"})
_MAX_BRANCHES = 500  # the validator's own default; its documents say 10
_PREFIX = "#/$defs/"


def schema_problem(schema: object) -> str | None:
    """Return what the server would say about a schema.

    Args:
        schema: Parameters of a function, or the schema of an answer.

    Returns:
        ``At path '...': ...`` for the first fault, or None.
    """
    if not is_object(schema):
        return "At path 'root': schema must be a dict"
    for path, node in _nodes(schema, ()):
        for rule in _NODE_RULES:
            problem = rule(node, schema)
            if problem:
                keyword, message = problem
                return _at((*path, keyword) if keyword else path, message)
        if path and {"$defs", "$id"} & node.keys():
            keyword = "$defs" if "$defs" in node else "$id"
            return _at(path, f"keyword {keyword} must be at root level")
    if schema and not _terminates(schema, schema, frozenset()):
        return _at((), "detected infinite recursion without termination condition")
    return None


def resolve_reference(reference: str, root: Schema) -> Schema | None:
    """Return the schema that a local reference points to, or None.

    It may point inside a definition: two schemas among those that the validator's own tests call
    valid do (walle 0.1.10, in Kimi-Vendor-Verifier, 2026-08-13).
    """
    found: object = root
    for token in reference.split("/")[1:]:
        found = _member(found, token.replace("~1", "/").replace("~0", "~"))
    return found if is_object(found) else None


def _member(node: object, name: str) -> object:
    if is_object(node):
        return node.get(name)
    items = cast("list[object]", node) if isinstance(node, list) else []
    return items[int(name)] if name.isdecimal() and int(name) < len(items) else None


def _at(path: tuple[str, ...], message: str) -> str:
    return f"At path '{'.'.join(path) or 'root'}': {message}"


def _nodes(node: Schema, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    # Who asks for the next node has looked at this one, so its members are objects by now.
    yield path, node
    for keyword in ("$defs", "properties"):
        for name, member in node.get(keyword, {}).items():
            yield from _nodes(member, (*path, keyword, name))
    for keyword in ("items", "additionalProperties"):
        member = node.get(keyword)
        if is_object(member):
            yield from _nodes(member, (*path, keyword))
    for branch in _branches(node):
        yield from _nodes(branch, (*path, "anyOf"))


def _branches(node: Schema) -> list[Schema]:
    branches = node.get("anyOf")
    items = cast("list[object]", branches) if isinstance(branches, list) else []
    return [branch for branch in items if is_object(branch)]


def _types(node: Schema) -> list[object]:
    given = node.get("type")
    return cast("list[object]", given) if isinstance(given, list) else [given]


def _is_root_union(node: Schema, root: Schema) -> bool:
    # Refused until July 2026 (MoonshotAI/kimi-cli issue 2531); since October the vendor's clients
    # keep the type at the root of a union of objects (vercel/ai, @ai-sdk/moonshotai 3.0.77).
    of_objects = all(branch.get("type", "object") == "object" for branch in _branches(node))
    return node is root and node.get("type") == "object" and of_objects


def _type_beside_any_of(node: Schema, root: Schema) -> Problem | None:
    if "type" in node and "anyOf" in node and not _is_root_union(node, root):
        message = "when using anyOf, type should be defined in anyOf items instead of the parent"
        return "", f"{message} schema"
    return None


def _type_beside_ref(node: Schema, _root: Schema) -> Problem | None:
    if "type" in node and "$ref" in node:
        message = "when using $ref, type should be defined in the referenced schema instead of the"
        return "", f"{message} parent schema"
    return None


def _type_is_known(node: Schema, _root: Schema) -> Problem | None:
    if "type" not in node:
        return None
    if node["type"] == []:
        return "", "type array cannot be empty"
    if all(name in _TYPES for name in _types(node)):
        return None
    return "", "invalid type in type array" if isinstance(node["type"], list) else "invalid type"


def _several_types(node: Schema, _root: Schema) -> Problem | None:
    if len(_types(node)) < 2 or "enum" in node:  # noqa: PLR2004 - several means two or more
        return None
    allowed = _ANNOTATIONS | {"type", "default", "$defs", "$id"}
    extra = sorted(set(node) - allowed)
    if extra:
        return "", f"keyword {extra[0]} is not allowed in combination with multiple types"
    return None


def _properties(node: Schema, _root: Schema) -> Problem | None:
    properties = node.get("properties", {})
    if not is_object(properties):
        return "properties", "properties must be an object"
    for name, member in properties.items():
        if name in _RESERVED:
            return "properties", f"property name '{name}' is reserved for JSON Schema keywords"
        if not is_object(member):
            return "properties", f"property schema for '{name}' must be an object"
    return None


def _definitions(node: Schema, _root: Schema) -> Problem | None:
    definitions = node.get("$defs", {})
    if not is_object(definitions):
        return "$defs", "$defs must be an object"
    for name, member in definitions.items():
        if not is_object(member):
            return "$defs", f"$defs schema must be object: {name}"
    return None


def _required(node: Schema, _root: Schema) -> Problem | None:
    required = node.get("required", [])
    if not isinstance(required, list):
        return "required", "required must be an array"
    if not all(isinstance(name, str) for name in cast("list[object]", required)):
        return "required", "items in required array must be strings"
    return None


def _items(node: Schema, _root: Schema) -> Problem | None:
    return None if is_object(node.get("items", {})) else ("items", "items must be an object")


def _additional_properties(node: Schema, _root: Schema) -> Problem | None:
    value = node.get("additionalProperties", True)
    if isinstance(value, bool) or is_object(value):
        return None
    return "additionalProperties", "additionalProperties must be a boolean or an object"


def _description(node: Schema, _root: Schema) -> Problem | None:
    if isinstance(node.get("description", ""), str):
        return None
    return "description", "description must be a string"


_MATCHES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: _MATCHES["number"](value) and math.floor(value) == value,
    "object": is_object,
    "array": lambda value: isinstance(value, list),
}


def _enum(node: Schema, _root: Schema) -> Problem | None:
    if not isinstance(node.get("enum", []), list):
        return "enum", "enum must be an array"
    if node.get("enum") == []:
        return "enum", "enum array cannot be empty"
    if "enum" in node and "type" not in node:
        return "", "type is not defined"
    return None


def _enum_values(node: Schema, _root: Schema) -> Problem | None:
    names = [str(name) for name in _types(node)]
    if "enum" in node and len(set(names) - {"null"}) > 1:
        return "", (
            "when type is array and enum is specified, currently only 2 types are supported, one "
            "must be null, and the other can be string/integer/number/boolean"
        )
    for value in cast("list[object]", node.get("enum", [])):
        if not any(_MATCHES[name](value) for name in names):
            shown = str(value).lower() if isinstance(value, bool) else value
            return "enum", f"enum value ({shown}) does not match any type in [{' '.join(names)}]"
    return None


def _reference(node: Schema, root: Schema) -> Problem | None:
    reference = node.get("$ref", "#")
    if not isinstance(reference, str):
        return "$ref", "$ref must be a string"
    if reference != "#" and not reference.startswith(_PREFIX):
        return "$ref", f"references must start with {_PREFIX}"
    if reference != "#" and "$defs" not in root:
        return "$ref", f"$defs not found for reference: {reference}"
    if resolve_reference(reference, root) is None:
        return "$ref", f"invalid $ref path: {reference}"
    return None


def _reference_siblings(node: Schema, root: Schema) -> Problem | None:
    target = resolve_reference(node.get("$ref", "#"), root) or root
    # A description on both sides is a conflict too, unlike beside anyOf: quoted from a live body in
    # MoonshotAI/kimi-cli issue 1903.
    both = sorted((node.keys() & target.keys()) - {"$ref", "$defs"})
    if both and target is not root:
        return "", f"conflicting keywords found after $ref expansion: {', '.join(both)}"
    return None


def _any_of(node: Schema, root: Schema) -> Problem | None:
    branches = node.get("anyOf")
    if branches is None:
        return None
    if not isinstance(branches, list):
        return "anyOf", "anyOf must be an array"
    count = len(cast("list[object]", branches))
    if not 1 <= count <= _MAX_BRANCHES:
        return "anyOf", f"anyOf must have 1-{_MAX_BRANCHES} items"
    if len(_branches(node)) < count:
        return "anyOf", "schema in anyOf must be an object"
    exempt = _ANNOTATIONS | {"anyOf"} | ({"type"} if _is_root_union(node, root) else set[str]())
    for branch in _branches(node):
        both = sorted((branch.keys() & node.keys()) - exempt)
        if both:
            return "", f"conflicting keywords found in anyOf with parent: {', '.join(both)}"
    return None


_NODE_RULES: tuple[Callable[[Schema, Schema], Problem | None], ...] = (
    _type_beside_any_of,
    _type_beside_ref,
    _type_is_known,
    _several_types,
    _properties,
    _definitions,
    _required,
    _items,
    _additional_properties,
    _description,
    _enum,
    _enum_values,
    _reference,
    _reference_siblings,
    _any_of,
)


def _terminates(node: Schema, root: Schema, seen: frozenset[str]) -> bool:
    """Whether some value of a schema is finite, by the validator's own, generous reading.

    One required property that ends is enough for it, and a schema that says nothing ends.
    """
    reference = node.get("$ref")
    if isinstance(reference, str):
        target = resolve_reference(reference, root) or {}
        return reference not in seen and _terminates(target, root, seen | {reference})
    if _branches(node):
        return any(_terminates(branch, root, seen) for branch in _branches(node))
    if node.get("type") == "array":
        return _terminates(node.get("items", {}), root, seen)
    properties: Schema = node.get("properties", {})
    required = [properties[name] for name in node.get("required", []) if name in properties]
    return not required or any(_terminates(member, root, seen) for member in required)
