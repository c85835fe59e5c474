"""A tool whose schema is none is sent all the same, with less in it, and a warning.

Owns: what is left out of a schema, that nothing is ever made narrower, and what is refused still.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core import ToolSchemaWarning
from kimi_core.errors import KimiConfigError
from kimi_core.schema import normalize_schema, normalize_tool, relax_tools
from kimi_core.testing._schema_rules import schema_problem
from tests.core.asking import ask, tool
from tests.core.normalizing import ANYTHING, INTEGER, NULL, STRING, described, of
from tests.core.test_schema_errors import ERRORS

LOOP = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
MANY = [{"const": number} for number in range(501)]


def function(parameters: Any, name: str = "f") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def sent(parameters: Any) -> tuple[dict[str, Any], str]:
    """Return the parameters that are sent, and the one warning."""
    before = copy.deepcopy(parameters)
    with pytest.warns(ToolSchemaWarning) as caught:
        found = normalize_tool(function(parameters))["function"]["parameters"]
    assert parameters == before
    assert schema_problem(found) is None
    assert normalize_schema(found) == found
    (warning,) = caught
    return found, str(warning.message)


# What stands under properties.x -> what is sent there, and what the warning says of the place.
PROPERTIES: dict[str, tuple[Any, Any, str]] = {
    "null": (None, ANYTHING, "None in place of a schema at 'properties.x'"),
    "a word": ("string", ANYTHING, "'string' in place of a schema at 'properties.x'"),
    "an unknown type": (
        of("unknown"),
        described("type: unknown.", **ANYTHING),
        "type 'unknown' at 'properties.x'",
    ),
    "any": (
        of("any", description="A."),
        described("A. type: any.", **ANYTHING),
        "type 'any'",
    ),
    "null for a type": ({"type": None, "minLength": 1}, of("string", minLength=1), "type None"),
    "an unknown type among others": (
        of(["string", "date"]),
        described('type: ["string", "date"].', **ANYTHING),
        "type ['string'",
    ),
    "no types": ({"type": []}, ANYTHING, "type [] at 'properties.x'"),
    "required as a flag": (
        of("object", required=True),
        described("required: true.", type="object"),
        "required True at 'properties.x'",
    ),
    "an enum that is an object": (of("string", enum={}), STRING, "enum {} at 'properties.x'"),
    "an enum of nothing": (
        {"type": "string", "enum": [], "minLength": "1"},
        described("minLength: 1.", **STRING),
        "enum [] at",
    ),
    "a bound in words": (
        of("integer", minimum="1"),
        described("minimum: 1.", **INTEGER),
        "minimum '1'",
    ),
    "an endless bound": (
        of("integer", maximum=float("inf")),
        described("maximum: Infinity.", **INTEGER),
        "maximum inf",
    ),
    "a flag for a bound, and a bound": (
        of("integer", minimum=1, exclusiveMinimum=True, maximum=[]),
        of("integer", minimum=2),
        "maximum []",
    ),
    "an exclusive bound in words": (
        of("integer", exclusiveMinimum="1"),
        described("Must be greater than 1.", **INTEGER),
        "exclusiveMinimum '1'",
    ),
    "items that are null": (
        of("array", items=None),
        of("array"),
        "None in place of a schema at 'properties.x.items'",
    ),
    "items in a list with a null": (
        of("array", items=[STRING, None], maxItems="2"),
        described("maxItems: 2. Items in this order: string, any value.", type="array"),
        "None in place of a schema at 'properties.x.items.1'",
    ),
    "prefixItems that are no list": (
        of("array", prefixItems={}, items=STRING),
        of("array", items=STRING),
        "prefixItems {}",
    ),
    "properties in a list": (
        of("object", properties=[{"name": "a"}]),
        described('properties: [{"name": "a"}].', type="object"),
        "properties [{'name': 'a'}] at",
    ),
    "required that is null": (
        of("object", properties={"a": STRING}, required=None),
        of("object", properties={"a": STRING}),
        "required None at 'properties.x'",
    ),
    "required names that are none": (
        of("object", properties={"a": STRING}, required=["a", 1]),
        described('required: ["a", 1].', type="object", properties={"a": STRING}),
        "required ['a', 1]",
    ),
    "other properties in a word": (
        of("object", additionalProperties="no", patternProperties=["a"]),
        described(
            'Properties by a regular expression for their names: ["a"].',
            type="object",
            additionalProperties=True,
        ),
        "'no' in place of a schema at 'properties.x.additionalProperties'",
    ),
    "no branches": ({"anyOf": [], "type": "string"}, STRING, "anyOf [] at 'properties.x'"),
    "branches in an object": (
        {"oneOf": {"a": 1}},
        described('oneOf: {"a": 1}.', **ANYTHING),
        "oneOf {'a': 1}",
    ),
    "a branch that is null": (
        {"anyOf": [None, STRING]},
        {"anyOf": [ANYTHING, STRING]},
        "properties.x.anyOf.0",
    ),
    "a reference to nowhere": (
        {"$ref": "#/$defs/X"},
        described("$ref: #/$defs/X.", **ANYTHING),
        "$ref '#/$defs/X' at",
    ),
    "a reference to elsewhere": (
        {"$ref": "other.json", "type": "string"},
        described("$ref: other.json.", **STRING),
        "$ref 'other.json'",
    ),
    "a reference that nobody follows": (
        {"$dynamicRef": "#a", **STRING},
        described("$dynamicRef: #a.", **STRING),
        "$dynamicRef",
    ),
    "a reserved name": (
        of(
            "object",
            properties={"required": STRING, "a": STRING},
            required=["required", "a"],
            additionalProperties=False,
        ),
        described(
            'Property \'required\': {"type": "string"}.',
            type="object",
            properties={"a": STRING},
            required=["a"],
        ),
        "property 'required': {'type': 'string'} at 'properties.x.properties'",
    ),
    "a reserved name, which nothing requires": (
        of("object", properties={"$ref": STRING}),
        described('Property \'$ref\': {"type": "string"}.', type="object"),
        "property '$ref'",
    ),
    "one that leads back to itself": (
        {"$ref": "#/$defs/a"},
        ANYTHING,
        "'properties.x': $ref '#/$defs/a' leads back to itself",
    ),
    "too many branches": ({"anyOf": MANY}, ANYTHING, "anyOf may have 500 branches, not 501"),
}


@pytest.mark.parametrize(("schema", "expected", "told"), PROPERTIES.values(), ids=PROPERTIES)
def test_what_is_wrong_is_left_out(schema: Any, expected: Any, told: str) -> None:
    found, warning = sent(of("object", properties={"x": schema, "y": INTEGER}, **LOOP))
    assert found["properties"] == {"x": expected, "y": INTEGER}
    assert warning.startswith("Tool 'f': ")
    assert told in warning


EMPTY = of("object", properties={}, required=[])
# The whole parameters -> what is sent.
ROOTS: dict[str, tuple[Any, Any]] = {
    "a word": ("none", EMPTY),
    "true": (True, EMPTY),
    "properties null": (of("object", properties=None), EMPTY),
    "properties []": (of("object", properties=[]), EMPTY),
    "required null": (
        of("object", required=None, properties={"a": STRING}),
        of("object", properties={"a": STRING}),
    ),
    "any": (of("any"), {**EMPTY, "description": "type: any."}),
    "a definition that is null": (
        of("object", properties={"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": None}}),
        of("object", properties={"a": ANYTHING}),
    ),
}


@pytest.mark.parametrize(("parameters", "expected"), ROOTS.values(), ids=ROOTS)
def test_so_it_is_at_the_root(parameters: Any, expected: Any) -> None:
    assert sent(parameters)[0] == expected


@pytest.mark.parametrize(("schema", "root"), [row[:2] for row in ERRORS])
@pytest.mark.filterwarnings("ignore::kimi_core.ToolSchemaWarning")
def test_no_error_of_a_property_refuses_a_tool(schema: Any, root: dict[str, Any]) -> None:
    """Whatever `normalize_schema` refuses inside a property."""
    parameters = {"type": "object", "properties": {"x": schema, "y": STRING}, **root}
    found = normalize_tool(function(parameters))["function"]["parameters"]
    assert schema_problem(found) is None


@pytest.mark.parametrize(
    "parameters",
    [
        STRING,
        {"anyOf": [STRING, NULL]},
        {"$ref": "#"},
        of("object", properties={"a": False}, required=["a"]),
    ],
    ids=["text", "union", "itself", "impossible"],
)
def test_what_no_object_fits_is_refused_with_the_name(parameters: Any) -> None:
    with pytest.raises(KimiConfigError, match=r"^Tool 'f': Schema at 'root'"):
        normalize_tool(function(parameters))


WORDS = st.sampled_from(
    [None, True, "a", 1, [], {}, ["a"], {"a": None}, [None], "object", "string"]
)
KEYWORDS = st.sampled_from(
    [
        *(
            "type",
            "enum",
            "properties",
            "required",
            "items",
            "prefixItems",
            "anyOf",
            "oneOf",
            "allOf",
        ),
        *("$ref", "minimum", "maxLength", "exclusiveMaximum", "additionalProperties", "$defs"),
        *("description", "title", "const", "nullable", "patternProperties", "format"),
    ]
)
SCHEMAS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.dictionaries(KEYWORDS, st.one_of(WORDS, inner), max_size=4),
        st.lists(inner, max_size=2),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["x", "y"]), SCHEMAS))
@pytest.mark.filterwarnings("ignore::kimi_core.ToolSchemaWarning")
def test_any_json_can_stand_for_the_schema_of_a_property(members: dict[str, Any]) -> None:
    tools = [function(of("object", properties=members), "g")]
    found = normalize_tool(tools[0])["function"]["parameters"]
    assert schema_problem(found) is None
    (twice,) = relax_tools(relax_tools(tools))
    assert [twice] == relax_tools([twice])


def test_a_tool_with_nothing_wrong_is_not_touched() -> None:
    assert relax_tools([tool(), {"type": "plugin"}]) == [tool(), {"type": "plugin"}]


@pytest.mark.parametrize("endpoint", ["vllm", "sglang", "llama.cpp"])
def test_a_grammar_is_written_without_what_is_wrong(endpoint: str) -> None:
    raw = {"overrides": {"api": "completions"}, "tool_choice": "required"}
    broken = function(of("object", properties={"required": of("unknown")}, required=None), "g")
    with pytest.warns(ToolSchemaWarning, match=r"Tool 'g': .*required None at 'root'"):
        request = ask(endpoint, "kimi-k2-instruct", tools=[tool(), broken], **raw)
    right = function(of("object", properties={"required": {}}), "g")
    expected = ask(endpoint, "kimi-k2-instruct", tools=[tool(), right], **raw)
    for written in ("grammar", "structured_outputs", "response_format"):
        assert request.payload.get(written) == expected.payload.get(written)


def test_others_get_the_schema_as_it_is() -> None:
    tools = [function(of("object", properties=[]))]
    assert ask("vllm", tools=tools).payload["tools"] == tools
