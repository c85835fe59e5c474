"""The schemas that the tests of the grammar share.

Owns: one schema for each thing that JSON schema can say and a grammar can keep, and the tool that
carries it. May know: nothing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["DEFINITIONS", "SCHEMAS", "value_tool"]

Schema = Any

DEFINITIONS: dict[str, Schema] = {
    "node": {
        "type": "object",
        "properties": {
            "value": {"type": "integer"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2},
        },
        "required": ["value"],
    },
    "name/with~signs": {"type": "boolean"},
}

_TAGGED = [
    {
        "type": "object",
        "properties": {"kind": {"const": "circle"}, "radius": {"type": "integer"}},
        "required": ["kind", "radius"],
    },
    {
        "type": "object",
        "properties": {"kind": {"const": "square"}, "side": {"type": "integer"}},
        "required": ["kind"],
    },
]
_A_AND_B = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
_NULL = {"type": "null"}
_LETTERS = {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True}
_PAIR = [{"type": "integer"}, {"type": "string"}]
_TO_BOOLEAN = {"type": "object", "additionalProperties": {"type": "boolean"}}

SCHEMAS: dict[str, Schema] = {
    # numbers
    "integer": {"type": "integer"},
    "integer range": {"type": "integer", "minimum": -15, "maximum": 1234},
    "integers around a ten": {"type": "integer", "minimum": 19, "maximum": 21},
    "integer above": {"type": "integer", "exclusiveMinimum": 0},
    "integer below": {"type": "integer", "maximum": -7},
    "integer beyond 64 bits": {"type": "integer", "minimum": 10**20},
    "integer between fractions": {"type": "integer", "minimum": 0.5, "exclusiveMaximum": 7.5},
    "draft 4 exclusive bounds": {
        "type": "integer",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 9,
        "exclusiveMaximum": False,
    },
    "multiples": {"type": "integer", "minimum": 3, "maximum": 100, "multipleOf": 5},
    "multiples of 1": {"type": "number", "multipleOf": 1},
    "multiples of a half": {"type": "integer", "multipleOf": 0.5, "minimum": 0},
    "number": {"type": "number"},
    "probability": {"type": "number", "minimum": 0, "maximum": 1},
    "open interval": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "number range": {"type": "number", "minimum": -2.75, "maximum": 13.125},
    "narrow range": {"type": "number", "minimum": 0.125, "maximum": 0.5},
    "negative open range": {"type": "number", "exclusiveMinimum": -0.3, "exclusiveMaximum": -0.1},
    "number above": {"type": "number", "minimum": 18.5},
    "number above nine tenths": {"type": "number", "minimum": 0.9},
    "tiny negative": {"type": "number", "exclusiveMaximum": -1e-7},
    "large numbers": {"type": "number", "minimum": 1e16, "maximum": 1e20},
    "just below 100": {"type": "number", "exclusiveMaximum": 100, "minimum": 99},
    "number or integer": {"type": ["number", "integer"], "minimum": 0},
    # strings
    "string": {"type": "string"},
    "short string": {"type": "string", "minLength": 3, "maxLength": 7},
    "long string": {"type": "string", "minLength": 600, "maxLength": 1300},
    "long string of nearly one length": {"type": "string", "minLength": 600, "maxLength": 700},
    "least length": {"type": "string", "minLength": 2},
    "empty string": {"type": "string", "maxLength": 0},
    "unknown format": {"type": "string", "format": "uri"},
    **{
        f"format {name}": {"type": "string", "format": name}
        for name in ("date", "date-time", "time", "uuid", "ipv4", "email", "duration")
    },
    "format within a length": {"type": "string", "format": "email", "maxLength": 254},
    "pattern": {"type": "string", "pattern": r"^[A-Z]{2}\d{3,5}$"},
    "pattern of a length": {
        "type": "string",
        "pattern": "^[a-z]+$",
        "minLength": 2,
        "maxLength": 4,
    },
    "pattern anywhere": {"type": "string", "pattern": r"\d"},
    "pattern with escapes": {"type": "string", "pattern": r'^\\d"\n$'},
    # enums
    "enum": {"enum": ["a", 1, None, True, {"x": [1, 2]}, 2.5, 'q"uo\\te', "北京"]},
    "enum of a type": {"type": ["string", "null"], "enum": ["a", "b", None, 3]},
    "enum in a range": {"type": "integer", "enum": [1, 2, 3, 4.0, 2.5], "minimum": 2},
    "enum of a length": {
        "type": "string",
        "enum": ["a", "bb", "ccc"],
        "minLength": 2,
        "maxLength": 2,
    },
    "enum of no such type": {"type": "array", "items": {"type": "null", "enum": ["a"]}},
    "const": {"const": {"a": 1}},
    "boolean": {"type": "boolean"},
    "null": _NULL,
    # arrays
    "array": {"type": "array"},
    "array of a length": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 9},
        "minItems": 2,
        "maxItems": 4,
    },
    "array of at least": {"type": "array", "items": {"type": "boolean"}, "minItems": 3},
    "empty array": {"type": "array", "maxItems": 0},
    "array of nothing": {"type": "array", "items": False},
    "tuple": {
        "type": "array",
        "prefixItems": _PAIR,
        "items": {"type": "boolean"},
        "minItems": 1,
        "maxItems": 5,
    },
    "closed tuple": {"type": "array", "prefixItems": _PAIR, "items": False, "minItems": 2},
    "cut tuple": {"type": "array", "prefixItems": [True, _NULL, True], "maxItems": 2},
    "tuple that ends early": {"type": "array", "prefixItems": [{"type": "integer"}, False, _NULL]},
    "draft 7 tuple": {"type": "array", "items": [{"type": "integer"}], "additionalItems": _NULL},
    "set": _LETTERS,
    "set of at least one": {**_LETTERS, "minItems": 1, "maxItems": 3},
    "set of a part of an enum": {
        "type": "array",
        "items": {"type": "string", "enum": ["a", 1, "b", "a"]},
        "uniqueItems": True,
    },
    "set of nothing": {"type": "array", "items": {"enum": []}, "uniqueItems": True},
    "one unique item": {"type": "array", "uniqueItems": True, "maxItems": 1},
    # objects
    "optional properties": _A_AND_B,
    "at least one property": {**_A_AND_B, "minProperties": 1},
    "closed object": {"type": "object", "properties": {}, "additionalProperties": False},
    "more properties": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "ab": {"type": "string"}, "é": _NULL},
        "required": ["ab"],
        "additionalProperties": {"type": "boolean"},
    },
    "odd keys": {
        "type": "object",
        "properties": {'q"uote': _NULL, "line\nbreak": _NULL},
        "required": ['q"uote'],
        "additionalProperties": True,
    },
    "required and undeclared": {"type": "object", "required": ["x"]},
    "impossible property": {"type": "object", "properties": {"a": False, "b": _NULL}},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}},
    "map of a size": {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "minProperties": 1,
        "maxProperties": 3,
    },
    "empty map": {"type": "object", "maxProperties": 0},
    "map of nothing": {"type": "object", "additionalProperties": {"enum": []}},
    "map with a key pattern": {**_TO_BOOLEAN, "propertyNames": {"pattern": "^[a-z]{3}$"}},
    "map with known keys": {**_TO_BOOLEAN, "propertyNames": {"enum": ["x", "y"]}},
    "any map with known keys": {"type": "object", "propertyNames": {"enum": ["x", "y"]}},
    "map by pattern": {"type": "object", "patternProperties": {"^k[0-9]$": {"type": "integer"}}},
    # schemas without a type, and the combinations
    "anything": {},
    "true": True,
    "object by its keywords": {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "number by its keywords": {"minimum": 0, "maximum": 5},
    "union": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 2}, _NULL]},
    "union with an impossible branch": {"anyOf": [False, _NULL]},
    "exclusive union": {"oneOf": _TAGGED},
    "exclusive constants": {"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]},
    "exclusive types": {
        "oneOf": [{"type": "array"}, {"type": ["number", "null"]}, {"enum": ["x"]}]
    },
    "exclusive properties": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "oneOf": [
            {"required": ["a"], "properties": {"b": False}},
            {"required": ["b"], "properties": {"a": False}},
        ],
    },
    "exclusive closed objects": {
        "oneOf": [
            {
                "type": "object",
                "properties": {name: _NULL},
                "required": [name],
                "additionalProperties": False,
            }
            for name in ("a", "b")
        ]
    },
    "one or the other": {**_A_AND_B, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "nested unions": {"anyOf": [{"anyOf": [_NULL, {"const": 1}]}, {"const": 2}]},
    "types": {"type": ["integer", "string", "array"], "minimum": 0, "maximum": 5, "maxLength": 2},
    "all of": {
        "allOf": [
            {
                "type": "object",
                "properties": {"a": {"type": "integer", "minimum": 0}},
                "required": ["a"],
                "additionalProperties": True,
            },
            {"properties": {"a": {"maximum": 9}, "b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "all of with both keywords": {
        "type": "number",
        "minimum": 0,
        "allOf": [
            {"minimum": 2, "maximum": 9, "type": "integer"},
            {"maximum": 7},
            {"enum": [1, 5, 7, 8]},
            {"enum": [5, 7, 9]},
        ],
    },
    "all of with the numbers written otherwise": {
        "allOf": [{"enum": [1, 2.0], "x-note": "a"}, {"enum": [1.0, 3], "x-note": "b"}]
    },
    "all of unions": {
        "allOf": [
            {"anyOf": [{"const": 1}, {"const": 2}]},
            {"anyOf": [{"const": 2}, {"const": 3}]},
        ]
    },
    "all of arrays": {
        "allOf": [
            {"type": "array", "items": {"minimum": 1}, "maxItems": 3},
            {"type": "array", "items": {"type": "integer", "maximum": 3}, "maxItems": 2},
        ]
    },
    "all of closed objects": {
        "allOf": [
            {"type": "object", "properties": {"a": _NULL}, "additionalProperties": False},
            {"type": "object", "properties": {"a": True, "b": _NULL}},
        ]
    },
    "all of maps": {
        "allOf": [
            {"type": "object", "additionalProperties": {"type": "integer"}},
            {"type": "object", "additionalProperties": {"minimum": 3}},
        ]
    },
    "const within an enum": {"const": 1, "enum": [1, 2]},
    "reference": {"$ref": "#/$defs/node"},
    "reference and more": {"$ref": "#/$defs/node", "required": ["children"]},
    "reference with escapes": {"$ref": "#/$defs/name~1with~0signs"},
    "reference into a list": {"anyOf": [{"$ref": "#/properties/x/anyOf/1"}, _NULL]},
    "tree": {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": 2},
    "annotated": {"type": "null", "description": "d", "default": 1, "examples": [2]},
}


def value_tool(schema: Schema, name: str = "t") -> dict[str, Any]:
    """Return a tool whose one argument `x` has the schema."""
    parameters = {
        "type": "object",
        "properties": {"x": schema},
        "required": ["x"],
        "$defs": DEFINITIONS,
    }
    return {"type": "function", "function": {"name": name, "parameters": parameters}}
