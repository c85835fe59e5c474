"""The markup that a grammar lets through around the arguments, in both dialects."""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core import parse, tool_call_grammar
from tests.core.raw.gbnf import Grammar

K2_START, K2_END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
K3_START = "<|close|>response<|sep|><|open|>tools<|sep|>"
K3_END = "<|close|>tools<|sep|><|close|>message<|sep|>"
K3_ONLY_TEXT = "<|close|>response<|sep|><|close|>message<|sep|>"


def tool(name: str, parameters: Any = None) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def k2_call(name: str, arguments: str, number: str = "0") -> str:
    header = f"<|tool_call_begin|>functions.{name}:{number}<|tool_call_argument_begin|>"
    return f"{header}{arguments}<|tool_call_end|>"


def k3_call(name: str, arguments: str = "", number: str = "1") -> str:
    header = f'<|open|>call tool="{name}" index="{number}"<|sep|>'
    return f"{header}{arguments}<|close|>call<|sep|>"


def k3_argument(key: str, kind: str, value: str) -> str:
    return f'<|open|>argument key="{key}" type="{kind}"<|sep|>{value}<|close|>argument<|sep|>'


NUMBERS = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
ADD, NOW = tool("add", NUMBERS), tool("now")


def accepts(text: str, tools: list[Any] | None = None, **settings: Any) -> bool:
    grammar = tool_call_grammar(tools or [ADD, NOW], **settings)["grammar"]
    return Grammar(grammar).accepts(text)


CALLS = {
    "k2": (K2_START, [k2_call("add", '{"n":1}'), k2_call("now", "{}", "9999")], K2_END),
    "k3": (K3_START, [k3_call("add", k3_argument("n", "number", "1")), k3_call("now")], K3_END),
}


@pytest.mark.parametrize("dialect", CALLS)
def test_a_required_choice_is_one_call_of_any_tool(dialect: str) -> None:
    start, calls, end = CALLS[dialect]
    assert all(accepts(start + call + end, dialect=dialect) for call in calls)
    assert not accepts(start + end, dialect=dialect)
    assert not accepts("", dialect=dialect)
    assert not accepts("Sure: " + start + calls[0] + end, dialect=dialect)


@pytest.mark.parametrize("dialect", CALLS)
@pytest.mark.parametrize("choice", ["add", {"type": "function", "function": {"name": "add"}}])
def test_a_named_choice_is_that_tool(dialect: str, choice: Any) -> None:
    start, (add, now), end = CALLS[dialect]
    assert accepts(start + add + end, dialect=dialect, tool_choice=choice)
    assert not accepts(start + now + end, dialect=dialect, tool_choice=choice)


def test_a_tool_that_is_named_like_a_choice_is_that_tool() -> None:
    tools = [tool("auto"), tool("now")]
    assert accepts(K2_START + k2_call("auto", "{}") + K2_END, tools, tool_choice="auto")
    assert not accepts("Hello", tools, tool_choice="auto")


@pytest.mark.parametrize("dialect", CALLS)
def test_several_calls_only_where_they_may_be_parallel(dialect: str) -> None:
    start, calls, end = CALLS[dialect]
    text = start + "".join(calls * 2) + end
    assert accepts(text, dialect=dialect, parallel=True)
    assert not accepts(text, dialect=dialect)
    assert len(parse(text, dialect).tool_calls) == 4


THOUGHTS = ["", "Should I? a < b, <|x|>, </div>, <b>", "<", "<<", "</thin", "<|"]


@pytest.mark.parametrize("thought", THOUGHTS)
def test_reasoning_comes_first_where_the_prompt_opened_it(thought: str) -> None:
    start, (add, _), end = CALLS["k2"]
    text = f"{thought}</think>{start}{add}{end}"
    assert accepts(text, thinking=True)
    assert not accepts(start + add + end, thinking=True)
    assert parse(text, thinking=True).reasoning == thought
    start, (add, _), end = CALLS["k3"]
    text = f"{thought}<|close|>think<|sep|><|open|>response<|sep|>{start}{add}{end}"
    assert accepts(text, thinking=True, dialect="k3")
    assert parse(text, "k3", thinking=True).reasoning == thought


@pytest.mark.parametrize("thought", ["a</think>b", "<|tool_calls_section_begin|>"])
def test_reasoning_holds_no_marker(thought: str) -> None:
    """A second end of the reasoning would be content, and a call in it a second call."""
    start, (add, _), end = CALLS["k2"]
    assert not accepts(f"{thought}</think>{start}{add}{end}", thinking=True)


@pytest.mark.parametrize("text", ["", "Hello <b>you</b>", "a <|x|> b <", "<|tool"])
def test_an_automatic_choice_is_text_or_calls_or_both(text: str) -> None:
    start, (add, _), end = CALLS["k2"]
    for written in (text, text + start + add + end):
        assert accepts(written, tool_choice="auto")
        assert accepts("why</think>" + written, tool_choice="auto", thinking=True)
        assert parse(written).content == text
    start, (add, _), end = CALLS["k3"]
    for written in (text + K3_ONLY_TEXT, text + start + add + end):
        assert accepts(written, tool_choice="auto", dialect="k3")
        assert parse(written, "k3").content == text


@pytest.mark.parametrize(
    "text",
    ["<|tool_call_begin|>", K2_START + K2_END, K2_START + k2_call("add", "{}") + K2_END],
    ids=["a marker", "an empty section", "arguments that do not fit"],
)
def test_an_automatic_choice_lets_no_broken_call_through(text: str) -> None:
    assert not accepts(text, tool_choice="auto")


@pytest.mark.parametrize("number", ["", "00", "01", "12345", "x", "-1"])
def test_the_number_of_a_call_is_a_number(number: str) -> None:
    assert not accepts(K2_START + k2_call("now", "{}", number) + K2_END)
    assert not accepts(K3_START + k3_call("now", number=number) + K3_END, dialect="k3")


@pytest.mark.parametrize(
    "parameters", [None, {}, {"type": "object"}, {"type": "object", "properties": {}}]
)
@pytest.mark.parametrize("dialect", CALLS)
def test_a_tool_without_parameters_is_called_without_arguments(
    dialect: str, parameters: Any
) -> None:
    start, (add, now), end = CALLS[dialect]
    tools = [tool("now", parameters)]
    assert accepts(start + now + end, tools, dialect=dialect)
    assert not accepts(start + add.replace("add", "now") + end, tools, dialect=dialect)


NAMES = ["root", "string", "comma", "call", "call-number", "a.b", "mcp__x-y", "北京", "3d", 'q"&']


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", CALLS)
def test_a_tool_may_have_any_name(name: str, dialect: str) -> None:
    """Names of rules are another matter: these are the grammar's own, or could not be one."""
    other = tool("other", {"properties": {name: {"type": "string"}}})
    tools = [tool(name, NUMBERS), other]
    attribute = name.replace("&", "&amp;").replace('"', "&quot;")
    start, _, end = CALLS[dialect]
    call = (
        k2_call(name, '{"n":7}')
        if dialect == "k2"
        else k3_call(attribute, k3_argument("n", "number", "7"))
    )
    text = start + call + end
    assert accepts(text, tools, dialect=dialect, parallel=True)
    (found,) = parse(text, dialect, tools=tools).tool_calls
    assert (found.name, found.arguments.replace(" ", "")) == (name, '{"n":7}')
