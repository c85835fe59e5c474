"""Grammars on the real engine: every one is accepted, and what it lets through are calls.

Calls of twelve tool sets at temperature 1.0, through the whole client, are in
``test_generated_calls``. Here the grammar goes to the engine alone, without a chat around it.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from kimi_core import parse, tool_call_grammar
from tests.core.raw.grammar_schemas import SCHEMAS, value_tool

if TYPE_CHECKING:
    from collections.abc import Callable

    Complete = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
def test_llama_cpp_reads_the_grammar_of_every_schema(
    schema: Any, dialect: Any, complete: Complete
) -> None:
    """It refuses unknown rules, left recursion and repetitions that are too long."""
    grammar = tool_call_grammar([value_tool(schema)], dialect=dialect)["grammar"]
    written = complete(prompt="x", grammar=grammar, max_tokens=1)["choices"][0]["text"]
    assert written[:1] in {"<", ""}


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize("choice", ["required", "auto", "t"])
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("thinking", [False, True])
def test_llama_cpp_reads_the_grammar_of_every_setting(
    dialect: Any, choice: str, parallel: bool, thinking: bool, complete: Complete
) -> None:
    fields = tool_call_grammar(
        [value_tool({"type": "string"}), value_tool({"type": "null"}, "other")],
        tool_choice=choice,
        dialect=dialect,
        parallel=parallel,
        thinking=thinking,
    )
    assert complete(prompt="x", max_tokens=1, **fields)["usage"]["completion_tokens"] == 1


WORD = {"type": "string", "maxLength": 12}
PLAN = {
    "type": "object",
    "properties": {
        "steps": {
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "oneOf": [
                    {
                        "type": "object",
                        "properties": {"do": {"const": "go"}, "to": WORD},
                        "required": ["do", "to"],
                    },
                    {
                        "type": "object",
                        "properties": {
                            "do": {"const": "wait"},
                            "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 2.5},
                        },
                        "required": ["do", "seconds"],
                    },
                ]
            },
        },
        "at": {"type": "string", "format": "date-time"},
        "code": {"type": "string", "pattern": r"^[A-Z]{2}-\d{3}$"},
        "note": {"type": ["string", "null"], "maxLength": 12},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
    },
    "required": ["steps", "code"],
}
TOOLS = [
    {"type": "function", "function": {"name": "plan", "parameters": PLAN}},
    value_tool({"type": "string"}, "say"),
]


def check(text: str, dialect: Any, least: int) -> None:
    message = parse(text, dialect, tools=TOOLS)
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
    assert len(message.tool_calls) >= least
    for call in message.tool_calls:
        assert call.complete
        jsonschema.Draft202012Validator(
            schemas[call.name], format_checker=jsonschema.FormatChecker()
        ).validate(json.loads(call.arguments))
    assert message.content == ""


@pytest.mark.parametrize(
    ("dialect", "choice", "seed"),
    [
        pytest.param(*case, marks=() if case == ("k2", "required", 1) else pytest.mark.deep)
        for case in itertools.product(("k2", "k3"), ("required", "plan"), (1, 2))
    ],
)
def test_generated_calls_fit_their_schema(
    dialect: Any, choice: str, seed: int, complete: Complete
) -> None:
    """At temperature 1.0, from a model that has never seen a marker."""
    fields = tool_call_grammar(TOOLS, tool_choice=choice, dialect=dialect, max_string_length=12)
    answer = complete(prompt="Call a tool: ", temperature=1.0, max_tokens=600, seed=seed, **fields)[
        "choices"
    ][0]
    assert answer["finish_reason"] == "stop"
    check(answer["text"], dialect, least=1)


@pytest.mark.deep
@pytest.mark.parametrize("dialect", ["k2", "k3"])
def test_generated_calls_in_parallel_fit_theirs(dialect: Any, complete: Complete) -> None:
    """The model may go on with calls until its limit: then all but the last are whole."""
    fields = tool_call_grammar([TOOLS[1]], dialect=dialect, parallel=True, max_string_length=5)
    answer = complete(prompt="Call: ", temperature=1.0, max_tokens=300, seed=3, **fields)
    message = parse(answer["choices"][0]["text"], dialect, tools=TOOLS)
    assert message.tool_calls
    for call in message.tool_calls[:-1]:
        assert call.complete
        assert len(json.loads(call.arguments)["x"]) <= 5
