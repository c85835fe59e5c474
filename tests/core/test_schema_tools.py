"""Tools and response formats of a request, and what cannot be said in Moonshot's flavour.

Owns: `normalize_tool`, `normalize_tools`, `normalize_response_format` and every error of schemas.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.schema import (
    normalize_response_format,
    normalize_schema,
    normalize_tool,
    normalize_tools,
)
from kimi_core.testing._request import ChatRequest
from kimi_core.testing._tool_rules import (
    duplicate_functions,
    function_names,
    function_schemas,
    response_format,
    tool_types,
)
from tests.core.normalizing import ANYTHING, INTEGER, NULL, STRING, normal_root, of, rows

EMPTY: dict[str, Any] = {"type": "object", "properties": {}, "required": []}


def function(name: Any = "get_weather", **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


@pytest.mark.parametrize(
    "parameters",
    [{}, None, {"type": "object"}, {"type": "object", "properties": {}}, {"type": ["object", "null"]}],
    ids=repr,
)  # fmt: skip
def test_a_tool_without_parameters_says_so(parameters: Any) -> None:
    assert normalize_tool(function(parameters=parameters)) == function(parameters=EMPTY)
    assert normalize_tool(function()) == function(parameters=EMPTY)


def test_the_rest_of_a_tool_stays_and_nothing_is_changed_in_place() -> None:
    tool = {**function(description="D.", strict=False, parameters={"properties": {"a": {"const": 1}}}), "x": 1}  # fmt: skip
    before = copy.deepcopy(tool)
    schema = of("object", properties={"a": of("integer", enum=[1])})

    assert normalize_tool(tool) == {**function(description="D.", strict=False, parameters=schema), "x": 1}  # fmt: skip
    assert tool == before


def test_nothing_of_the_result_is_shared_with_the_tool() -> None:
    schema = of("object", properties={"a": {"enum": ["a"], "default": ["a"]}}, required=["a"])
    before = copy.deepcopy(schema)
    found = normalize_schema(schema)
    for part in (found, found["properties"]["a"]):
        part.clear()

    assert schema == before
    assert normalize_schema(schema)["properties"]["a"]["default"] is not before["properties"]["a"]["default"]  # fmt: skip


@pytest.mark.parametrize(
    "tool",
    [{"type": "builtin_function", "function": {"name": "$web_search"}}, {"type": "plugin"}, {}],
    ids=["builtin", "plugin", "nothing"],
)
def test_what_is_no_function_stays(tool: dict[str, Any]) -> None:
    assert normalize_tools([tool]) == [tool]


def test_the_simulated_server_takes_the_tools() -> None:
    builtin = {"type": "builtin_function", "function": {"name": "$web_search"}}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"enum": ["a"]}}}  # fmt: skip
    tools = normalize_tools([function(parameters=schema), builtin, function("_" + "a" * 127)])
    request = ChatRequest({"tools": tools})
    rules = (tool_types, function_names, duplicate_functions, function_schemas)

    assert [rule(request) for rule in rules] == [None] * len(rules)


NAMES = [
    ("get.weather", "get_weather"),
    ("$search", "_search"),
    ("3d", "_3d"),
    ("-", "_-"),
    ("Wetter für morgen", "Wetter_f_r_morgen"),
    ("", "tool"),
    (None, "tool"),
    ("a" * 129, "a" * 127),
    ("1" * 129, "_" + "1" * 127),
]


@pytest.mark.parametrize(("name", "accepted"), NAMES, ids=[str(row[0])[:20] for row in NAMES])
def test_a_name_that_is_refused_is_told_with_one_that_is_not(name: Any, accepted: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        normalize_tool(function(name))

    assert str(caught.value).startswith(f"Tool name {name!r} is refused by Moonshot")
    assert str(caught.value).endswith(f"call it {accepted!r}.")
    assert normalize_tool(function(accepted))["function"]["name"] == accepted


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(KimiConfigError, match="Two tools are called 'a', which Moonshot refuses"):
        normalize_tools([function("a"), function("b"), function("a")])


def test_a_function_that_is_none_is_refused() -> None:
    with pytest.raises(KimiConfigError, match="has no function; give it name and parameters"):
        normalize_tool({"type": "function"})


def test_an_error_names_the_tool_and_the_path() -> None:
    parameters = of("object", properties={"a": of("array", items={"type": "date"})})

    with pytest.raises(
        KimiConfigError, match="^Tool 'get_weather': Schema at 'properties.a.items'"
    ):
        normalize_tool(function(parameters=parameters))


class TestResponseFormat:
    """The schema of an answer."""

    SCHEMA = of("object", title="Answer to all", properties={"a": {"const": 1}})
    NORMAL = of("object", title="Answer to all", properties={"a": of("integer", enum=[1])})

    @pytest.mark.parametrize("kind", ["text", "json_object"])
    def test_other_types_stay(self, kind: str) -> None:
        assert normalize_response_format({"type": kind}) == {"type": kind}

    @pytest.mark.parametrize(
        ("form", "name"),
        [
            ({"name": "x", "strict": True}, "x"),
            ({}, "Answer_to_all"),
            ({"name": ""}, "Answer_to_all"),
        ],
        ids=["named", "by the title", "empty"],
    )
    def test_is_normalized_and_named(self, form: dict[str, Any], name: str) -> None:
        wanted = {"type": "json_schema", "json_schema": {**form, "schema": self.SCHEMA}}
        found = normalize_response_format(wanted)

        assert found["json_schema"] == {**form, "name": name, "schema": self.NORMAL}
        assert response_format(ChatRequest({"response_format": found})) is None

    def test_has_a_name_in_any_case(self) -> None:
        form = {"schema": {"type": "object"}}
        found = normalize_response_format({"type": "json_schema", "json_schema": form})

        assert found["json_schema"] == {"name": "answer", "schema": EMPTY}

    @pytest.mark.parametrize("form", [None, {}, {"name": "x"}], ids=repr)
    def test_without_a_schema_is_refused(self, form: Any) -> None:
        with pytest.raises(KimiConfigError, match="has no schema"):
            normalize_response_format({"type": "json_schema", "json_schema": form})

    def test_an_array_is_refused_with_the_way_out(self) -> None:
        wanted = {"type": "json_schema", "json_schema": {"schema": of("array", items=STRING)}}

        with pytest.raises(KimiConfigError, match="^response_format: Schema at 'root': no object"):
            normalize_response_format(wanted)


@rows(
    ("no type", {"properties": {"a": STRING}}, of("object", properties={"a": STRING})),
    ("or null", {"anyOf": [of("object", title="A"), NULL]}, {**EMPTY, "title": "A"}),
    ("any map", {"additionalProperties": INTEGER}, {**EMPTY, "additionalProperties": INTEGER}),
    ("always", {"allOf": [True]}, EMPTY),
    (
        "two objects",
        {"oneOf": [of("object", properties={"a": STRING}), {"anyOf": [of("object", properties={"b": STRING}), STRING], "title": "B"}]},
        {"anyOf": [of("object", properties={"a": STRING}), of("object", properties={"b": STRING}, title="B")]},
    ),
    (
        "one of two, both described",
        {"description": "Ask.", "anyOf": [of("object", description="Say.", properties={"a": {}}), STRING]},
        of("object", description="Ask. Say.", properties={"a": ANYTHING}),
    ),
)  # fmt: skip
def test_only_objects_are_left_at_the_root(given: Any, expected: Any) -> None:
    assert normal_root(given) == expected


NO_SCHEMA = "'a' is no schema; it must be an object"
ELSEWHERE = "does not point into this schema; put the definition under"
NOT_FOLLOWED = "is not followed; use $ref"
LIST_OF_SCHEMAS = "must be a list of at least one schema"
LOOP = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}

# What stands under properties.x, what else at the root, the path of the error, a part of it
ERRORS: list[tuple[Any, dict[str, Any], str, str]] = [
    ("a", {}, "properties.x", NO_SCHEMA),
    ({"anyOf": [{}, "a"]}, {}, "properties.x.anyOf.1", NO_SCHEMA),
    ({"type": "string", "allOf": ["a"]}, {}, "properties.x.allOf.0", NO_SCHEMA),
    ({"type": "date"}, {}, "properties.x", "type 'date' is none of object, array"),
    ({"type": ["string", None]}, {}, "properties.x", "type None is none of"),
    ({"type": []}, {}, "properties.x", "type must name at least one type"),
    ({"enum": "a"}, {}, "properties.x", "enum must be a list of values"),
    ({"minLength": "3"}, {}, "properties.x", "minLength must be a whole number, not '3'"),
    ({"maxItems": 1.5}, {}, "properties.x", "maxItems must be a whole number, not 1.5"),
    ({"minimum": "3"}, {}, "properties.x", "minimum must be a finite number, not '3'"),
    ({"maximum": float("inf")}, {}, "properties.x", "maximum must be a finite number"),
    ({"exclusiveMinimum": "3"}, {}, "properties.x", "exclusiveMinimum must be a finite number"),
    ({"prefixItems": {}}, {}, "properties.x", "prefixItems must be a list of schemas"),
    ({"properties": []}, {}, "properties.x", "properties must be an object of schemas"),
    ({"required": "a"}, {}, "properties.x", "required must be a list of names of properties"),
    ({"required": [1]}, {}, "properties.x", "required must be a list of names of properties"),
    ({"items": "a"}, {}, "properties.x.items", NO_SCHEMA),
    ({"additionalProperties": "a"}, {}, "properties.x.additionalProperties", NO_SCHEMA),
    ({"anyOf": []}, {}, "properties.x", f"anyOf {LIST_OF_SCHEMAS}"),
    ({"oneOf": {}}, {}, "properties.x", f"oneOf {LIST_OF_SCHEMAS}"),
    ({"allOf": []}, {}, "properties.x", f"allOf {LIST_OF_SCHEMAS}"),
    ({"properties": {"$ref": {}}}, {}, "properties.x.properties", "property name '$ref' is reserved"),
    ({}, {"properties": {"anyOf": {}}}, "properties", "property name 'anyOf' is reserved"),
    ({"$ref": "other.json"}, {}, "properties.x", ELSEWHERE),
    ({"$ref": "#anchor"}, {}, "properties.x", ELSEWHERE),
    ({"$ref": 1}, {}, "properties.x", ELSEWHERE),
    ({"$ref": "#/$defs/a"}, {}, "properties.x", "points at nothing"),
    ({"$ref": "#/required/a"}, {"required": []}, "properties.x", "points at nothing"),
    ({"$ref": "#/title/a"}, {"title": "T"}, "properties.x", "points at nothing"),
    ({"$dynamicRef": "#a"}, {}, "properties.x", f"$dynamicRef {NOT_FOLLOWED}"),
    ({"$recursiveRef": "#"}, {}, "properties.x", f"$recursiveRef {NOT_FOLLOWED}"),
    ({"$ref": "#/$defs/a"}, LOOP, "properties.x", "'#/$defs/a' leads back to itself"),
    ({"$ref": "#/$defs/a", "type": "string"}, LOOP, "properties.x", "'#/$defs/a' leads back to itself"),
    ({"$ref": "#/$defs/a"}, {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, NULL]}}}, "properties.x.anyOf.0", "leads back to itself without a value between"),
    ({"anyOf": [{"const": n} for n in range(501)]}, {}, "properties.x", "anyOf may have 500 branches, not 501"),
    ({"minimum": 0, "anyOf": [{"const": n / 7} for n in range(1, 502)]}, {}, "properties.x", "more than 500"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "root", "path", "problem"), ERRORS)
def test_what_cannot_be_said_is_an_error_with_its_path(
    schema: Any, root: dict[str, Any], path: str, problem: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        normalize_schema({"type": "object", "properties": {"x": schema}, **root})

    assert str(caught.value).startswith(f"Schema at {path!r}: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [STRING, False, [], {"type": ["array", "null"]}, {"anyOf": [STRING, NULL]}, {"const": 1}]
    + [of("object", properties={"a": False}, required=["a"])]
    + [of("object", required=["a"], additionalProperties=False)]
    + [of("object", properties={"a": of("string", minLength=2, maxLength=1)}, required=["a"])],
    ids=repr,
)  # fmt: skip
def test_what_no_object_fits_is_refused(schema: Any) -> None:
    with pytest.raises(KimiConfigError, match="^Schema at 'root': "):
        normalize_schema(schema)


def test_a_schema_that_contains_itself_and_fits_nothing_is_refused() -> None:
    inside = {"a": {"$ref": "#/$defs/A"}, "b": False}
    schema = of("object", properties={"x": {"$ref": "#/$defs/A"}})
    schema["$defs"] = {"A": of("object", properties=inside, required=["b"])}

    with pytest.raises(KimiConfigError, match="'properties.x': this schema contains itself"):
        normalize_schema(schema)


def test_references_that_multiply_are_refused_in_time() -> None:
    definitions: dict[str, Any] = {"d0": STRING}
    for number in range(1, 30):
        below = {"$ref": f"#/$defs/d{number - 1}"}
        definitions[f"d{number}"] = of("object", properties={"a": below, "b": below})

    with pytest.raises(KimiConfigError, match="more than 20000 schemas"):
        normalize_schema({"$ref": "#/$defs/d29", "$defs": definitions})
