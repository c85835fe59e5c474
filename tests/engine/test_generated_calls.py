"""Calls that a real engine generates under the grammar, at temperature 1.0.

The engine is llama.cpp with a 135M stand-in that knows nothing of Kimi: what makes its calls valid
is the grammar alone, so every one of them has to be.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.request import Options

WORD = {"type": "string", "maxLength": 12}
COUNT = {"type": "integer", "minimum": 0, "maximum": 500}


def tool(name: str, properties: dict[str, Any], **rest: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "additionalProperties": False, **rest}
    return {"type": "function", "function": {"name": name, "description": "", "parameters": schema}}


WEATHER = tool("get_weather", {"city": {"enum": ["Paris", "北京", 'say "hi"']}}, required=["city"])
SEARCH = tool("mcp__files__search-text", {"query": WORD, "limit": COUNT}, required=["query"])

TOOL_SETS: dict[str, list[dict[str, Any]]] = {
    "enum": [WEATHER],
    "optional fields": [SEARCH],
    "two tools": [WEATHER, SEARCH],
    "no arguments": [tool("now", {})],
    "nested object": [
        tool(
            "create_user",
            {"user": {"type": "object", "properties": {"name": WORD, "age": COUNT}}},
            required=["user"],
        )
    ],
    "array": [
        tool("add", {"numbers": {"type": "array", "items": COUNT, "minItems": 2, "maxItems": 4}})
    ],
    "union": [tool("set", {"value": {"anyOf": [COUNT, WORD, {"type": "null"}]}})],
    "type list": [tool("flag", {"state": {"type": ["boolean", "null"]}}, required=["state"])],
    "reference": [
        tool(
            "move",
            {"to": {"$ref": "#/$defs/point"}},
            required=["to"],
            **{
                "$defs": {
                    "point": {
                        "type": "object",
                        "properties": {"x": COUNT, "y": COUNT},
                        "required": ["x", "y"],
                    }
                }
            },
        )
    ],
    "date": [tool("book", {"day": {"type": "string", "format": "date"}}, required=["day"])],
    "constant": [tool("confirm", {"answer": {"const": "yes"}}, required=["answer"])],
    "number": [
        tool("scale", {"factor": {"type": "number", "minimum": 0, "maximum": 10}}),
        WEATHER,
    ],
}


@pytest.fixture(scope="module")
def chat() -> KimiChat:
    return KimiChat(Settings(endpoint="local"))


def generate(chat: KimiChat, tools: list[dict[str, Any]], choice: str, seed: int) -> Any:
    options = Options(temperature=1.0, max_tokens=300, tool_choice=choice, extra={"seed": seed})
    question = [{"role": "user", "content": f"Do something with a tool, number {seed}."}]
    request = chat.request(question, tools, options, stream=True)
    return chat.open(request).read().message()


# In every run; the engine reads the grammar of every schema there, too (test_grammar_engine.py).
ALWAYS = ("two tools",)
ONE, MORE = range(1), range(1, 5)
CASES = [
    pytest.param(
        tools,
        seeds,
        id=f"{name}-{len(seeds)}",
        marks=() if name in ALWAYS and seeds is ONE else pytest.mark.deep,
    )
    for name, tools in TOOL_SETS.items()
    for seeds in (ONE, MORE)
]


@pytest.mark.engine
@pytest.mark.parametrize(("tools", "seeds"), CASES)
def test_every_generated_call_is_complete_declared_and_schema_valid(
    chat: KimiChat, tools: list[dict[str, Any]], seeds: range
) -> None:
    """Five calls for each of twelve tool sets: required, and each tool by its name."""
    schemas = {one["function"]["name"]: one["function"]["parameters"] for one in tools}
    choices = ["required", *schemas]
    asked = [(choices[seed % len(choices)], seed) for seed in seeds]
    # The engine answers two requests at a time.
    with ThreadPoolExecutor(2) as pool:
        messages = list(pool.map(lambda one: generate(chat, tools, *one), asked))
    for (choice, _), message in zip(asked, messages, strict=True):
        (call,) = message.tool_calls
        assert call.complete, message
        assert call.name in ([choice] if choice in schemas else schemas)
        validator = jsonschema.Draft202012Validator(
            schemas[call.name], format_checker=jsonschema.FormatChecker()
        )
        validator.validate(json.loads(call.arguments))
        assert message.content == ""
