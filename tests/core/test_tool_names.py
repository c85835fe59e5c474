"""Tools whose names a server refuses are sent under others, and come back as their caller's.

Owns: the names of one request, from tools, choice and history to the calls of its answer.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.errors import KimiConfigError
from kimi_core.response import ResponseReader
from tests.core.asking import HELLO, ask, call, named, payload, result, tool
from tests.core.reading import delta, fragment, read, whole

LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
LONG = "n" * 130

# The caller's name -> the name on the wire.
NAMES = {
    "get_weather": "get_weather",
    "get-weather": "get-weather",
    "21st_magic_builder": "_21st_magic_builder",
    "get.weather": "get_weather",
    "get weather": "get_weather",
    "$mine": "_mine",
    "a/b:c": "a_b_c",
    "-": "_-",
    "wörter": "w_rter",
    "天气": "__",
    "👍": "_",
    LONG: LONG[:128],
    "7" * 129: "_" + "7" * 127,
    "Answer[int]": "Answer_int_",
}


def names_in(sent: dict[str, Any]) -> list[str]:
    return [each["function"]["name"] for each in sent["tools"]]


@pytest.mark.parametrize(("own", "wire"), NAMES.items(), ids=[*map(ascii, NAMES)])
@pytest.mark.parametrize("endpoint", ["moonshot", "moonshot-cn", "openrouter"])
def test_a_name_is_sent_as_the_nearest_that_is_taken(endpoint: str, own: str, wire: str) -> None:
    assert names_in(payload(endpoint, "kimi-k3", tools=[tool(own)])) == [wire]
    # What pydantic calls a generic class is nobody's choice.
    elsewhere = wire if "[" in own else own
    assert names_in(payload("vllm", "kimi-k3", tools=[tool(own)])) == [elsewhere]


def test_a_dash_is_kept_from_a_parser_that_loses_it() -> None:
    assert names_in(payload("tensorrt-llm", tools=[tool("get-weather"), tool("f")])) == [
        "get_weather",
        "f",
    ]


def test_names_that_become_alike_are_told_apart_whatever_their_order() -> None:
    own = ["get weather", "get.weather", "get_weather", LONG + "a", LONG + "b"]
    sent = names_in(payload("moonshot", "kimi-k3", tools=[tool(name) for name in own]))
    turned = names_in(payload("moonshot", "kimi-k3", tools=[tool(name) for name in own[::-1]]))
    assert sent == turned[::-1]
    assert sent[2] == "get_weather"
    assert len(set(sent)) == len(own)
    assert all(LEGAL.fullmatch(name) for name in sent)


def test_a_name_that_is_there_already_is_never_taken() -> None:
    both = [tool("a.b"), tool("a_b")]
    (first, _) = names_in(payload("moonshot", "kimi-k3", tools=both))
    (second, *rest) = names_in(payload("moonshot", "kimi-k3", tools=[*both, tool(first)]))
    assert second != first
    assert rest == ["a_b", first]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6, unique=True))
def test_any_names_are_legal_and_different(own: list[str]) -> None:
    request = ask("moonshot", "kimi-k3", tools=[tool(name) for name in own])
    sent = names_in(request.payload)
    assert len(set(sent)) == len(own)
    assert all(LEGAL.fullmatch(name) for name in sent)
    assert [request.names.own.get(name, name) for name in sent] == own


@pytest.mark.parametrize("name", ["", None, 3], ids=repr)
def test_what_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(KimiConfigError, match=rf"Tool name {name!r} is refused"):
        payload("moonshot", "kimi-k3", tools=[tool(), tool(name)])


def test_what_is_no_name_elsewhere_is_the_servers_affair() -> None:
    assert names_in(payload("openrouter", "kimi-k3", tools=[tool("")])) == [""]


def test_two_tools_of_one_name_are_refused_under_it() -> None:
    with pytest.raises(KimiConfigError, match=r"Two tools are called 'a\.b'"):
        payload("moonshot", "kimi-k3", tools=[tool("a.b"), tool("a.b")])


def test_an_unknown_choice_is_told_with_the_callers_names() -> None:
    with pytest.raises(KimiConfigError, match=r"one of \['a\.b'\]"):
        payload("moonshot", "kimi-k3", tools=[tool("a.b")], tool_choice="a_b")


@pytest.mark.parametrize("choice", ["a.b", named("a.b")], ids=["name", "dict"])
def test_a_choice_says_the_name_that_is_sent(choice: Any) -> None:
    sent = payload(
        "moonshot",
        "kimi-k2.6",
        tools=[tool("a.b"), tool("c")],
        tool_choice=choice,
        thinking=False,
    )
    assert sent["tool_choice"] == named("a_b")


def test_a_history_says_the_names_that_are_sent() -> None:
    brought = {"role": "system", "tools": [tool("b.c")]}
    made = [call("x:0", "a.b"), call("x:1", "b.c"), call("x:2", "gone.by"), call("x:3", "$search")]
    turn = {"role": "assistant", "content": "", "tool_calls": made}
    results = [
        {**result(f"x:{number}"), "name": made[number]["function"]["name"]} for number in (0, 3)
    ]
    messages = [
        brought,
        {"role": "user", "content": "Hi", "name": "a.b"},
        turn,
        *results,
        result("x:1"),
        result("x:2"),
    ]
    sent = payload("moonshot", "kimi-k3", messages=messages, tools=[tool("a.b")])["messages"]
    assert sent[0]["tools"][0]["function"]["name"] == "b_c"
    assert sent[1]["name"] == "a.b"  # a speaker
    names = [each["function"]["name"] for each in sent[2]["tool_calls"]]
    # Moonshot's own functions begin with a dollar.
    assert names == ["a_b", "b_c", "gone_by", "$search"]
    assert [each["name"] for each in sent if each["role"] == "tool" and "name" in each] == [
        "a_b",
        "$search",
    ]
    assert made[0]["function"]["name"] == "a.b"


def test_moonshots_own_function_keeps_its_name_and_calls() -> None:
    builtin = {"type": "builtin_function", "function": {"name": "$web_search"}}
    turn = {"role": "assistant", "content": "", "tool_calls": [call("x:0", "$web_search")]}
    messages = [*HELLO, turn, result("x:0")]
    request = ask("moonshot", "kimi-k2.6", messages=messages, tools=[builtin, tool("a.b")])
    assert names_in(request.payload) == ["$web_search", "a_b"]
    assert request.payload["messages"][1]["tool_calls"][0]["function"]["name"] == "$web_search"


RAW = "<|tool_calls_section_begin|><|tool_call_begin|>functions.a_b:0<|tool_call_argument_begin|>{}"
END = "<|tool_call_end|><|tool_calls_section_end|>"
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "streamed": [
        delta(tool_calls=[fragment(0, "a_b:0", "a_b", "")]),
        delta(tool_calls=[fragment(0, None, None, "{}")]),
        delta("tool_calls"),
    ],
    "whole": [whole("tool_calls", content="", tool_calls=[fragment(0, "a_b:0", "a_b", "{}")])],
    "raw, streamed": [delta(content=RAW), delta(content=END), delta("stop")],
    "raw, whole": [whole(content=RAW + END)],
    "its own name after all": [
        whole("tool_calls", content="", tool_calls=[fragment(0, "x", "a.b", "{}")])
    ],
}


@pytest.mark.parametrize("chunks", ANSWERS.values(), ids=ANSWERS)
def test_a_call_comes_back_under_the_callers_name(chunks: list[dict[str, Any]]) -> None:
    tools, parser = [tool("a.b"), tool("c")], {"tool_call_parser": "client"}
    request = ask("moonshot", "kimi-k2.6", tools=tools, overrides=parser, thinking=False)
    reader, _ = read(chunks, ResponseReader(request))
    assert [each.name for each in reader.message().tool_calls] == ["a.b"]
    assert reader.diagnostics == ()


def test_a_name_that_nobody_sent_comes_back_as_it_is() -> None:
    request = ask("moonshot", "kimi-k2.6", tools=[tool("a.b")])
    chunks = [delta(tool_calls=[fragment(0, "x", "other", "{}")]), delta("tool_calls")]
    reader, _ = read(chunks, ResponseReader(request))
    assert [each.name for each in reader.message().tool_calls] == ["other"]


# The id, the name that the server read in it, and the tool that is called.
PARTS = {
    "the last part": ("functions.get.weather:0", "weather", "get.weather"),
    "the second part": ("functions.get.weather:0", "get", "get.weather"),
    "no part of the id": ("functions.get.weather:0", "other", "other"),
    "an id of no tool": ("functions.see.weather:0", "weather", "weather"),
    "an id of the servers own": ("call_1", "weather", "weather"),
}


@pytest.mark.parametrize(("identity", "said", "called"), PARTS.values(), ids=PARTS)
def test_an_id_says_the_tool_of_which_a_parser_gives_a_part(
    identity: str, said: str, called: str
) -> None:
    request = ask("vllm", "kimi-k2-instruct", tools=[tool("get.weather")])
    made = [whole("tool_calls", content="", tool_calls=[fragment(0, identity, said, "{}")])]
    reader, _ = read(made, ResponseReader(request))
    assert [each.name for each in reader.message().tool_calls] == [called]


FORMATS = {
    "Page[Item]": "Page_Item_",
    "two words": "two_words",
    "n" * 70: "n" * 64,
    "legal-one_2": "legal-one_2",
}


@pytest.mark.parametrize(("own", "wire"), FORMATS.items(), ids=FORMATS)
@pytest.mark.parametrize("endpoint", ["moonshot", "vllm", "custom"])
def test_the_name_of_a_response_format_is_one_that_servers_take(
    endpoint: str, own: str, wire: str
) -> None:
    form = {"name": own, "schema": {"type": "object", "properties": {}}}
    wanted = {"type": "json_schema", "json_schema": form}
    sent = payload(endpoint, "kimi-k3", response_format=wanted)
    assert sent["response_format"]["json_schema"]["name"] == wire
    assert form["name"] == own
