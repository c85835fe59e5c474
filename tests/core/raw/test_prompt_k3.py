"""What only the K3 prompt has: instructions, tools added midway, numbered results, typed arguments.

May know: `render_prompt` and K3's markup. The goldens cover what is common.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.raw.prompt import render_prompt

HI = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def _render(*messages: dict[str, Any], **settings: Any) -> str:
    return render_prompt(messages, model="kimi-k3", add_generation_prompt=False, **settings)


def _call(name: str, identity: str | None = None, arguments: Any = "{}") -> dict[str, Any]:
    return {"id": identity, "function": {"name": name, "arguments": arguments}}


def _calling(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(calls)}


def _result(identity: str | None, content: str, **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content, **more}


def _results(prompt: str) -> list[str]:
    opened = '<|open|>message role="tool" '
    return [
        piece.replace("<|sep|>", " ").partition("<|close|>")[0]
        for piece in prompt.split(opened)[1:]
    ]


def test_a_system_message_with_tools_adds_them_midway_with_sorted_keys() -> None:
    prompt = _render(HI, {"role": "system", "tools": [TOOL]})
    assert prompt.endswith(
        '<|open|>message role="system" type="tool-declare"<|sep|>## New Tools Available\n'
        "The system dynamically extends the toolset via lazy-loading.\n"
        "You have access to all existing and extended tools.\n"
        "Here are the specs for the extended tools.\n\n"
        '```json\n[{"function":{"name":"f","parameters":{}},"type":"function"}]\n```'
        "<|close|>message<|sep|><|end_of_msg|>"
    )


@pytest.mark.parametrize("effort", ["low", "high", "max"])
def test_the_effort_stands_behind_the_tools_and_before_the_messages(effort: str) -> None:
    prompt = _render(HI, tools=[TOOL], thinking_effort=effort)
    declared, said, asked = (
        prompt.index(part) for part in ("# Tools", f"`thinking_effort={effort}`.", "Hi")
    )
    assert declared < said < asked


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (None, None),
        ("auto", None),
        ("required", "`tool_choice=required`.\nYou MUST call tools in the next message."),
        ("none", "`tool_choice=none`.\nYou MUST NOT call any tools in the next message."),
        ({"type": "function", "function": {"name": "f"}}, "`tool_choice=required`.\nYou MUST call"),
    ],
    ids=["absent", "auto", "required", "none", "named"],
)
def test_the_tool_choice_is_said_in_the_last_message(choice: Any, sentence: str | None) -> None:
    prompt = _render(HI, tool_choice=choice)
    added = prompt.removeprefix(_render(HI))
    assert (sentence or "") in added
    assert bool(added) is (sentence is not None)


@pytest.mark.parametrize(
    "wrapper",
    [{"name": "n", "schema": {"b": 1, "a": "é"}}, {"b": 1, "a": "é"}],
    ids=["wrapped", "bare"],
)
def test_a_json_schema_is_shown_sorted_and_compact(wrapper: dict[str, Any]) -> None:
    prompt = _render(HI, response_format={"type": "json_schema", "json_schema": wrapper})
    assert "`response_format=json_schema`.\nYour response must be raw JSON data" in prompt
    assert 'must match the following schema:\n```json\n{"a":"é","b":1}\n```<|close|>' in prompt


def test_a_text_response_format_says_nothing() -> None:
    assert _render(HI, response_format={"type": "text"}) == _render(HI)


def test_results_are_sorted_into_the_order_of_their_calls_and_named_by_them() -> None:
    calls = _calling(_call("f", "a"), _call("g", "b"))
    prompt = _render(calls, _result("b", "2", name="stale"), _result("a", "1"))
    assert _results(prompt) == ['tool="f" index="1" 1', 'tool="g" index="2" 2']


def test_a_run_with_an_unknown_id_keeps_its_order_and_takes_names_by_position() -> None:
    calls = _calling(_call("f", "a"), _call("g", "b"))
    prompt = _render(calls, _result("b", "x"), _result("?", "y", name="h"))
    assert _results(prompt) == ['tool="f" index="1" x', 'tool="h" index="2" y']


def test_numbers_go_on_over_an_interruption_and_restart_with_the_next_calls() -> None:
    prompt = _render(
        _calling(_call("f"), _call("g")),
        _result(None, "x"),
        HI,
        _result(None, "y"),
        _calling(_call("h")),
        _result(None, "z"),
    )
    assert _results(prompt) == [
        'tool="f" index="1" x',
        'tool="g" index="2" y',
        'tool="h" index="1" z',
    ]


def test_of_two_calls_with_one_id_the_first_takes_both_results() -> None:
    calls = _calling(_call("f", "a"), _call("g", "a"))
    prompt = _render(calls, _result("a", "x"), _result("a", "y"))
    assert _results(prompt) == ['tool="f" index="1" x', 'tool="f" index="2" y']


def test_a_result_without_name_or_call_is_an_error() -> None:
    with pytest.raises(KimiConfigError, match="'lost' belongs to no call"):
        _render(_result("lost", "x"))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('a "b" <c>', 'type="string"<|sep|>a "b" <c><|close|>'),
        ("", 'type="string"<|sep|><|close|>'),
        (1, 'type="number"<|sep|>1<|close|>'),
        (1.5, 'type="number"<|sep|>1.5<|close|>'),
        (True, 'type="boolean"<|sep|>true<|close|>'),
        (None, 'type="null"<|sep|>null<|close|>'),
        ({"k": "é"}, 'type="object"<|sep|>{"k": "é"}<|close|>'),
        ([1, "x"], 'type="array"<|sep|>[1, "x"]<|close|>'),
    ],
    ids=str,
)
def test_arguments_are_typed_strings_raw_and_the_rest_json(value: Any, written: str) -> None:
    prompt = _render(_calling(_call("f", arguments={"x": value})))
    assert f'<|open|>argument key="x" {written}argument<|sep|>' in prompt


@pytest.mark.parametrize("arguments", [None, "", " ", "{}", {}], ids=repr)
def test_a_call_without_arguments_is_an_empty_element(arguments: Any) -> None:
    prompt = _render(_calling(_call("f", arguments=arguments)))
    assert '<|open|>call tool="f" index="1"<|sep|><|close|>call<|sep|>' in prompt


@pytest.mark.parametrize(
    ("arguments", "raw"),
    [
        ('{"x": oops', '{"x": oops'),
        ("[1]", "[1]"),
        ("null", "null"),
        ([1, "é"], '[1, "é"]'),
        ("9" * 5000, "9" * 5000),
        ("[" * 100_000, "[" * 100_000),
    ],
    ids=["broken", "array", "null", "not text", "number beyond Python's limit", "too deep"],
)
def test_arguments_that_are_no_object_are_kept_as_they_are(arguments: Any, raw: str) -> None:
    prompt = _render(_calling(_call("f", arguments=arguments)))
    assert f'<|open|>json type="object"<|sep|>{raw}<|close|>json<|sep|>' in prompt


def test_attributes_are_escaped_and_bodies_are_not() -> None:
    text = 'a&"<b>"'
    prompt = _render({"role": "user", "name": text, "content": text})
    escaped = "a&amp;&quot;<b>&quot;"
    assert prompt.startswith(f'<|open|>message role="user" name="{escaped}"<|sep|>{text}<|close|>')


def test_developer_is_a_system_message_and_names_are_kept() -> None:
    prompt = _render({"role": "developer", "name": "n", "content": "x"})
    assert prompt.startswith('<|open|>message role="system" name="n"<|sep|>x<|close|>')


def test_an_unknown_role_is_an_error_and_not_dropped() -> None:
    with pytest.raises(KimiConfigError, match="'function' has no place"):
        _render({"role": "function", "content": "x"})


def test_blank_reasoning_leaves_the_channel_empty() -> None:
    prompt = _render({"role": "assistant", "content": "x", "reasoning_content": " \n"})
    assert "<|open|>think<|sep|><|close|>think<|sep|>" in prompt
