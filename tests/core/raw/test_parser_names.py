"""Which declared tool a call means whose id does not say so.

Owns: the table of schemas and arguments. May know: the public API.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from kimi_core.raw.parser import parse
from tests.core.raw.cases_common import call, section, tool

_OTHER = tool("other", ("never",), never="string")


def _declared(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "wanted", "parameters": parameters}}


def _inferred(arguments: str, parameters: Any) -> bool:
    """Whether a bare counter before these arguments is taken for a tool with these parameters."""
    text = section(call(arguments, "3"))
    message = parse(text, tools=[_OTHER, _declared(parameters)])
    named = [one.name for one in message.tool_calls]
    assert named == ["wanted"] if named else message.content == text
    return bool(named)


def _deep(levels: int, leaf: Any) -> Any:
    for _ in range(levels):
        leaf = {"properties": {"a": leaf}}
    return leaf


def _one(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


@pytest.mark.parametrize(
    ("schema", "fitting", "unfitting"),
    [
        ({"type": "string"}, ["x", "", "1"], [1, 1.5, None, True, [], {}]),
        ({"type": "integer"}, [1, -3, 2.0, 10**30], ["1", 1.5, None, True]),
        ({"type": "number"}, [1, 1.5, -1e300], ["1", None, False]),
        ({"type": "boolean"}, [True, False], ["true", 1, None]),
        ({"type": "null"}, [None], ["", 0, False]),
        ({"type": "array", "items": {"type": "string"}}, [[], ["x"]], [[1], ["x", 1], {}, "x"]),
        ({"type": "object"}, [{}, {"x": 1}], ["x", []]),
        ({"type": ["string", "null"]}, ["x", None], [1, {}]),
        ({"type": []}, ["x", 1], []),
        ({"type": "date"}, ["x", 1], []),
        ({"enum": ["x", 1, None]}, ["x", 1, None, {}], ["y", 2]),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ["x", 1], [None, 1.5]),
        ({"oneOf": [{"type": "string"}]}, ["x"], [1]),
        ({"allOf": [{"type": "string"}, {"enum": ["x"]}]}, ["x"], ["y", 1]),
        ({"properties": {"b": {"type": "string"}}}, [{"b": "x"}, {}], [{"b": 1}, {"c": "x"}]),
        ({"properties": {}, "required": ["b", ["c"]]}, [{"b": 1}], [{}]),
        ({"additionalProperties": {"type": "string"}}, [{"b": "x"}], [{"b": 1}]),
        ({"additionalProperties": False}, [{}], [{"b": 1}]),
        (True, ["x", 1], []),
    ],
    ids=json.dumps,
)
def test_arguments_tell_the_tool_by_their_keys_and_types(
    schema: Any, fitting: list[Any], unfitting: list[Any]
) -> None:
    for value in fitting:
        assert _inferred(json.dumps({"a": value}), _one(schema)), value
    for value in unfitting:
        assert not _inferred(json.dumps({"a": value}), _one(schema)), value


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("functions.Wan-ted_Tool:0", "wanted_tool"),
        ("functions.WANTED_TOOL", "wanted_tool"),
        ("wantedTool_0", "wanted_tool"),
    ],
)
def test_a_name_means_the_declared_one_in_other_letters(said: str, meant: str) -> None:
    offered = [_OTHER, tool("wanted_tool", ("a",), a="string")]
    (found,) = parse(section(call("{}", said)), tools=offered).tool_calls
    assert found.name == meant


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, False),
        (None, False),
        ({"additionalProperties": True}, True),
        ({"$ref": "#/$defs/x"}, True),
        ({"anyOf": [{"properties": {"a": {"type": "string"}}}]}, True),
        ({"anyOf": [{"properties": {"b": {"type": "string"}}}]}, False),
        ({"type": "object", "properties": {"a": {}}, "required": ["b"]}, False),
    ],
)
def test_an_undeclared_key_speaks_against_a_tool(parameters: Any, *, expected: bool) -> None:
    assert _inferred('{"a":"x"}', parameters) is expected


def test_a_schema_deeper_than_32_levels_is_believed_below() -> None:
    value = '{"a":' * 40 + "1" + "}" * 40
    assert _inferred(value, _deep(40, {"type": "string"}))


def test_a_number_of_any_length_is_an_integer() -> None:
    assert _inferred('{"a":' + "9" * 5000 + "}", _one({"type": "integer"}))


@pytest.mark.parametrize(
    ("raw", "name"),
    [("functions.call:0", "call"), ("call", "call"), ("functions.call_1", "call")],
)
def test_a_tool_may_be_named_like_a_foreign_id(raw: str, name: str) -> None:
    message = parse(section(call("{}", raw)), tools=[tool("call"), tool("x")])
    assert [one.name for one in message.tool_calls] == [name]


def test_the_prefix_is_taken_off_once() -> None:
    declared = [tool("functions.call"), tool("call")]
    message = parse(section(call("{}", "functions.functions.call")), tools=declared)
    assert [one.name for one in message.tool_calls] == ["functions.call"]


@pytest.mark.parametrize("spelled", ["functions.ns.wanted:0", "ns.wanted:0", "functions.wanted:0"])
def test_a_name_space_in_front_of_a_declared_name_is_left_out(spelled: str) -> None:
    message = parse(section(call("{}", spelled)), tools=[_OTHER, _declared({"type": "object"})])
    assert [one.name for one in message.tool_calls] == ["wanted"]
