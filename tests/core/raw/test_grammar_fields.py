"""The request fields of a grammar, and what is refused before one is sent.

That engines write nothing but valid calls under these fields is shown in
``tests/engine/test_generated_calls.py``, on a real engine.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from kimi_core import tool_call_grammar
from kimi_core.errors import KimiConfigError


def tool(name: str, properties: dict[str, Any], **rest: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, **rest}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


WEATHER = tool("get_weather", {"city": {"type": "string"}}, required=["city"])
TIME = tool("get_time", {"zone": {"enum": ["UTC", "CET"]}}, required=["zone"])


def gbnf(**settings: Any) -> str:
    return str(tool_call_grammar([WEATHER, TIME], **settings)["grammar"])


def test_a_required_choice_allows_every_tool_and_a_named_one_only_that() -> None:
    assert all(name in gbnf() for name in ("get_weather", "get_time"))
    assert "get_time" not in gbnf(tool_choice="get_weather")
    named = {"type": "function", "function": {"name": "get_time"}}
    assert "get_weather" not in gbnf(tool_choice=named)


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("thinking", [False, True])
@pytest.mark.parametrize("choice", ["required", "auto", "get_time"])
def test_every_setting_makes_another_grammar(
    dialect: str, parallel: bool, thinking: bool, choice: str
) -> None:
    """None of the switches is without effect."""
    settings = {"dialect": dialect, "parallel": parallel, "thinking": thinking}
    text = gbnf(tool_choice=choice, **settings)
    for name in ("parallel", "thinking"):
        assert gbnf(tool_choice=choice, **{**settings, name: not settings[name]}) != text
    assert text.startswith("root ::=") or "\nroot ::=" in text


@pytest.mark.parametrize(
    ("engine", "field"),
    [("llama.cpp", "grammar"), ("vllm", "structured_outputs"), ("sglang", "response_format")],
)
def test_each_engine_gets_its_own_field_as_json(engine: Any, field: str) -> None:
    fields = tool_call_grammar([WEATHER], engine=engine)
    assert list(fields) == [field]
    assert json.loads(json.dumps(fields)) == fields


REFUSED = {
    "no tools": ([], {}, "at least one tool"),
    "a tool without a name": ([{"type": "function", "function": {}}], {}, "has no name"),
    "an unknown name": ([WEATHER], {"tool_choice": "get_time"}, "get_time"),
    "an unknown engine": ([WEATHER], {"engine": "exllama"}, "exllama"),
    "an unknown dialect": ([WEATHER], {"dialect": "k4"}, "k4"),
    "a schema that no grammar can keep": (
        [tool("f", {"a": {"not": {"type": "string"}}}, required=["a"])],
        {},
        "not",
    ),
    "a reference to nowhere": ([tool("f", {"a": {"$ref": "#/$defs/b"}})], {}, "$defs/b"),
    "a remote reference": ([tool("f", {"a": {"$ref": "http://x/y.json"}})], {}, "x/y.json"),
}


@pytest.mark.parametrize(("tools", "settings", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_kept_is_refused_by_name(
    tools: list[dict[str, Any]], settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(KimiConfigError) as refused:
        tool_call_grammar(tools, **settings)
    assert named in str(refused.value)
