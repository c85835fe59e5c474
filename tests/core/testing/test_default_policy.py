"""What the simulator answers when nothing is scripted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from kimi_core.testing import MoonshotSimulator
from tests.core.testing.cases_schema import SCHEMAS
from tests.core.testing.support import assistant, body, post, tool, user

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def _message(server: MoonshotSimulator, request: dict[str, Any]) -> dict[str, Any]:
    status, answer = post(server, request)
    assert status == 200, answer
    return dict(answer["choices"][0]["message"])


_OFF = {"type": "disabled"}
_RESULT = {"role": "tool", "tool_call_id": "add:0", "content": "5"}
_NAMED = {"type": "function", "function": {"name": "subtract"}}
_TOOLS = [tool(), tool(name="subtract")]
_LOOP = (user(), assistant("add:0"), _RESULT)
_JSON = {"type": "json_object"}
_BRINGS = {"role": "system", "content": "", "tools": [tool()]}
_REQUIRED_MESSAGE = ({"role": "system", "tools": [tool(name="multiply")]},)
_REQUIRED = {"tools": [tool()], "tool_choice": "required", "model": "kimi-k3"}
_SEARCH = {"type": "builtin_function", "function": {"name": "$web_search"}}


@pytest.mark.parametrize(
    ("request_body", "content"),
    [
        (body(), "You said: Hi"),
        (
            body(user([{"type": "text", "text": "A"}, {"type": "text", "text": "B"}])),
            "You said: A B",
        ),
        (body(*_LOOP, tools=_TOOLS), "You said: 5"),
        (body(tools=_TOOLS, tool_choice="none"), "You said: Hi"),
        (body(tools=[_SEARCH], thinking={"type": "disabled"}), "You said: Hi"),
        (body(response_format={"type": "json_object"}), "{}"),
        (
            body(user("JSON with 'city' and \"größe\", don't ask."), response_format=_JSON),
            '{"city":"","größe":""}',
        ),
        (body(user("one END two"), stop="END"), "You said: one "),
        (body(user("one END two"), stop=["two", "one "]), "You said: "),
        (body(user("Do not use any tools."), tools=_TOOLS), "You said: Do not use any tools."),
        (body(user("你不应使用任何工具。"), tools=_TOOLS), "You said: 你不应使用任何工具。"),
        (body(user(), _BRINGS, tool_choice="none", model="kimi-k3"), "You said: Hi"),
        (body(tool_choice="auto"), "You said: Hi"),
    ],
    ids=[
        *("text", "parts", "after a result", "tool_choice none", "built-in tool", "json"),
        *("keys", "stop", "stops", "no tools", "no tools in Chinese", "tools last", "auto"),
    ],
)
def test_it_repeats_the_last_message(
    server: MoonshotSimulator, request_body: dict[str, Any], content: str
) -> None:
    message = _message(server, request_body)
    assert message["content"] == content
    assert "tool_calls" not in message


@pytest.mark.parametrize(
    ("request_body", "name"),
    [
        (body(tools=_TOOLS), "add"),
        (body(tools=_TOOLS, tool_choice=_NAMED, thinking=_OFF), "subtract"),
        (body(*_LOOP, tools=_TOOLS, tool_choice="required", thinking=_OFF), "add"),
        (body(_BRINGS, user(), model="kimi-k3"), "add"),
        (body(user(), _BRINGS, model="kimi-k3"), "add"),
        (body(user("Subtract one."), tools=_TOOLS), "subtract"),
        (body(user("Multiply, no tools."), *_REQUIRED_MESSAGE, **_REQUIRED), "multiply"),
    ],
    ids=[
        *("first", "named", "required after a result", "tools in a system message"),
        *("tools in the last message", "the one that is spoken of", "forced, of both kinds"),
    ],
)
def test_it_calls_a_tool(
    server: MoonshotSimulator, request_body: dict[str, Any], name: str
) -> None:
    message = _message(server, request_body)
    assert [call["function"]["name"] for call in message["tool_calls"]] == [name]


@pytest.mark.parametrize(("thinking", "reasons"), [({"type": "enabled"}, True), (_OFF, False)])
def test_it_reasons_where_the_model_thinks(
    server: MoonshotSimulator, thinking: dict[str, str], *, reasons: bool
) -> None:
    assert ("reasoning_content" in _message(server, body(thinking=thinking))) is reasons


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k3.1-pro"])
def test_it_reasons_longer_where_more_effort_is_asked_for(
    server: MoonshotSimulator, model: str
) -> None:
    settings: list[dict[str, Any]] = [
        {"thinking": _OFF, "reasoning_effort": "max"},
        {"thinking": {"effort": "low"}, "reasoning_effort": "max"},
        {"reasoning_effort": "high"},
        {"thinking": {"keep": "all"}, "reasoning_effort": "max"},
        {},
    ]
    found = [_message(server, body(model=model, **fields)) for fields in settings]
    none, low, high, most, default = (len(m.get("reasoning_content", "")) for m in found)
    assert none == 0 < low < high < most == default


def test_an_answer_of_a_schema_is_compact(server: MoonshotSimulator) -> None:
    strings = {name: {"type": "string"} for name in ("größe", "b")}
    schema = {"type": "object", "properties": strings, "required": list(strings)}
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    assert _message(server, body(response_format=wanted))["content"] == '{"größe":"","b":""}'


_VALUES = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 2, "maxLength": 3},
        "low": {"type": "integer", "minimum": 3},
        "high": {"type": "number", "maximum": -1.5},
        "flag": {"type": "boolean"},
        "none": {"type": "null"},
        "list": {"type": "array", "minItems": 2, "items": {"type": "string", "enum": ["a"]}},
        "either": {"type": ["string", "null"]},
        "free": {},
        "linked": {"$ref": "#/$defs/node"},
        "unneeded": {"type": "string"},
    },
    "required": [
        *("text", "low", "high", "flag", "none", "list", "either", "free", "linked", "undeclared"),
    ],
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["next"],
        }
    },
}


def test_arguments_are_minimal_and_fit_the_schema(server: MoonshotSimulator) -> None:
    message = _message(server, body(tools=[tool(_VALUES)]))
    arguments = json.loads(message["tool_calls"][0]["function"]["arguments"])
    linked = arguments.pop("linked")
    assert arguments == {
        "text": "xx",
        "low": 3,
        "high": -1.5,
        "flag": False,
        "none": None,
        "list": ["a", "a"],
        "either": "",
        "free": {},
        "undeclared": {},
    }
    while linked is not None:
        linked = linked["next"]


@pytest.mark.parametrize("schema", [s[3] for s in SCHEMAS], ids=[s[0] for s in SCHEMAS])
def test_an_answer_fits_its_schema(server: MoonshotSimulator, schema: dict[str, Any]) -> None:
    if schema.get("properties", {}).get("x") == {"$ref": "#"}:
        assert "required" not in schema
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    content = _message(server, body(response_format=wanted))["content"]
    jsonschema.Draft202012Validator(schema).validate(json.loads(content))


def test_a_schema_that_nothing_fits_is_said_so() -> None:
    endless = {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}
    with MoonshotSimulator(rules="none") as lenient:
        for schema in (endless, {"anyOf": [{"$ref": "#"}]}):
            status, answer = post(lenient, body(tools=[tool(schema)]))
            assert status == 500
            assert "without end" in answer["error"]["message"]
