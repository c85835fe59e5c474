"""Schemas that a grammar cannot keep: an error that names the place, or the model's business."""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core import tool_call_grammar
from kimi_core.errors import KimiConfigError
from tests.core.raw.grammar_schemas import value_tool
from tests.core.raw.test_grammar_values import accepts

A_OR_B = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
TO_NULL = {"type": "object", "additionalProperties": {"type": "null"}}

UNSAYABLE: dict[str, tuple[Any, str, str]] = {
    # schema, what the error names, a value that is written when the keyword is left to the model
    "not": ({"type": "integer", "not": {"const": 3}}, "'not'", "3"),
    "if": ({"type": "integer", "if": {"const": 3}, "then": False}, "'if'", "3"),
    "dynamic reference": ({"type": "null", "$dynamicRef": "#x"}, "dynamicRef", "null"),
    "contains": ({"type": "array", "contains": {"const": 1}}, "'contains'", "[2]"),
    "unevaluatedItems": (
        {"type": "array", "unevaluatedItems": {"const": 1}},
        "'unevaluatedItems'",
        "[2]",
    ),
    "uniqueItems": (
        {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        "'uniqueItems'",
        "[1,1]",
    ),
    "uniqueItems of two": (
        {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 2},
        "'uniqueItems'",
        "[1,1]",
    ),
    "multiple of a fraction": (
        {"type": "number", "multipleOf": 0.01},
        "'multipleOf' a fraction",
        "0.123",
    ),
    "multiple without an end": (
        {"type": "integer", "multipleOf": 3},
        "'multipleOf' over more than 200",
        "4",
    ),
    "too many multiples": (
        {"type": "integer", "multipleOf": 3, "minimum": 0, "maximum": 900},
        "over more than 200",
        "4",
    ),
    "overlapping oneOf": (
        {"oneOf": [{"type": "integer"}, {"type": "number"}]},
        "may have values in common",
        "1",
    ),
    "open oneOf": (
        {
            "oneOf": [
                {**A_OR_B, "required": [name], "additionalProperties": True} for name in ("a", "b")
            ]
        },
        "may have values in common",
        '{"a":1,"b":2}',
    ),
    "oneOf of arrays": (
        {"oneOf": [{"type": "array", "maxItems": 0}, {"type": "array", "minItems": 1}]},
        "may have values in common",
        "[]",
    ),
    "two patterns": (
        {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "b$"}]},
        "two different values of 'pattern'",
        '"a"',
    ),
    "format and length": (
        {"type": "string", "format": "email", "maxLength": 20},
        "beside a bound",
        '"a@b.org"',
    ),
    "dependentRequired": (
        {**A_OR_B, "dependentRequired": {"a": ["b"]}},
        "'dependentRequired'",
        '{"a":1}',
    ),
    "minProperties": ({**A_OR_B, "minProperties": 2}, "'minProperties'", '{"a":1}'),
    "maxProperties": ({**A_OR_B, "maxProperties": 1}, "'maxProperties'", '{"a":1,"b":2}'),
    "maxProperties of an open object": (
        {**A_OR_B, **TO_NULL, "maxProperties": 2},
        "'maxProperties'",
        '{"a":1,"b":2,"c":null}',
    ),
    "minProperties of a map": (
        {**TO_NULL, "minProperties": 2},
        "'minProperties'",
        '{"a":null,"a":null}',
    ),
    "propertyNames of an open object": (
        {**A_OR_B, **TO_NULL, "propertyNames": {"maxLength": 1}},
        "'propertyNames'",
        '{"long":null}',
    ),
    "two patternProperties": (
        {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^a": {"type": "integer"}, "^b": {"type": "null"}},
        },
        "'patternProperties'",
        "{}",
    ),
    "patternProperties beside others": (
        {**A_OR_B, "patternProperties": {"^a": {"maximum": 1}}},
        "'patternProperties'",
        '{"a":2}',
    ),
}


@pytest.mark.parametrize(
    ("schema", "named"), [case[:2] for case in UNSAYABLE.values()], ids=UNSAYABLE.keys()
)
def test_what_a_grammar_cannot_say_is_an_error(schema: Any, named: str) -> None:
    """One sentence: the tool, the place, the keyword, and the ways out."""
    with pytest.raises(KimiConfigError) as caught:
        tool_call_grammar([value_tool(schema)])
    message = str(caught.value)
    assert message.startswith("tool 't', x: the grammar cannot say ")
    assert named in message
    assert "strict=False" in message


@pytest.mark.parametrize(
    ("schema", "value"), [(case[0], case[2]) for case in UNSAYABLE.values()], ids=UNSAYABLE.keys()
)
def test_it_is_left_to_the_model_where_that_was_asked_for(schema: Any, value: str) -> None:
    """The arguments are still JSON of the declared type."""
    assert accepts(schema, value, strict=False)


def test_the_error_names_the_place_inside() -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"y": {"not": {}}}}}
    with pytest.raises(KimiConfigError, match=r"tool 't', x\.items\.y: the grammar cannot say"):
        tool_call_grammar([value_tool(schema)])


IMPOSSIBLE: dict[str, Any] = {
    "false": False,
    "no enum value": {"type": "string", "enum": [1]},
    "no type in common": {"allOf": [{"type": "string"}, {"type": "integer"}]},
    "numbers and a text": {"allOf": [{"type": ["integer", "number"]}, {"type": "string"}]},
    "a text and numbers": {"allOf": [{"type": "string"}, {"type": ["integer", "number"]}]},
    "empty integer range": {"type": "integer", "minimum": 3, "maximum": 2},
    "no integer between": {"type": "integer", "minimum": 0.2, "maximum": 0.8},
    "no multiple between": {"type": "integer", "multipleOf": 7, "minimum": 1, "maximum": 6},
    "empty number range": {"type": "number", "minimum": 3, "maximum": 2},
    "empty open range": {"type": "number", "exclusiveMinimum": 3, "maximum": 3},
    "empty length range": {"type": "string", "minLength": 3, "maxLength": 2},
    "too few items": {"type": "array", "items": {"type": "null"}, "minItems": 3, "maxItems": 2},
    "items of nothing": {"type": "array", "items": False, "minItems": 1},
    "more than the tuple": {"type": "array", "prefixItems": [True], "items": False, "minItems": 2},
    "a set of nothing": {
        "type": "array",
        "items": {"enum": []},
        "uniqueItems": True,
        "minItems": 1,
    },
    "required and impossible": {"type": "object", "properties": {"a": False}, "required": ["a"]},
    "required and excluded": {
        "type": "object",
        "properties": {},
        "required": ["a"],
        "additionalProperties": False,
    },
    "one property of none": {"type": "object", "properties": {"a": False}, "minProperties": 1},
    "a map of nothing that is not empty": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
    },
    "const outside of the enum": {"const": 3, "enum": [1, 2]},
    "true in an enum of 1": {"const": True, "enum": [1]},
    "no branch": {"anyOf": [False, {"enum": []}]},
}


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize("schema", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_a_schema_that_nothing_fits_is_an_error(schema: Any, dialect: Any) -> None:
    with pytest.raises(KimiConfigError, match="tool 't', parameters: no object fits this schema"):
        tool_call_grammar([value_tool(schema)], dialect=dialect)


BROKEN: dict[str, tuple[Any, str]] = {
    "no schema": (3, "3 is no JSON schema"),
    "unknown type": (
        {"type": "str"},
        "'type' must be one or several of object, .* and integer, not 'str'",
    ),
    "reference elsewhere": ({"$ref": "http://x.org/y"}, "does not point into this schema"),
    "reference by name": ({"$ref": "#there"}, "does not point into this schema"),
    "reference to nothing": ({"$ref": "#/$defs/nothing"}, "points at nothing"),
    "reference into text": ({"$ref": "#/type/x"}, "points at nothing"),
    "reference past a list": ({"$ref": "#/required/7"}, "points at nothing"),
    "reference to itself": ({"$ref": "#/properties/x"}, "leads back to itself"),
    "union of itself": ({"anyOf": [{"$ref": "#/properties/x"}, {"type": "null"}]}, "leads back"),
    "growing union": (
        {"anyOf": [{"$ref": "#/properties/x", "minimum": 1}, {"type": "null"}]},
        "leads back",
    ),
    "properties": ({"type": "object", "properties": []}, "'properties' must be an object"),
    "required": ({"type": "object", "required": "a"}, "'required' must be a list of names"),
}


@pytest.mark.parametrize(("schema", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_schema_is_an_error(schema: Any, reason: str) -> None:
    with pytest.raises(KimiConfigError, match=r"tool 't', x: .*" + reason):
        tool_call_grammar([value_tool(schema)])
