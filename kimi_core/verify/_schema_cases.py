"""Schemas as tool parameters: does the server take them, and do the arguments fit.

Owns: which schemas are asked for and in which form, and those of this package.
May know: its own files, _json.

Selection and form are those of Moonshot's Kimi-Vendor-Verifier (at 3dad65a), so that its 204 of
212 schemas are the same 204 here: each is the one property of a closed object, ``default`` is taken
out, and left out are strings of more than 1,000 letters, keys that its decoder is known to change,
and recursion without an end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.verify._cases import Case, fits, user

__all__ = ["own_schemas", "parameters_of", "schema_cases"]

TOOL = "submit_value"
_ASK = (
    f"Call {TOOL} once, with the smallest arguments that its parameters accept: every required "
    "property, and every limit kept. Send values, not the schema. No text."
)
_MAX_TOKENS = 2_048
_LONGEST = 1_000
_PRIMITIVE = frozenset({"string", "number", "integer", "boolean", "null"})
_ESCAPES = ("\\n", "\\t", "\\r", "\\b", "\\f")


def schema_cases(schemas: Mapping[str, Any]) -> list[Case]:
    """Return a case for each schema that is asked for.

    Args:
        schemas: By name.
    """
    found: list[Case] = []
    for name, schema in schemas.items():
        parameters = parameters_of(schema)
        if parameters is None:
            continue
        function = {"name": TOOL, "description": "Takes a value.", "parameters": parameters}
        tools = [{"type": "function", "function": {**function, "strict": True}}]
        body = user(_ASK, tools=tools, tool_choice="required", max_tokens=_MAX_TOKENS)
        found.append(Case(f"schemas/{name}", "schemas", (body,), fits(TOOL, tools)))
    return found


def parameters_of(schema: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON value
    """Return a schema as the parameters of a tool, or None for one that is not asked for.

    Args:
        schema: Any schema.
    """
    fields = as_mapping(schema)
    if fields is None or _is_left_out(fields):
        return None
    held = {name: value for name, value in fields.items() if name not in {"$defs", "$id"}}
    defs: dict[str, Any] = dict(as_mapping(fields.get("$defs")) or {})
    if "#" in set(_references(fields)):
        # What refers to the whole schema has to find it below the new root.
        name = "__whole"
        defs = {n: _moved(value, name) for n, value in defs.items()}
        defs[name] = _moved(held, name)
        held = {"$ref": f"#/$defs/{name}"}
    wrapped: dict[str, Any] = {
        "type": "object",
        "properties": {"value": held},
        "required": ["value"],
        "additionalProperties": False,
    }
    for name in ("$defs", "$id"):
        if name in fields:
            wrapped[name] = fields[name]
    return dict(_without_defaults({**wrapped, **({"$defs": defs} if defs else {})}))


def _is_left_out(schema: Mapping[str, Any]) -> bool:
    too_long = schema.get("type") == "string" and (schema.get("minLength") or 0) > _LONGEST
    keys: list[str] = list(as_mapping(schema.get("properties")) or {})
    odd = any(key != key.strip() or not key or any(e in key for e in _ESCAPES) for key in keys)
    return too_long or odd or _has_no_end(schema) or _is_infinite(schema)


def _values(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON value
    """Yield a JSON value and all that it holds."""
    yield value
    fields, items = as_mapping(value), as_sequence(value)
    for item in fields.values() if fields is not None else items or ():
        yield from _values(item)


def _is_infinite(schema: Any) -> bool:  # noqa: ANN401 - any JSON value
    return any(isinstance(v, float) and not math.isfinite(v) for v in _values(schema))


def _references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    found = (
        fields["$ref"] for fields in map(as_mapping, _values(schema)) if fields and "$ref" in fields
    )
    return (reference for reference in found if isinstance(reference, str))


def _has_no_end(schema: Mapping[str, Any]) -> bool:
    """Whether a definition requires itself and knows nothing else."""
    defs = as_mapping(schema.get("$defs")) or {}
    used = {reference.rpartition("/")[2] for reference in _references(schema)}
    return any(_requires_itself(name, defs[name]) for name in used & set(defs))


def _requires_itself(name: str, schema: Any) -> bool:  # noqa: ANN401 - any JSON value
    fields = as_mapping(schema) or {}
    reference = f"#/$defs/{name}"
    if reference not in set(_references(fields)) or _ends(fields):
        return False
    required: set[str] = set(as_sequence(fields.get("required")) or ())
    properties = as_mapping(fields.get("properties")) or {}
    return any(n in required and reference in set(_references(p)) for n, p in properties.items())


def _ends(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a value can be had somewhere in it without going round again."""
    fields, items = as_mapping(value), as_sequence(value)
    if fields is None:
        return any(map(_ends, items or ()))
    kinds = fields.get("type")
    if _PRIMITIVE & set([kinds] if isinstance(kinds, str) else as_sequence(kinds) or ()):
        return True
    for name in ("anyOf", "oneOf"):
        if name in fields:
            return _ends(fields[name])
    return "enum" in fields or any(map(_ends, fields.values()))


def _moved(value: Any, name: str) -> Any:  # noqa: ANN401 - any JSON values
    fields, items = as_mapping(value), as_sequence(value)
    if fields is not None:
        whole = f"#/$defs/{name}"
        return {
            key: whole if key == "$ref" and item == "#" else _moved(item, name)
            for key, item in fields.items()
        }
    return value if items is None else [_moved(item, name) for item in items]


def _without_defaults(value: Any) -> Any:  # noqa: ANN401 - any JSON values
    fields, items = as_mapping(value), as_sequence(value)
    if fields is not None:
        return {n: _without_defaults(item) for n, item in fields.items() if n != "default"}
    return value if items is None else [_without_defaults(item) for item in items]


_BASE: Mapping[str, Any] = {
    "text": {"type": "string"},
    "short": {"type": "string", "minLength": 2, "maxLength": 5},
    "code": {"type": "string", "pattern": "^[a-z]{3}$"},
    "choice": {"type": "string", "enum": ["north", "south", "östlich"]},
    "whole": {"type": "integer"},
    "small": {"type": "integer", "minimum": 3, "maximum": 7},
    "part": {"type": "number", "minimum": 0.5, "maximum": 0.75},
    "flag": {"type": "boolean"},
    "nothing": {"type": "null"},
    "maybe": {"type": ["string", "null"]},
    "either": {"anyOf": [{"type": "integer"}, {"type": "string", "enum": ["auto"]}]},
}


def own_schemas() -> dict[str, Any]:
    """Return the schemas of this package, made from eleven small ones.

    Each as it is, in a list, in a list of two or three, as a required and as an optional property,
    two levels deep, as any other property of an open object, behind a reference, as one of two
    kinds; and two that refer to themselves.

    Returns:
        The schemas by name.
    """
    found = {
        f"{form}:{name}": schema for name, one in _BASE.items() for form, schema in _forms(one)
    }
    children = {"type": "array", "items": {"$ref": "#/$defs/node"}}
    properties = {"label": {"type": "string"}, "children": children}
    node = {"type": "object", "properties": properties, "required": ["label"]}
    found["tree"] = {"$defs": {"node": node}, "$ref": "#/$defs/node"}
    chain = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    found["chain"] = chain
    return found


def _forms(one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    properties = {"item": one}
    required: dict[str, Any] = {"type": "object", "properties": properties, "required": ["item"]}
    yield "alone", one
    yield "list", {"type": "array", "items": one}
    yield "two or three", {"type": "array", "items": one, "minItems": 2, "maxItems": 3}
    yield "required", {**required, "additionalProperties": False}
    yield "optional", {"type": "object", "properties": properties}
    yield "deep", {"type": "object", "properties": {"in": required}, "required": ["in"]}
    yield "others", {"type": "object", "additionalProperties": one}
    yield (
        "referred to",
        {"$defs": {"item": one}, "type": "array", "items": {"$ref": "#/$defs/item"}},
    )
    yield "one of two", {"anyOf": [required, {"type": "array", "items": one, "minItems": 1}]}
