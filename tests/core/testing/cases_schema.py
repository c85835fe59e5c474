"""Schemas that Moonshot's flavour refuses: the fault, and a schema that means nearly the same."""

from __future__ import annotations

from typing import Any

__all__ = ["SCHEMAS"]

_STRING = {"type": "string"}


def _having(schema: object, /, **root: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema}, **root}


def _node(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_AT = "At path 'properties.x': "
_ANY_OF_TYPE = (
    "when using anyOf, type should be defined in anyOf items instead of the parent schema"
)
_REF_TYPE = (
    "when using $ref, type should be defined in the referenced schema instead of the parent schema"
)
_ADDITIONAL = "additionalProperties must be a boolean or an object"
_MULTIPLE = (
    "when type is array and enum is specified, currently only 2 types are supported, one must be "
    "null, and the other can be string/integer/number/boolean"
)
_ENDLESS = "At path 'root': detected infinite recursion without termination condition"
_SELF = {"$ref": "#"}

SCHEMAS: list[tuple[str, Any, str, Any]] = [
    ("not an object", [], "At path 'root': schema must be a dict", {}),
    (
        "type beside anyOf",
        _having({"type": "string", "anyOf": [_STRING]}),
        f"{_AT}{_ANY_OF_TYPE}",
        _having({"title": "X", "default": None, "anyOf": [_STRING, {"type": "null"}]}),
    ),
    (
        "type beside anyOf at the root",
        {"type": "array", "anyOf": [{"items": _STRING}]},
        f"At path 'root': {_ANY_OF_TYPE}",
        {"anyOf": [_node(a=_STRING)]},
    ),
    (
        "type beside anyOf that is no union of objects",
        {"type": "object", "anyOf": [_node(a=_STRING), _STRING]},
        f"At path 'root': {_ANY_OF_TYPE}",
        {"type": "object", "anyOf": [_node(a=_STRING), _node(b=_STRING)]},
    ),
    (
        "union of objects below the root",
        _having({"type": "object", "anyOf": [_node(a=_STRING)]}),
        f"{_AT}{_ANY_OF_TYPE}",
        _having({"anyOf": [_node(a=_STRING)]}),
    ),
    (
        "type beside $ref",
        _having({"type": "string", "$ref": "#/$defs/a"}, **{"$defs": {"a": _STRING}}),
        f"{_AT}{_REF_TYPE}",
        _having({"$ref": "#/$defs/a"}, **{"$defs": {"a": _STRING}}),
    ),
    ("unknown type", _having({"type": "date"}), f"{_AT}invalid type", _having(_STRING)),
    (
        "unknown type in a list",
        _having({"type": ["date", "null"]}),
        f"{_AT}invalid type in type array",
        _having({"type": ["string", "null"], "title": "X"}),
    ),
    ("no type in a list", _having({"type": []}), f"{_AT}type array cannot be empty", _having({})),
    (
        "keyword beside several types",
        _having({"type": ["array", "null"], "items": _STRING}),
        f"{_AT}keyword items is not allowed in combination with multiple types",
        _having({"anyOf": [{"type": "array", "items": _STRING}, {"type": "null"}]}),
    ),
    (
        "properties as a list",
        {"type": "object", "properties": []},
        "At path 'properties': properties must be an object",
        {"type": "object", "properties": {}},
    ),
    (
        "reserved property name",
        {"type": "object", "properties": {"required": {"type": "boolean"}}},
        "At path 'properties': property name 'required' is reserved for JSON Schema keywords",
        {"type": "object", "properties": {"is_required": {"type": "boolean"}}},
    ),
    (
        "boolean schema",
        {"type": "object", "properties": {"x": True}},
        "At path 'properties': property schema for 'x' must be an object",
        _having({}),
    ),
    (
        "required as text",
        _having(_STRING, required="x"),
        "At path 'required': required must be an array",
        _having(_STRING, required=["x"]),
    ),
    (
        "required numbers",
        _having(_STRING, required=[1]),
        "At path 'required': items in required array must be strings",
        _having(_STRING, required=["y"]),
    ),
    (
        "tuple",
        _having({"type": "array", "items": [_STRING]}),
        "At path 'properties.x.items': items must be an object",
        _having({"type": "array", "items": {"type": "string", "format": "date"}}),
    ),
    (
        "additionalProperties as text",
        _having({"type": "object", "additionalProperties": "no"}),
        f"At path 'properties.x.additionalProperties': {_ADDITIONAL}",
        _having({"type": "object", "additionalProperties": _STRING}),
    ),
    (
        "inside additionalProperties",
        _having({"type": "object", "additionalProperties": {"enum": ["a"]}}),
        "At path 'properties.x.additionalProperties': type is not defined",
        _having({"type": "object", "additionalProperties": False}),
    ),
    (
        "description as a list",
        _having({"type": "string", "description": ["A."]}),
        "At path 'properties.x.description': description must be a string",
        _having({"type": "string", "description": "A."}),
    ),
    (
        "enum as text",
        _having({"type": "string", "enum": "a"}),
        "At path 'properties.x.enum': enum must be an array",
        _having({"type": "string", "enum": ["a"]}),
    ),
    (
        "empty enum",
        _having({"type": "string", "enum": []}),
        "At path 'properties.x.enum': enum array cannot be empty",
        _having({"type": "boolean", "enum": [True]}),
    ),
    (
        "enum without type, in a branch",
        _having({"anyOf": [{"type": "array", "items": {"enum": ["a"]}}]}),
        "At path 'properties.x.anyOf.items': type is not defined",
        _having({"anyOf": [{"type": "array", "items": {"type": "string", "enum": ["a"]}}]}),
    ),
    (
        "mixed enum",
        _having({"type": ["string", "integer"], "enum": ["a", 1]}),
        f"{_AT}{_MULTIPLE}",
        _having({"type": ["string", "null"], "enum": ["a", None]}),
    ),
    (
        "enum of another type",
        _having({"type": "string", "enum": [True]}),
        "At path 'properties.x.enum': enum value (true) does not match any type in [string]",
        _having({"type": "number", "enum": [1, 1.5]}),
    ),
    (
        "fraction among integers",
        _having({"type": "integer", "enum": [1.5]}),
        "At path 'properties.x.enum': enum value (1.5) does not match any type in [integer]",
        _having({"type": "integer", "enum": [2.0]}),
    ),
    (
        "$ref as a number",
        _having({"$ref": 1}),
        "At path 'properties.x.$ref': $ref must be a string",
        _having({"$ref": "#"}),
    ),
    (
        "$ref elsewhere",
        _having({"$ref": "#/definitions/a"}, definitions={"a": _STRING}),
        "At path 'properties.x.$ref': references must start with #/$defs/",
        _having({"$ref": "#/$defs/a"}, **{"$defs": {"a": _STRING}}),
    ),
    (
        "$ref without $defs",
        _having({"$ref": "#/$defs/a"}),
        "At path 'properties.x.$ref': $defs not found for reference: #/$defs/a",
        _having(_SELF),
    ),
    (
        "$ref to nothing",
        _having({"$ref": "#/$defs/b"}, **{"$defs": {"a": _STRING}}),
        "At path 'properties.x.$ref': invalid $ref path: #/$defs/b",
        _having({"$ref": "#/$defs/b"}, **{"$defs": {"b": {}}}),
    ),
    (
        "$ref past the end inside a definition",
        _having({"$ref": "#/$defs/a/anyOf/1"}, **{"$defs": {"a": {"anyOf": [_STRING]}}}),
        "At path 'properties.x.$ref': invalid $ref path: #/$defs/a/anyOf/1",
        _having({"$ref": "#/$defs/a/anyOf/0"}, **{"$defs": {"a": {"anyOf": [_STRING]}}}),
    ),
    (
        "$ref to no schema inside a definition",
        _having({"$ref": "#/$defs/a/type/x"}, **{"$defs": {"a": _STRING}}),
        "At path 'properties.x.$ref': invalid $ref path: #/$defs/a/type/x",
        _having(
            {"$ref": "#/$defs/a/properties/b~1c"}, **{"$defs": {"a": _node(**{"b/c": _STRING})}}
        ),
    ),
    (
        "description on both sides of $ref",
        _having(
            {"$ref": "#/$defs/a", "description": "One."},
            **{"$defs": {"a": {"type": "string", "description": "Any."}}},
        ),
        f"{_AT}conflicting keywords found after $ref expansion: description",
        _having({"$ref": "#/$defs/a", "description": "One."}, **{"$defs": {"a": _STRING}}),
    ),
    (
        "$defs as a list",
        _having(_STRING, **{"$defs": []}),
        "At path '$defs': $defs must be an object",
        _having(_STRING, **{"$defs": {}}),
    ),
    (
        "boolean definition",
        _having(_STRING, **{"$defs": {"a": True}}),
        "At path '$defs': $defs schema must be object: a",
        _having(_STRING, **{"$defs": {"a": {}}}),
    ),
    (
        "$defs below the root",
        _having({"type": "object", "$defs": {}}),
        f"{_AT}keyword $defs must be at root level",
        _having({"type": "object"}, **{"$defs": {}, "$id": "a"}),
    ),
    (
        "$id below the root",
        _having({"type": "object", "$id": "a"}),
        f"{_AT}keyword $id must be at root level",
        _having({"type": "object"}),
    ),
    (
        "anyOf as an object",
        _having({"anyOf": {}}),
        "At path 'properties.x.anyOf': anyOf must be an array",
        _having({"anyOf": [{}]}),
    ),
    (
        "empty anyOf",
        _having({"anyOf": []}),
        "At path 'properties.x.anyOf': anyOf must have 1-500 items",
        _having({"anyOf": [_STRING] * 500}),
    ),
    (
        "boolean branch",
        _having({"anyOf": [True]}),
        "At path 'properties.x.anyOf': schema in anyOf must be an object",
        _having({"anyOf": [_STRING]}),
    ),
    (
        "items beside and inside anyOf",
        _having({"items": _STRING, "anyOf": [{"type": "array", "items": _STRING}]}),
        f"{_AT}conflicting keywords found in anyOf with parent: items",
        _having({"title": "X", "anyOf": [{"type": "array", "items": _STRING, "title": "Y"}]}),
    ),
    (
        "endless by a definition",
        {"$ref": "#/$defs/a", "$defs": {"a": _node(next={"$ref": "#/$defs/a"})}},
        _ENDLESS,
        {
            "$ref": "#/$defs/a",
            "$defs": {
                "a": _node(next={"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}),
            },
        },
    ),
    (
        "endless by a list",
        _node(children={"type": "array", "items": _SELF}),
        _ENDLESS,
        _node(value=_STRING, children={"type": "array", "items": _SELF}),
    ),
]
