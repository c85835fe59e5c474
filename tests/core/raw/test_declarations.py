"""Tools as TypeScript: equal to Moonshot's own code, and what it gives up on.

May know: `typescript_declarations` and the goldens of ``shared/data``. The expectations of the
table were compared with Moonshot's tool_declaration_ts.py on random schemas (80,000 without a
difference) when this module was written; that code is not part of this repository.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.raw._writing.declarations import typescript_declarations
from tests.core.kimi_files import json_lines

LIMITS = "maximum: 1.5, minimum: 0"


def _declared(parameters: Any, **function: Any) -> str | None:
    function = {"name": "f", "parameters": parameters, **function}
    return typescript_declarations([{"type": "function", "function": function}])


def _body(parameters: Any) -> str | None:
    text = _declared(parameters)
    if text is None:
        return None
    return text.removeprefix("# Tools\n\n## functions\nnamespace functions {\n").removesuffix("}\n")


def _property(schema: Any, definitions: Any = None) -> str | None:
    parameters = {"type": "object", "properties": {"x": schema}, "required": ["x"]}
    body = _body({**parameters, "$defs": definitions or {}})
    return body and body.partition("(_: {\n")[2].removesuffix("\n}) => any;\n")


@pytest.mark.shared("data/raw")
def test_declarations_equal_the_goldens() -> None:
    rows = json_lines("data/raw/ts_declarations.jsonl")
    assert rows
    differing = [
        row["name"] for row in rows if typescript_declarations(row["tools"]) != row["tools_ts_str"]
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({}, "  x: any"),
        (True, "  x: any"),
        (False, "  x: null"),
        ({"type": "integer"}, "  x: number"),
        ({"type": "null"}, "  x: null"),
        ({"type": ["integer", "array", "object"]}, "  x: number | Array<any> | {}"),
        ({"type": ["string", "boolean", "null"]}, "  x: string | boolean | null"),
        ({"enum": ["a", 1, None, True]}, '  x: "a" | 1 | None | True'),
        ({"enum": ["a", None], "type": ["string", "null"]}, '  x: "a" | None'),
        ({"anyOf": [{"type": "string"}, {"enum": [1]}]}, "  x: string | 1"),
        ({"type": "array"}, "  x: Array<any>"),
        ({"type": "array", "items": True}, "  x: Array<any>"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "  x: Array<Array<any>>"),
        ({"type": "object"}, "  x: {}"),
        ({"type": "object", "additionalProperties": True}, "  x: {\n    [k: string]: any\n  }"),
        ({"type": "object", "additionalProperties": False}, "  x: {\n    [k: string]: never\n  }"),
        (
            {"type": "object", "additionalProperties": {"type": "array", "items": {"enum": [1]}}},
            "  x: {\n    [k: string]: Array<1>\n  }",
        ),
        (
            {"type": "string", "description": "a\n\nb", "pattern": "^x$", "minLength": 1},
            "  // a\n\n  // b\n  // minLength: 1, pattern: ^x$\n  x: string",
        ),
        ({"type": "number", "minimum": 0, "maximum": 1.5}, f"  // {LIMITS}\n  x: number"),
        ({"type": "boolean", "minimum": 0, "default": False}, "  // Default: False\n  x: boolean"),
        ({"type": "string", "default": "é"}, '  // Default: "é"\n  x: string'),
        (
            {"type": "array", "default": [1], "maxItems": 2},
            "  // maxItems: 2\n  // Default: [1]\n  x: Array<any>",
        ),
        ({"type": "string", "default": None}, "  x: string"),
        (
            {"type": "array", "items": {"type": "number", "minimum": 1}},
            "  x: Array<\n    // minimum: 1\n    number\n  >",
        ),
    ],
    ids=str,
)
def test_a_property_is_written_as(schema: Any, text: str) -> None:
    assert _property(schema) == text


def test_required_properties_come_first_and_each_group_is_alphabetical() -> None:
    names = {"b": {}, "a": {}, "d": {}, "c": {}}
    body = _body({"type": "object", "properties": names, "required": ["d", "b", "absent"]})
    assert body == "type f = (_: {\n  b: any,\n  d: any,\n  a?: any,\n  c?: any\n}) => any;\n"


def test_definitions_become_interfaces_in_their_own_order() -> None:
    definitions = {"B": {"enum": [1], "description": "b"}, "A": {"$ref": "#/$defs/B"}}
    text = _declared({"properties": {"x": {"$ref": "#/$defs/A"}}, "$defs": definitions})
    assert text is not None
    assert "// b\ninterface B 1\ninterface A B\ntype f = (_: {\n  x?: A\n}) => any;" in text


def test_a_schema_that_refers_to_itself_is_named_and_keeps_the_order_of_its_properties() -> None:
    body = _body({"properties": {"b": {"$ref": "#"}, "a": {}}, "additionalProperties": False})
    interface = "interface parameters {\n  b?: parameters,\n  a?: any\n}\n"
    assert body == f"{interface}type f = (_: parameters) => any;\n"


def test_a_schema_that_refers_to_itself_without_properties_is_empty() -> None:
    body = _body({"additionalProperties": {"$ref": "#"}})
    assert body == "interface parameters {}\ntype f = (_: parameters) => any;\n"


@pytest.mark.parametrize("parameters", [None, {}], ids=["absent", "empty"])
def test_a_tool_without_parameters_takes_an_empty_object(parameters: Any) -> None:
    assert _body(parameters) == "type f = (_: {}) => any;\n"


def test_what_is_no_function_is_left_out() -> None:
    tools = [{"type": "_plugin"}, {"type": "function", "function": {"name": "f"}}]
    assert typescript_declarations(tools) == typescript_declarations(tools[1:])
    assert typescript_declarations(tools[:1]) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"const": 1},
        {"description": "no type"},
        {"oneOf": [{"type": "string"}]},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#/definitions/A"},
        {"$ref": "#/$defs/Missing"},
        {"type": ["string", "date"]},
        {"type": 5},
        {"enum": [1], "type": "string"},
        {"enum": [1], "type": ["string", "integer"]},
        {"enum": ["a", 1], "type": ["string", "null"]},
        {"type": "array", "items": [{"type": "string"}]},
        {"type": "object", "properties": []},
        {"type": "object", "required": "x"},
        {"type": "object", "additionalProperties": 1},
        {"type": "string", "description": ["no text"]},
        "string",
    ],
    ids=str,
)
def test_a_schema_that_typescript_cannot_say_gives_up_as_a_whole(schema: Any) -> None:
    assert _property(schema) is None


def test_a_definition_that_is_no_object_gives_up_as_a_whole() -> None:
    assert _property({"type": "string"}, {"A": True}) is None
