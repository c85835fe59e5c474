"""Tools and response formats of a request, and the root of a schema.

Owns: `normalize_tool`, `normalize_tools` and `normalize_response_format`.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kimi_core import ToolSchemaWarning
from kimi_core.errors import KimiConfigError
from kimi_core.schema import (
    normalize_response_format,
    normalize_schema,
    normalize_tool,
    normalize_tools,
    plain_tools,
)
from kimi_core.testing._request import ChatRequest
from kimi_core.testing._tool_rules import (
    duplicate_functions,
    function_names,
    function_schemas,
    response_format,
    tool_types,
)
from tests.core.normalizing import INTEGER, NULL, STRING, normal_root, of, rows

HAS_A = of("object", properties={"a": STRING})
HAS_B = of("object", properties={"b": STRING})
EMPTY: dict[str, Any] = {"type": "object", "properties": {}, "required": []}


def function(name: Any = "get_weather", **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


@pytest.mark.parametrize(
    "parameters",
    [{}, None, of("object"), of("object", properties={}), of(["object", "null"])],
    ids=repr,
)
def test_a_tool_without_parameters_says_so(parameters: Any) -> None:
    assert normalize_tool(function(parameters=parameters)) == function(parameters=EMPTY)
    assert normalize_tool(function()) == function(parameters=EMPTY)


def test_the_rest_of_a_tool_stays_and_nothing_is_changed_in_place() -> None:
    schema: dict[str, Any] = {"properties": {"a": {"const": 1}}}
    tool = {**function(description="D.", strict=False, parameters=schema), "x": 1}
    before = copy.deepcopy(tool)
    schema = of("object", properties={"a": of("integer", enum=[1])})

    expected = {**function(description="D.", strict=False, parameters=schema), "x": 1}
    assert normalize_tool(tool) == expected
    assert tool == before


def test_nothing_of_the_result_is_shared_with_the_tool() -> None:
    schema = of("object", properties={"a": {"enum": ["a"], "default": ["a"]}}, required=["a"])
    before = copy.deepcopy(schema)
    found = normalize_schema(schema)
    for part in ("default", "enum"):
        found["properties"]["a"][part].append("b")
    found["required"].append("b")

    assert schema == before


@pytest.mark.parametrize(
    "tool",
    [{"type": "builtin_function", "function": {"name": "$web_search"}}, {"type": "plugin"}, {}],
    ids=["builtin", "plugin", "nothing"],
)
def test_what_is_no_function_stays(tool: dict[str, Any]) -> None:
    assert normalize_tools([tool]) == [tool]


def test_the_simulated_server_takes_the_tools() -> None:
    builtin = {"type": "builtin_function", "function": {"name": "$web_search"}}
    schema = {"$schema": "https://example.com/draft-07", "properties": {"a": {"enum": ["a"]}}}
    tools = normalize_tools([function(parameters=schema), builtin, function("_" + "a" * 127)])
    request = ChatRequest({"tools": tools})
    rules = (tool_types, function_names, duplicate_functions, function_schemas)

    assert [rule(request) for rule in rules] == [None] * len(rules)


@pytest.mark.parametrize("name", ["get.weather", "$search", "3d", "a" * 129, "Wetter für morgen"])
def test_a_name_stays_because_calls_carry_it(name: str) -> None:
    """The room of requests sends one that is refused under another name, and reads it back."""
    assert normalize_tool(function(name)) == function(name, parameters=EMPTY)


@pytest.mark.parametrize("name", ["", None, 3, ["a"]], ids=repr)
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(KimiConfigError) as caught:
        normalize_tool(function(name))

    assert str(caught.value) == (
        f"Tool name {name!r} is refused: a tool is called by its name; give it one of letters, "
        "digits, underscores and dashes."
    )


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(KimiConfigError, match="Two tools are called 'a', which Moonshot refuses"):
        normalize_tools([function("a"), function("b"), function("a")])


def test_a_function_that_is_none_is_refused() -> None:
    with pytest.raises(KimiConfigError, match="has no function; give it name and parameters"):
        normalize_tool({"type": "function"})


def test_a_warning_names_the_tool_and_the_path() -> None:
    parameters = of("object", properties={"a": of("array", items={"type": "date"})})

    with pytest.warns(ToolSchemaWarning, match=r"^Tool 'get_weather': .*'properties.a.items'"):
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

        with pytest.raises(KimiConfigError, match=r"^response_format: Schema at 'root': no object"):
            normalize_response_format(wanted)


@rows(
    ("no type", {"properties": {"a": STRING}}, HAS_A),
    ("or null", {"anyOf": [of("object", title="A"), NULL]}, {**EMPTY, "title": "A"}),
    ("any map", {"additionalProperties": INTEGER}, {**EMPTY, "additionalProperties": INTEGER}),
    ("always", {"allOf": [True]}, EMPTY),
    (
        "two objects",
        {"oneOf": [HAS_A, {"anyOf": [HAS_B, STRING], "title": "B"}]},
        {"anyOf": [HAS_A, {**HAS_B, "title": "B"}]},
    ),
    (
        "one of two, both described",
        {"description": "Ask.", "anyOf": [{**HAS_A, "description": "Say."}, STRING]},
        {**HAS_A, "description": "Ask. Say."},
    ),
)
def test_only_objects_are_left_at_the_root(given: Any, expected: Any) -> None:
    assert normal_root(given) == expected


@pytest.mark.parametrize(
    ("read", "wrong"),
    [(plain_tools, {"default": float("nan")}), (normalize_tools, {"$ref": "#/nowhere"})],
)
def test_a_tool_that_was_read_before_is_read_by_what_it_holds_now(
    read: Any, wrong: dict[str, Any]
) -> None:
    """An agent's tools are the same objects in each request, and anybody may change them."""
    city: dict[str, Any] = {"type": "string"}
    parameters = {"type": "object", "properties": {"city": city}}
    tool = {"type": "function", "function": {"name": "look", "parameters": parameters}}

    first, again = read([tool])[0], read([tool])[0]
    assert first == again
    again["function"]["parameters"]["properties"]["city"]["type"] = "integer"  # a reader's own
    assert read([tool])[0] == first

    city["enum"] = ["Rome"]
    assert "Rome" in str(read([tool])[0])
    city.update(wrong)  # something is to be said of that, each time
    for _ in range(2):
        with pytest.warns(ToolSchemaWarning):
            read([tool])


def test_names_that_are_no_text_are_not_taken_for_the_same_in_text() -> None:
    def tool(name: Any) -> dict[str, Any]:
        return {"type": "function", "function": {"name": "look", "x": {name: 1}}}

    assert plain_tools([tool("1")])[0]["function"]["x"] == {"1": 1}
    with pytest.raises(KimiConfigError):
        plain_tools([tool(1)])
