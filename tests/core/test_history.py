"""A history is made fit for the model that gets it, and the caller's messages stay as they are.

Owns: what holds for any history, and prompts rendered here. What becomes of each message on the
chat route is in the table of payloads (test_payloads.py).
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.endpoints import vllm
from kimi_core.errors import KimiConfigError
from kimi_core.raw.prompt import render_prompt
from kimi_core.request._tool_results import NO_RESULT
from tests.core.asking import HELLO, ask, call, payload, result, tool

WEATHER = [tool()]
RAW = {"api": "completions"}


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


@pytest.mark.parametrize("endpoint", ["openrouter", "vllm", "sglang", "llama.cpp"])
def test_elsewhere_foreign_ids_are_made_native(endpoint: str) -> None:
    messages = sent(endpoint, "kimi-k2-instruct", *loop(None, "call_abc"), tools=WEATHER)
    assert ids(messages) == ["functions.get_weather:0"] * 2


def test_a_server_of_ones_own_may_want_ids_as_they_are() -> None:
    mine = vllm(rewrites_tool_call_ids=False)
    stray = [*loop(None, "call_abc"), result("call_xyz")]
    assert ids(payload(mine, messages=stray)["messages"]) == ["call_abc", "call_abc", "call_xyz"]


def test_a_prompt_rendered_here_keeps_contents_and_reasoning() -> None:
    empty = [*HELLO, {"role": "assistant", "content": ""}, *HELLO]
    prompt = ask("vllm", "kimi-k2-instruct", messages=empty, overrides=RAW)
    assert "<|im_assistant|>assistant<|im_middle|><|im_end|>" in prompt.payload["prompt"]
    # No placeholder: the prompt has an empty think block of its own.
    messages = loop(None)[:3]
    prompt = ask("vllm", "kimi-k2.6", messages=messages, overrides=RAW)
    assert "<think></think>Looking." in prompt.payload["prompt"]
    messages = loop("a thought")[:3]
    prompt = ask("vllm", "kimi-k2.6", messages=messages, overrides=RAW)
    assert "<think>a thought</think>Looking." in prompt.payload["prompt"]


def prompt_of(model: str, *messages: Any) -> str:
    """Return the prompt that is rendered for a vLLM."""
    found: str = payload("vllm", model, messages=messages, overrides=RAW)["prompt"]
    return found


@pytest.mark.parametrize("model", ["kimi-k2-instruct", "kimi-k2.6", "kimi-k3"])
def test_a_missing_result_is_in_a_prompt_rendered_here_too(model: str) -> None:
    turn = {"role": "assistant", "content": "", "tool_calls": [call("functions.get_weather:0")]}
    filled = [*HELLO, turn, result("functions.get_weather:0", NO_RESULT), *HELLO]
    found = prompt_of(model, *HELLO, turn, *HELLO)
    assert found == render_prompt(filled, model=model, thinking=model != "kimi-k2-instruct")
    assert NO_RESULT in found


@pytest.mark.parametrize("model", ["kimi-k2-instruct", "kimi-k2.6"])
def test_a_prefix_is_left_open_in_a_prompt_rendered_here(model: str) -> None:
    request = ask(
        "vllm",
        model,
        messages=[*HELLO, {"role": "assistant", "content": "Once upon", "partial": True}],
        overrides=RAW,
    )
    assert request.payload["prompt"].endswith("Once upon")
    assert request.opens_reasoning is False
    closed = prompt_of(model, *HELLO, {"role": "assistant", "content": "Once upon"})
    assert "Once upon<|im_end|><|im_assistant|>assistant" in closed


IDS = st.sampled_from(["", "a", "b", "functions.get_weather:0", "call_x"])
CALLS = st.lists(IDS, max_size=3).map(
    lambda identities: {
        "role": "assistant",
        "content": "x",
        "tool_calls": [call(identity) for identity in identities],
    }
)
MESSAGES = st.lists(
    st.one_of(CALLS, IDS.map(result), st.just({"role": "user", "content": "Hi"})), max_size=8
)


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm"])
@given(messages=MESSAGES)
def test_every_call_is_followed_by_its_result(endpoint: str, messages: list[Any]) -> None:
    """And nothing that was said is lost, or said in another order."""
    try:
        found = sent(endpoint, "kimi-k2.6", *messages)
    except KimiConfigError as error:
        stray = endpoint == "moonshot" and "which no message before it makes" in str(error)
        assert stray or "has no tool_call_id" in str(error)  # noqa: PT017
        return
    for position, message in enumerate(found):
        wanted = {made["id"] for made in message.get("tool_calls", ())}
        behind = found[position + 1 :]
        end = next((n for n, one in enumerate(behind) if one["role"] != "tool"), len(behind))
        assert wanted <= {one["tool_call_id"] for one in behind[:end]}
    made = [identity["id"] for one in found for identity in one.get("tool_calls", ())]
    assert max(Counter(made).values(), default=1) == 1
    spoken = [one["role"] for one in messages if one["role"] != "tool"]
    assert [one["role"] for one in found if one["role"] != "tool"] == spoken
    results = [one for one in messages if one["role"] == "tool"]
    assert len([one for one in found if one.get("content") == "sunny"]) == len(results)
    assert sent(endpoint, "kimi-k2.6", *found) == found
    # Also where all of it is looked at, because something behind it is to be mended.
    unanswered = {"role": "assistant", "content": "x", "tool_calls": [call("call_last")]}
    *again, _, _ = sent(endpoint, "kimi-k2.6", *found, unanswered)
    assert again == found


# what stands in the history -> what is sent
ARGUMENTS = {
    "legal": ('{ "city":"Z\\u00fcrich",\n"days":3.0 }', '{ "city":"Z\\u00fcrich",\n"days":3.0 }'),
    "legal, and no object": ("[1]", "[1]"),
    "a raw line end": ('{"city":"Pa\nris" }', '{"city":"Pa\\nris" }'),
    "nothing": ("", "{}"),
    "cut": (
        '{"city": "Par',
        '{"invalid_arguments": "{\\"city\\": \\"Par", "error": "the call was cut off"}',
    ),
}


@pytest.mark.parametrize(("given", "legal"), ARGUMENTS.values(), ids=ARGUMENTS)
@pytest.mark.parametrize("endpoint", ["moonshot", "openrouter"])
def test_arguments_are_json_that_every_server_reads(endpoint: str, given: str, legal: str) -> None:
    """Moonshot refuses every later request of a conversation that holds other arguments."""
    turn = {"role": "assistant", "content": "", "tool_calls": [call("a:0", arguments=given)]}
    messages = sent(endpoint, "kimi-k2.6", *HELLO, turn, result("a:0"))
    assert messages[1]["tool_calls"][0]["function"]["arguments"] == legal


@pytest.mark.parametrize("given", [text for text, _ in ARGUMENTS.values()], ids=ARGUMENTS)
def test_a_prompt_that_is_rendered_here_holds_what_the_model_wrote(given: str) -> None:
    turn = {"role": "assistant", "content": "", "tool_calls": [call("a:0", arguments=given)]}
    messages = [*HELLO, turn, result("a:0")]
    found = ask("vllm", "kimi-k2-instruct", messages=messages, overrides=RAW).payload["prompt"]
    assert f"<|tool_call_argument_begin|>{given}<|tool_call_end|>" in found


@pytest.mark.parametrize("odd", [None, {"city": "Ulm"}, 3, ["x"]], ids=repr)
def test_arguments_that_are_no_text_are_not_touched(odd: Any) -> None:
    turn = {"role": "assistant", "content": "", "tool_calls": [call("a:0", arguments=odd)]}
    messages = sent("moonshot", "kimi-k2.6", *HELLO, turn, result("a:0"))
    assert messages[1]["tool_calls"][0]["function"]["arguments"] == odd


def _turn(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": "x", "tool_calls": list(calls)}


def _result(identity: Any, content: str, **fields: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identity, "content": content, **fields}


F0, F1, G0 = (f"functions.{name}" for name in ("f:0", "f:1", "g:0"))

# calls and results without ids, or with odd ones -> the id of each call, and what answers it
WITHOUT_IDS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "the first": ([_turn(call("", "f")), _result("", "1")], [(F0, "1")]),
    "null": ([_turn(call(None, "f")), _result(None, "1")], [(F0, "1")]),  # type: ignore[arg-type]
    "blanks": ([_turn(call("  ", "f")), _result(" ", "1")], [(F0, "1")]),
    "no field": (
        [_turn({"function": {"name": "f", "arguments": "{}"}}), {"role": "tool", "content": "1"}],
        [(F0, "1")],
    ),
    "two, in order": (
        [_turn(call("", "f"), call("", "f")), _result("", "1"), _result("", "2")],
        [(F0, "1"), (F1, "2")],
    ),
    "two, by the names of their tools": (
        [
            _turn(call("", "f"), call("", "g")),
            _result("", "of g", name="g"),
            _result("", "of f", name="f"),
        ],
        [(F0, "of f"), (G0, "of g")],
    ),
    "the name in place of the id": (
        [_turn(call("", "f"), call("", "g")), _result("g", "of g"), _result("f", "of f")],
        [(F0, "of f"), (G0, "of g")],
    ),
    "another id in the result": ([_turn(call("", "f")), _result("call_1", "1")], [(F0, "1")]),
    "one of two": (
        [_turn(call("a", "f"), call("", "f")), _result("", "2"), _result("a", "1")],
        [("a", "1"), (F0, "2")],
    ),
    "only the result has none": (
        [_turn(call("a", "f"), call("b", "f")), _result("a", "1"), _result("", "2")],
        [("a", "1"), ("b", "2")],
    ),
    "one id twice, and none": (
        [_turn(call("a", "f"), call("a", "f")), _result("a", "1"), _result("", "2")],
        [("a", "1"), ("a__2", "2")],
    ),
    "several turns": (
        [_turn(call("", "f")), _result("", "1"), _turn(call("", "f")), _result("", "2")],
        [(F0, "1"), (F1, "2")],
    ),
    "an id that is there already": (
        [_turn(call("", "f")), _result("", "1"), _turn(call(F0, "f")), _result(F0, "2")],
        [(F1, "1"), (F0, "2")],
    ),
    "a result that comes late": (
        [_turn(call("", "f")), _turn(call("a", "f")), _result("a", "2"), _result("", "1")],
        [(F0, "1"), ("a", "2")],
    ),
    "a late result with its id": (
        [_turn(call("a", "f")), _turn(call("", "f")), _result("", "2"), _result("a", "1")],
        [("a", "1"), (F0, "2")],
    ),
    "no result": ([_turn(call("", "f"))], [(F0, NO_RESULT)]),
}


@pytest.mark.parametrize(("messages", "pairs"), WITHOUT_IDS.values(), ids=WITHOUT_IDS)
def test_a_call_without_an_id_keeps_its_result(
    messages: list[dict[str, Any]], pairs: list[tuple[str, str]]
) -> None:
    found = sent("moonshot", "kimi-k2.6", *HELLO, *messages)
    made = [each["id"] for one in found for each in one.get("tool_calls", ())]
    answers = {one["tool_call_id"]: one["content"] for one in found if one["role"] == "tool"}
    assert [(identity, answers[identity]) for identity in made] == pairs
    assert len([one for one in found if one["role"] == "tool"]) == len(pairs)
    # Elsewhere ids are Kimi's own, and the pairs are the same.
    found = sent("vllm", "kimi-k2.6", *HELLO, *messages)
    answers = {one["tool_call_id"]: one["content"] for one in found if one["role"] == "tool"}
    made = [each["id"] for one in found for each in one.get("tool_calls", ())]
    assert [answers[identity] for identity in made] == [content for _, content in pairs]
    assert all(identity.startswith("functions.") for identity in made)


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm"])
@pytest.mark.parametrize(
    "before", [[], [_turn(call("a")), result("a")]], ids=["no call", "no call that waits"]
)
def test_a_result_that_belongs_to_nothing_is_told(endpoint: str, before: list[Any]) -> None:
    messages = [*HELLO, *before, _result("", "1")]
    position = len(messages) - 1
    with pytest.raises(KimiConfigError, match=rf"^messages\[{position}\] is the result of a tool"):
        sent(endpoint, "kimi-k2.6", *messages)


def test_an_unknown_id_takes_no_call_that_has_its_own() -> None:
    messages = [*HELLO, _turn(call("", "f"), call("b", "f")), _result("x", "1"), _result("y", "2")]
    with pytest.raises(KimiConfigError, match="answers tool call 'y'"):
        sent("moonshot", "kimi-k2.6", *messages)
