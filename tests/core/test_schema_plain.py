"""What is JSON, what is mended, and where the limits are.

Owns: the reader of schemas through `normalize_schema` and `normalize_tool`: what it takes, and one
value on either side of each limit.
"""

from __future__ import annotations

import enum
import json
import warnings
from types import MappingProxyType
from typing import Any

import pytest

from kimi_core import ToolSchemaWarning, tool_call_grammar
from kimi_core.errors import KimiConfigError
from kimi_core.schema import normalize_response_format, normalize_schema, normalize_tool
from kimi_core.schema.limits import (
    MAX_BRANCHES,
    MAX_DEPTH,
    MAX_GROUPS,
    MAX_INTEGER_BITS,
    MAX_NAME,
    MAX_NESTED,
    MAX_PATTERN,
    MAX_TEXT,
    MAX_VALUES,
    MAX_WORK,
    limited,
    spend,
)
from kimi_core.schema.limits import nested as nested_at
from tests.core.asking import ask
from tests.core.hostile_amounts import chained, nested, wide
from tests.core.hostile_schemas import HALF, STRING, of
from tests.core.raw.test_grammar_values import accepts
from tests.core.test_schema_hostile import brought, function


class Word(str, enum.Enum):
    """A text that is a member of an enum."""

    A = "a"


class Number(enum.IntEnum):
    """A number that is."""

    ONE = 1


def test_what_python_writes_as_json_is_json() -> None:
    """Tuples, mappings and members of enums come out as what JSON has."""
    given = MappingProxyType(
        {"type": "object", "properties": {"x": {"enum": (Word.A, Number.ONE)}}}
    )
    found = normalize_schema(given)["properties"]["x"]["anyOf"]
    assert found == [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]
    assert {type(one["enum"][0]) for one in found} == {str, int}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({1, 2}, "a value of type set is no JSON"),
        (bytearray(b"a"), "a value of type bytearray is no JSON"),
        (float("nan"), "nan is no number of JSON"),
        (HALF, "holds half of a surrogate pair"),
        ({1: 2}, "the key 1 is no text"),
        (2**MAX_INTEGER_BITS, "an integer of 1024 bits"),
        ("a" * (MAX_TEXT + 1), f"more than {MAX_TEXT} characters"),
        ([0] * MAX_VALUES, f"more than {MAX_VALUES} values"),
    ],
)
def test_what_is_no_json_is_named_with_its_place(value: Any, problem: str) -> None:
    with pytest.raises(KimiConfigError, match=problem) as caught:
        normalize_schema(of({"default": value}))
    assert str(caught.value).startswith("Schema at 'properties.x.default")
    with pytest.raises(KimiConfigError, match=problem) as caught:
        normalize_response_format({"type": "json_schema", "json_schema": {"schema": {"a": value}}})
    assert str(caught.value).startswith("response_format at 'schema.a")


def test_a_dict_that_holds_itself_is_told_from_one_that_is_deep() -> None:
    circle: dict[str, Any] = {"type": "object"}
    circle["properties"] = {"x": circle}
    with pytest.raises(KimiConfigError, match=r"'properties\.x.*': this holds itself"):
        normalize_schema(circle)


def test_the_limits_themselves_are_allowed() -> None:
    """One more is refused by the table of hostile schemas; this many are not."""
    whole = normalize_schema(of({"const": 2**MAX_INTEGER_BITS - 1, "description": "d" * 10_000}))
    assert whole["properties"]["x"]["enum"] == [2**MAX_INTEGER_BITS - 1]
    assert normalize_schema(chained(5_000))["properties"] == {"x": STRING}
    assert len(normalize_schema(wide(2_000))["properties"]) == 2_000
    union = normalize_schema(of({"anyOf": [{"minLength": n} for n in range(MAX_BRANCHES)]}))
    assert len(union["properties"]["x"]["anyOf"]) == MAX_BRANCHES
    assert normalize_schema(nested("items", MAX_DEPTH - 3))


def test_outside_of_a_reading_nothing_is_counted() -> None:
    with nested_at("x", MAX_NESTED + 1):
        spend(MAX_WORK + 1)
    told = limited(lambda place, text: KimiConfigError(f"at {place!r}: {text}"))
    with told, pytest.raises(KimiConfigError, match=r"at 'x': .*schemas deep"):
        nested_at("x", MAX_NESTED + 1).__enter__()


@pytest.mark.parametrize("keyword", ["items", "anyOf", "allOf beside"])
def test_depth_counts_with_references_followed(keyword: str) -> None:
    long = {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(MAX_NESTED)}
    schema = {**of({"$ref": "#/$defs/d0"}), "$defs": {**long, f"d{MAX_NESTED}": STRING}}
    with pytest.raises(KimiConfigError, match=f"more than {MAX_NESTED} schemas deep"):
        normalize_schema(schema)
    assert normalize_schema(nested(keyword, 20))


def test_a_description_that_was_cut_inside_a_character_is_mended() -> None:
    schema = of({"type": "string", "description": "\ud83d\ude00 \ud83d"})
    for endpoint in ("moonshot", "vllm"):
        (tool,) = ask(endpoint, "kimi-k2.6", tools=[function(schema)]).payload["tools"]
        found = tool["function"]["parameters"]["properties"]["x"]
        assert found == {"type": "string", "description": "\U0001f600 \ufffd"}


@pytest.mark.parametrize(
    ("schema", "left"),
    [
        ({"type": "string", "default": HALF}, {"type": "string"}),
        ({"type": "number", "default": float("inf")}, {"type": "number"}),
        ({"type": "string", HALF: 1}, {"type": "string"}),
        (
            {"type": "object", "properties": {HALF: STRING, "a": STRING}, "required": ["a"]},
            {"type": "object", "properties": {"a": STRING}, "required": ["a"]},
        ),
        (
            {
                "type": "object",
                "patternProperties": {HALF: STRING},
                "additionalProperties": False,
            },
            {"type": "object", "patternProperties": {}},
        ),
    ],
)
def test_what_no_json_can_say_is_left_out_of_a_tool(schema: Any, left: Any) -> None:
    with pytest.warns(ToolSchemaWarning, match=r"properties\.x"):
        tools = ask("vllm", "kimi-k2.6", tools=[function(of(schema))]).payload["tools"]
    found = tools[0]["function"]["parameters"]["properties"]["x"]
    assert {key: found[key] for key in found if key != "description"} == left
    with warnings.catch_warnings():  # a keyword that Moonshot's flavour has not is lost unnoticed
        warnings.simplefilter("ignore")
        again = normalize_tool(function(of(schema)))
    json.dumps(again, ensure_ascii=False, allow_nan=False).encode()


def test_a_name_that_no_json_can_say_is_refused() -> None:
    tool = {"type": "function", "function": {"name": HALF, "parameters": {}}}
    with pytest.raises(KimiConfigError, match=r"'function.name': .* surrogate pair"):
        ask("vllm", "kimi-k2.6", tools=[tool])
    with pytest.raises(KimiConfigError, match="function"):
        normalize_tool({"type": "function", "function": "f"})


def test_tools_of_a_message_are_read_where_they_are_not_written_anew() -> None:
    found = ask(
        "vllm",
        "kimi-k3",
        messages=brought(of({"enum": ("a",)})),
        overrides={"takes_message_tools": True, "api": "completions"},
    )
    assert '"enum":["a"]' in found.payload["prompt"]


def test_a_warning_names_the_first_places_and_counts_the_rest() -> None:
    with pytest.warns(ToolSchemaWarning, match="'properties.p19'; and 30 more") as caught:
        normalize_tool(function(wide(50, {"type": "unknown"})))
    assert "p20" not in str(caught[0].message)


def test_what_one_property_makes_too_complex_is_loosened() -> None:
    """The others keep their schemas."""
    definitions = {
        f"d{n}": {"properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "ab"}} for n in range(30)
    }
    schema = {"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}, "y": STRING}}
    with pytest.warns(ToolSchemaWarning, match="too complex"):
        found = normalize_tool(function({**schema, "$defs": {**definitions, "d30": STRING}}))
    properties = found["function"]["parameters"]["properties"]
    assert properties["y"] == STRING
    assert "properties" not in properties["x"]


UNSAID = {
    "a long pattern": (
        {"type": "string", "pattern": "a" * (MAX_PATTERN + 1)},
        "more than 4000 characters",
    ),
    "deep groups": (
        {"type": "string", "pattern": "(" * (MAX_GROUPS + 1) + "a" + ")" * (MAX_GROUPS + 1)},
        "more than 24 groups",
    ),
    "a reversed count": ({"type": "string", "pattern": "^a{3,2}$"}, "because of the count"),
    "a count without an end": (
        {"type": "string", "pattern": "^a{1000000}$"},
        "because of the count",
    ),
    "a reversed range": ({"type": "string", "pattern": "^[b-a]$"}, "because of the range"),
    "a range of a class": ({"type": "string", "pattern": r"^[\d-a]$"}, "because of the range"),
    "a range up to a class": ({"type": "string", "pattern": r"^[!-\d]$"}, "because of the range"),
    "half of a pair": ({"type": "string", "pattern": r"^\ud800$"}, "half a surrogate pair"),
    "no digits": ({"type": "string", "pattern": r"^\u1_23$"}, "because of '1_23'"),
    "many digits": ({"type": "integer", "minimum": 10**25}, "a bound of more than 24 digits"),
    "many decimals": ({"type": "number", "maximum": 1e-30}, "a bound of more than 24 digits"),
    "a long name": (
        {
            "type": "object",
            "properties": {"n" * (MAX_NAME + 1): STRING},
            "additionalProperties": True,
        },
        "other properties beside one of more than 200 characters",
    ),
}


@pytest.mark.parametrize(("schema", "named"), UNSAID.values(), ids=UNSAID)
def test_a_grammar_refuses_or_leaves_to_the_model(schema: Any, named: str) -> None:
    with pytest.raises(KimiConfigError, match="tool 'f', x: the grammar cannot say .*" + named):
        tool_call_grammar([function(of(schema))])
    assert tool_call_grammar([function(of(schema))], strict=False)["grammar"]


REFUSED = {
    "a length that no answer has": ({"minLength": 10**9}, "'minLength' is 1e"),
    "a step of nothing": ({"type": "integer", "multipleOf": 0}, "must be a number above 0"),
    "a step in words": ({"type": "integer", "multipleOf": "a"}, "must be a number above 0"),
    "many branches": ({"anyOf": [{"const": n} for n in range(501)]}, "gives 501 branches"),
    "branches of branches": (
        {"anyOf": [{"anyOf": [{"const": f"{a}-{b}"} for b in range(30)]} for a in range(30)]},
        "branches, more than 500",
    ),
    "a grammar that no engine reads": (
        {"enum": [f"{n:099}" for n in range(11_000)]},
        "parameters: the grammar of this schema has more than",
    ),
}


@pytest.mark.parametrize(("schema", "named"), REFUSED.values(), ids=REFUSED)
def test_a_grammar_refuses_what_is_too_much(schema: Any, named: str) -> None:
    with pytest.raises(KimiConfigError, match="tool 'f', .*" + named):
        tool_call_grammar([function(of(schema))], strict=False)


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        ({"type": "number", "maximum": 1.7976931348623157e308}, "1.5", "1e5"),
        ({"type": "integer", "minimum": -(2**128), "maximum": 2**128}, "-5", "1.5"),
        ({"type": "string", "maxLength": None, "pattern": None, "minLength": -1}, '"a"', "1"),
        (
            {"type": "array", "items": STRING, "minItems": -1, "maxItems": 2.0},
            '["a","b"]',
            '["a","b","c"]',
        ),
        ({"type": ["string", "string", "null"]}, "null", "1"),
        ({"type": ["object", "null"], "maxProperties": -1}, "null", "{}"),
        (
            # the item is named, and not written out again for each block of repetitions
            {
                "type": "string",
                "pattern": f"^({'abcdefghijklmnopqrstuvwxyz' * 4}[^a-z0-9 _.:;-]*){{0,600}}$",
            },
            '""',
            '"a"',
        ),
    ],
)
def test_what_is_odd_and_legal_is_kept(schema: Any, taken: str, refused: str) -> None:
    assert accepts(schema, taken, strict=False)
    assert not accepts(schema, refused, strict=False)
