"""The values of an enum, and the bounds of a number, that a schema leaves.

Owns: which values of an enum fit the keywords beside it, and the type of a JSON value.
May know: its own files, _json, schema.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kimi_core.raw._grammar.numbers import Bounds
from kimi_core.schema.reading import identity
from kimi_core.schema.reading import type_of as narrow_type_of

if TYPE_CHECKING:
    from kimi_core._json import JsonValue, Schema

__all__ = ["bounds_of", "enum_values", "type_of"]


def enum_values(schema: Schema) -> list[Any]:
    """Return the values of an enum that the keywords beside it leave, each once."""
    distinct: dict[str, Any] = {}
    for value in schema.get("enum", ()):
        distinct.setdefault(identity(value), value)
    bounds = bounds_of(schema)
    return [value for value in distinct.values() if _admits(schema, type_of(value), value, bounds)]


def type_of(value: JsonValue) -> str:
    """Return the JSON type of a value; integers are numbers."""
    name = narrow_type_of(value)
    return "number" if name == "integer" else name


def bounds_of(schema: Schema) -> Bounds:
    """Return the range of numbers that a schema leaves."""
    low, low_open = _tighter(schema, "minimum", "exclusiveMinimum", -1)
    high, high_open = _tighter(schema, "maximum", "exclusiveMaximum", 1)
    return Bounds(low, high, low_open, high_open)


def _tighter(schema: Schema, closed: str, opened: str, sign: int) -> tuple[Decimal | None, bool]:
    found = [
        (Decimal(str(schema[key])) * sign, not is_open, is_open)
        for key, is_open in ((closed, False), (opened, True))
        if schema.get(key) is not None
    ]
    if not found:
        return None, False
    bound, _, is_open = min(found)
    return bound * sign, is_open


def _admits(schema: Schema, name: str, value: JsonValue, bounds: Bounds) -> bool:
    """Whether the keywords beside an enum leave a value of it."""
    declared = schema.get("type", name)
    names = {declared} if isinstance(declared, str) else set(declared)
    if name == "number":
        number = Decimal(str(value))
        integral = "integer" in names and number == number.to_integral_value()
        return ("number" in names or integral) and bounds.admits(number)
    if name not in names:
        return False
    if name != "string":
        return True
    high = schema.get("maxLength")
    return schema.get("minLength", 0) <= len(value) and (high is None or len(value) <= high)
