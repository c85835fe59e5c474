"""A history is made fit for the model that gets it, and the caller's messages stay as they are.

Owns: roles, reasoning, empty contents and tool-call ids, seen in the payload of a request.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kimi_core.endpoints import vllm
from kimi_core.errors import KimiConfigError
from tests.core.asking import HELLO, ask, call, payload, result, tool

WEATHER = [tool()]
FIRST_PARTY = ("moonshot", "moonshot-cn")


def sent(endpoint: str, model: str | None, *messages: Any, **rest: Any) -> list[dict[str, Any]]:
    """Return the messages of the payload; check that the given ones did not change."""
    before = copy.deepcopy(messages)
    found: list[dict[str, Any]] = payload(endpoint, model, messages=messages, **rest)["messages"]
    assert messages == before
    return found


def loop(reasoning: str | None, identity: str = "functions.get_weather:0") -> list[dict[str, Any]]:
    """Return a question, a call with its result, an answer, and the next question."""
    turn = {"role": "assistant", "content": "Looking.", "tool_calls": [call(identity)]}
    answer: dict[str, Any] = {"role": "assistant", "content": "Sunny."}
    if reasoning is not None:
        turn["reasoning_content"] = reasoning
        answer["reasoning_content"] = reasoning
    return [*HELLO, turn, result(identity), answer, {"role": "user", "content": "Thanks"}]


# endpoint, model, settings -> the field, its value on the turn with a call and on the answer
REASONING: list[tuple[str, str, dict[str, Any], str, str | None, str | None, str | None]] = [
    # endpoint, model, options, field, reasoning in, on the call, on the answer
    ("moonshot", "kimi-k3", {}, "reasoning_content", " thought\n", " thought\n", " thought\n"),
    ("moonshot", "kimi-k3", {}, "reasoning_content", None, " ", None),
    ("moonshot", "kimi-k2.7-code", {}, "reasoning_content", "thought", "thought", "thought"),
    ("moonshot", "kimi-k2.6", {}, "reasoning_content", "thought", "thought", None),
    ("moonshot", "kimi-k2.6", {"keep_thinking": True}, "reasoning_content", "why", "why", "why"),
    ("moonshot", "kimi-k2.6", {}, "reasoning_content", "", " ", None),
    ("moonshot", "kimi-k2.6", {}, "reasoning_content", None, " ", None),
    ("moonshot", "kimi-k2.6", {"thinking": False}, "reasoning_content", "thought", None, None),
    ("openrouter", "kimi-k2.6", {}, "reasoning", "thought", "thought", None),
    ("openrouter", "kimi-k3", {}, "reasoning", "thought", "thought", "thought"),
    ("vllm", "kimi-k2-thinking", {}, "reasoning", "thought", "thought", None),
    ("sglang", "kimi-k2.6", {}, "reasoning_content", "thought", "thought", None),
    ("llama.cpp", "kimi-k2.6", {}, "reasoning_content", "thought", "thought", None),
    ("vllm", "kimi-k2-instruct", {}, "reasoning", "thought", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "model", "options", "field", "given", "on_call", "on_answer"),
    REASONING,
    ids=[f"{row[0]}-{row[1]}-{row[4]!r}-{'-'.join(row[2])}" for row in REASONING],
)
def test_reasoning_is_sent_back_where_the_model_needs_it(  # noqa: PLR0913, PLR0917 - the columns
    endpoint: str,
    model: str,
    options: dict[str, Any],
    field: str,
    given: str | None,
    on_call: str | None,
    on_answer: str | None,
) -> None:
    messages = sent(endpoint, model, *loop(given), tools=WEATHER, **options)
    assert [message.get(field) for message in messages] == [None, on_call, None, on_answer, None]
    other = {"reasoning", "reasoning_content"} - {field}
    assert not any(other & message.keys() for message in messages)


EMPTY = {"type": "text", "text": ""}

# role, content, other fields -> content that is sent
CONTENTS: dict[str, tuple[dict[str, Any], Any]] = {
    "assistant, text": ({"role": "assistant", "content": "Hi"}, "Hi"),
    "assistant, ''": ({"role": "assistant", "content": ""}, " "),
    "assistant, None": ({"role": "assistant", "content": None}, " "),
    "assistant, no key": ({"role": "assistant"}, " "),
    "assistant, []": ({"role": "assistant", "content": []}, " "),
    "assistant, an empty part": ({"role": "assistant", "content": [EMPTY]}, " "),
    "assistant, no calls": ({"role": "assistant", "content": "", "tool_calls": []}, " "),
    "user, ''": ({"role": "user", "content": ""}, " "),
    "system, None": ({"role": "system", "content": None}, " "),
    "one empty part of two": (
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "a"}]},
        [{"type": "text", "text": "a"}],
    ),
    "a part that is text": ({"role": "user", "content": ["a"]}, ["a"]),
    "an image alone": (
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ms://f"}}]},
        [{"type": "image_url", "image_url": {"url": "ms://f"}}],
    ),
    "a prefix may be empty": ({"role": "assistant", "content": "", "partial": True}, ""),
}  # fmt: skip


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm"])
@pytest.mark.parametrize(("message", "content"), CONTENTS.values(), ids=CONTENTS)
def test_empty_contents_are_filled(endpoint: str, message: dict[str, Any], content: Any) -> None:
    (found,) = sent(endpoint, "kimi-k2.6", message)
    assert found["content"] == content
    assert "tool_calls" not in found


@pytest.mark.parametrize("content", ["", None, [], [{"type": "text", "text": ""}]])
def test_beside_calls_an_empty_string_stays(content: Any) -> None:
    turn = {"role": "assistant", "content": content, "tool_calls": [call("a_0")]}
    assert sent("moonshot", "kimi-k2.6", *HELLO, turn, result("a_0", ""))[1:] == [
        {**turn, "content": "", "reasoning_content": " "},
        result("a_0", " "),
    ]


def test_a_system_message_with_tools_gets_no_content() -> None:
    message = {"role": "system", "tools": WEATHER}
    assert sent("moonshot", "kimi-k3", message, *HELLO) == [message, *HELLO]


def test_roles_and_names() -> None:
    messages = [
        {"role": "system", "content": "One."},
        {"role": "developer", "content": "Two."},
        {"role": "user", "content": "Hi", "name": "Ada"},
    ]
    assert sent("moonshot", None, *messages) == [
        messages[0],
        {"role": "system", "content": "Two."},
        messages[2],
    ]


def ids(messages: list[dict[str, Any]]) -> list[str]:
    """Return all ids of calls and results, in order."""
    return [
        identity
        for message in messages
        for identity in (
            *(made["id"] for made in message.get("tool_calls", ())),
            *([message["tool_call_id"]] if "tool_call_id" in message else ()),
        )
    ]


# The ids that a conversation has, and those that are sent: two calls of one turn, then one more.
IDS = {
    "K3 starts again in every turn": (
        ("get_weather_0", "get_weather_1", "get_weather_0"),
        ("get_weather_0", "get_weather_1", "get_weather_0__2"),
    ),
    "one id for all": (("a", "a", "a"), ("a", "a__2", "a__3")),
    "a foreign id stays": (("call_1", "call_2", "toolu_3"), ("call_1", "call_2", "toolu_3")),
}


@pytest.mark.parametrize("endpoint", FIRST_PARTY)
@pytest.mark.parametrize(("given", "expected"), IDS.values(), ids=IDS)
def test_repeated_ids_are_made_unique_with_their_results(
    endpoint: str, given: tuple[str, str, str], expected: tuple[str, str, str]
) -> None:
    first, second, third = given
    messages = [
        *HELLO,
        {"role": "assistant", "content": "", "tool_calls": [call(first), call(second)]},
        result(first),
        result(second),
        {"role": "assistant", "content": "", "tool_calls": [call(third)]},
        result(third),
    ]
    assert ids(sent(endpoint, "kimi-k3", *messages, tools=WEATHER)) == [
        expected[0], expected[1], expected[0], expected[1], expected[2], expected[2],
    ]  # fmt: skip


@pytest.mark.parametrize("endpoint", ["openrouter", "vllm", "sglang", "llama.cpp"])
def test_elsewhere_foreign_ids_are_made_native(endpoint: str) -> None:
    messages = sent(endpoint, "kimi-k2-instruct", *loop(None, "call_abc"), tools=WEATHER)
    assert ids(messages) == ["functions.get_weather:0"] * 2


MISFITS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a call at the end": (
        [*HELLO, {"role": "assistant", "content": "", "tool_calls": [call("a_0")]}],
        "messages[1] makes tool call 'a_0', and no result follows it",
    ),
    "a call before a question": (
        [*HELLO, {"role": "assistant", "content": "", "tool_calls": [call("a_0")]}, *HELLO],
        "messages[1] makes tool call 'a_0', and no result follows it",
    ),
    "one result of two": (
        [
            *HELLO,
            {"role": "assistant", "content": "", "tool_calls": [call("a_0"), call("a_1")]},
            result("a_0"),
            *HELLO,
        ],
        "messages[1] makes tool call 'a_1', and no result follows it",
    ),
    "a result without its call": (
        [*HELLO, result("a_0")],
        "messages[1] answers tool call 'a_0', which no message before it makes",
    ),
}


@pytest.mark.parametrize(("messages", "sentence"), MISFITS.values(), ids=MISFITS)
def test_a_call_and_its_result_need_each_other(
    messages: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        sent("moonshot", "kimi-k2.6", *messages, tools=WEATHER)
    assert str(caught.value).startswith(sentence)
    assert "Moonshot refuses that." in str(caught.value)
    # Other servers render such a history, so it is theirs to judge.
    assert sent("vllm", "kimi-k2-instruct", *messages, tools=WEATHER)


def test_a_server_of_ones_own_may_want_ids_as_they_are() -> None:
    mine = vllm(rewrites_tool_call_ids=False)
    stray = [*loop(None, "call_abc"), result("call_xyz")]
    assert ids(payload(mine, messages=stray)["messages"]) == ["call_abc", "call_abc", "call_xyz"]


def test_a_prompt_rendered_here_keeps_contents_and_reasoning() -> None:
    empty = [*HELLO, {"role": "assistant", "content": ""}, *HELLO]
    prompt = ask("vllm", "kimi-k2-instruct", messages=empty, overrides={"api": "completions"})
    assert "<|im_assistant|>assistant<|im_middle|><|im_end|>" in prompt.payload["prompt"]
    # No placeholder: the prompt has an empty think block of its own.
    messages = loop(None)[:3]
    prompt = ask("vllm", "kimi-k2.6", messages=messages, overrides={"api": "completions"})
    assert "<think></think>Looking." in prompt.payload["prompt"]
    messages = loop("a thought")[:3]
    prompt = ask("vllm", "kimi-k2.6", messages=messages, overrides={"api": "completions"})
    assert "<think>a thought</think>Looking." in prompt.payload["prompt"]
