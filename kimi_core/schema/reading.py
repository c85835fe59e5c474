"""What every reader of a JSON schema needs: types, equality, references, and what two schemas say.

Owns: these, for whoever reads a schema: the writing of Moonshot's flavour beside this file, and the
grammars of the raw room. May know: its own files, _json, errors. It decides nothing about what is
kept of a schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import unquote

from kimi_core._json import AnySchema, JsonValue, Schema, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.schema.limits import shortened, spend

__all__ = [
    "MEMBERS",
    "TYPES",
    "as_object",
    "copied",
    "distinct_types",
    "identity",
    "is_ignored",
    "merged_bound",
    "merged_enum",
    "merged_members",
    "merged_schemas",
    "target",
    "type_of",
]

TYPES = ("object", "array", "string", "number", "boolean", "null")
"""The types that together allow everything; an integer is a number."""

MEMBERS = frozenset({"properties", "required", "additionalProperties"})
"""The keywords about members that can only be merged together."""

_IGNORED = frozenset(
    {
        *("$schema", "$id", "id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary"),
        *("readOnly", "writeOnly", "discriminator", "xml", "externalDocs"),
    }
)
_MEMBER = 20  # what one value costs that is copied or compared, in the unit of `limits`
_ENCODER = json.JSONEncoder(sort_keys=True)  # one for all: making one costs more than most values
_TYPE_NAMES = (
    (str, "string"),
    (bool, "boolean"),  # before int, whose subclass it is in Python
    (int, "integer"),
    (list, "array"),
    (type(None), "null"),
)
_BOUNDS: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}


def as_object(value: object) -> Schema | None:
    """Return a JSON object, or None for what is none."""
    return cast("Schema", value) if isinstance(value, dict) else None


def copied(value: JsonValue) -> JsonValue:
    """Return a copy that shares nothing with the value.

    Raises:
        KimiConfigError: Where what is copied becomes too much.
    """
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        spend(_MEMBER * len(members))
        return {name: copied(members[name]) for name in members}
    listed = as_sequence(value)
    if listed is not None:
        spend(_MEMBER * len(listed))
        return [copied(one) for one in listed]
    if isinstance(value, str):
        spend(len(value))
    return value


def is_ignored(keyword: str) -> bool:
    """Whether a keyword says nothing about values; references are followed into ``$defs``."""
    return keyword in _IGNORED or keyword.startswith("x-")


def identity(value: JsonValue) -> str:
    """Return a text that is equal for equal JSON values, and for 1 and 1.0; True is not 1.

    Raises:
        KimiConfigError: Where what is compared becomes too much.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _ENCODER.encode(value)
    spend(_MEMBER + len(text))
    return text


def type_of(value: JsonValue) -> str:
    """Return the narrowest JSON type of a value; 2.0 is an integer."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return next((name for known, name in _TYPE_NAMES if isinstance(value, known)), "object")


def distinct_types(names: Sequence[str]) -> list[str]:
    """Return each type once; beside numbers, integers say nothing."""
    return [name for name in dict.fromkeys(names) if name != "integer" or "number" not in names]


def target(root: Schema, reference: object, error: Callable[[str], KimiConfigError]) -> JsonValue:
    """Return what a reference points to.

    Args:
        root: The schema that it stands in.
        reference: The value of ``$ref``.
        error: From the problem to the error that names the place.

    Raises:
        KimiConfigError: Where it leads out of the schema, or to nothing.
    """
    shown = repr(reference) if not isinstance(reference, str) else repr(shortened(reference))
    if not isinstance(reference, str) or not re.match(r"#(/|$)", reference):
        raise error(
            f"$ref {shortened(shown)} does not point into this schema; put the definition under "
            "$defs and point to #/$defs/NAME."
        )
    spend(_MEMBER + len(reference))
    found: Any = root
    for step in reference.split("/")[1:]:
        key = unquote(step).replace("~1", "/").replace("~0", "~")
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise error(f"$ref {shown} points at nothing; put it under the root's $defs.") from None
    return found


def merged_bound(keyword: str, one: Any, other: Any) -> Any | None:  # noqa: ANN401 - numbers
    """Return the tighter of two bounds, None for a keyword that is no bound."""
    tighter = _BOUNDS.get(keyword)
    return tighter(one, other) if tighter else None


def merged_enum(one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    """Return the values that both lists have."""
    allowed = {identity(value) for value in other}
    return [value for value in one if identity(value) in allowed]


def merged_schemas(one: AnySchema, other: AnySchema) -> AnySchema:
    """Return what two schemas that both hold say, as one."""
    if one is True or identity(one) == identity(other):
        return other
    if other is True:
        return one
    return False if one is False or other is False else {"allOf": [one, other]}


def merged_members(one: Schema, other: Schema) -> Schema:
    """Merge what two schemas say of properties, each closing itself to what it does not name."""
    merged: Schema = {}
    if "properties" in one or "properties" in other:
        names = [*one.get("properties", {}), *other.get("properties", {})]
        spend(_MEMBER * len(names))
        merged["properties"] = {
            name: merged_schemas(_property(name, one), _property(name, other))
            for name in dict.fromkeys(names)
        }
    if "required" in one or "required" in other:
        needed = [*one.get("required", []), *other.get("required", [])]
        spend(_MEMBER * len(needed))
        merged["required"] = list(dict.fromkeys(needed))
    if "additionalProperties" in one or "additionalProperties" in other:
        merged["additionalProperties"] = merged_schemas(
            one.get("additionalProperties", True), other.get("additionalProperties", True)
        )
    return merged


def _property(name: str, schema: Schema) -> AnySchema:
    return schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
