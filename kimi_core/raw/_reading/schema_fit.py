"""Whether arguments fit a tool's JSON schema, as far as telling tools apart needs it.

Owns: a check of the keywords that distinguish tools. It is no validator: an unknown keyword
passes, so that a check can only fail on what is certainly wrong.
May know: the standard library.
"""

from __future__ import annotations

import re
from typing import cast

__all__ = ["as_list", "as_object", "fits"]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "null": (type(None),),
}
_INTEGER = re.compile(r"-?\d+(?:\.0+)?\Z")
_DEPTH = 32
# Keywords that may declare keys in another place.
_ELSEWHERE = ("anyOf", "oneOf", "allOf", "$ref")


def fits(value: object, schema: object, depth: int = 0) -> bool:
    """Whether the value is a possible instance of the schema.

    Unlike a validator, a key that the schema does not declare does not fit, unless the schema
    says that it takes any: a tool is recognised by its keys.

    Args:
        value: Parsed by `kimi_core.raw._reading.json_scan.load_json`.
        schema: The schema; anything but an object fits everything.
        depth: How deep in the schema; a schema that is deeper than 32 fits everything below.
    """
    rules = as_object(schema)
    if rules is None or depth > _DEPTH:
        return True
    return (
        _fits_type(value, rules.get("type"))
        and _fits_enum(value, as_list(rules.get("enum")))
        and _fits_union(value, rules, depth)
        and _fits_object(as_object(value), rules, depth)
        and all(fits(item, rules.get("items"), depth + 1) for item in as_list(value) or ())
    )


def as_object(value: object) -> dict[str, object] | None:
    """Return the value if it is a JSON object."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """Return the value if it is a JSON array."""
    return cast("list[object]", value) if isinstance(value, list) else None


def _fits_type(value: object, types: object) -> bool:
    names = as_list(types)
    if names is not None:
        return not names or any(_fits_type(value, name) for name in names)
    # load_json leaves numbers as they were written, in a subclass of str.
    number = isinstance(value, str) and type(value) is not str
    if types == "integer":
        return number and _INTEGER.match(str(value)) is not None
    if types == "number":
        return number
    if types == "string":
        return type(value) is str
    return not isinstance(types, str) or types not in _TYPES or isinstance(value, _TYPES[types])


def _fits_enum(value: object, enum: list[object] | None) -> bool:
    if enum is None or isinstance(value, (dict, list)):
        return True
    return any(value in (member, str(member)) for member in enum)


def _fits_union(value: object, schema: dict[str, object], depth: int) -> bool:
    for keyword in ("anyOf", "oneOf"):
        members = as_list(schema.get(keyword))
        if members is not None and not any(fits(value, one, depth + 1) for one in members):
            return False
    return all(fits(value, one, depth + 1) for one in as_list(schema.get("allOf")) or ())


def _fits_object(value: dict[str, object] | None, schema: dict[str, object], depth: int) -> bool:
    if value is None:
        return True
    properties = as_object(schema.get("properties")) or {}
    required = as_list(schema.get("required")) or ()
    if any(isinstance(key, str) and key not in value for key in required):
        return False
    elsewhere = depth > 0 or any(keyword in schema for keyword in _ELSEWHERE)
    others = schema.get("additionalProperties", elsewhere and not properties)
    return all(
        fits(item, properties[key], depth + 1)
        if key in properties
        else bool(others) and fits(item, others, depth + 1)
        for key, item in value.items()
    )
