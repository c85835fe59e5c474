"""The completions route: the prompt is rendered here, and a forced choice becomes a grammar.

Owns: what stands in such a payload beside the prompt, and what is refused. The prompts themselves
are tested in tests/core/raw, and so are the grammars.
"""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from kimi_core.capabilities import resolve
from kimi_core.endpoints import vllm
from kimi_core.errors import KimiConfigError
from kimi_core.raw.grammar import tool_call_grammar
from kimi_core.raw.prompt import render_prompt
from tests.core.asking import HELLO, ask, named, payload, tool

RAW = {"api": "completions"}
CLIENT = {"tool_call_parser": "client"}
WEATHER = [tool()]
MODELS = {
    "vllm": "moonshotai/Kimi-K2-Instruct",
    "llama.cpp": "moonshotai/Kimi-K2-Instruct",
    "local": "local",
}

# endpoint, model, settings -> payload without model and prompt
ROWS = [
    ("local", None, {}, snapshot({"stop": ["<|im_end|>"], "max_tokens": 1024})),
    ("llama.cpp", None, {"overrides": RAW}, snapshot({"stop": ["<|im_end|>"], "max_tokens": 4096})),
    (
        "vllm",
        None,
        {"overrides": RAW},
        snapshot(
            {
                "stop": ["<|im_end|>"],
                "max_tokens": 4096,
                "skip_special_tokens": False,
                "spaces_between_special_tokens": False,
            }
        ),
    ),
    (
        "vllm",
        None,
        {"overrides": RAW, "stream": True},
        snapshot(
            {
                "stop": ["<|im_end|>"],
                "max_tokens": 4096,
                "skip_special_tokens": False,
                "spaces_between_special_tokens": False,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        ),
    ),
    (
        "sglang",
        None,
        {"overrides": RAW, "max_tokens": 7},
        snapshot(
            {
                "stop": ["<|im_end|>"],
                "max_tokens": 7,
                "skip_special_tokens": False,
                "spaces_between_special_tokens": False,
            }
        ),
    ),
    (
        "llama.cpp",
        None,
        {"overrides": RAW, "stop": "END"},
        snapshot({"stop": ["<|im_end|>", "END"], "max_tokens": 4096}),
    ),
    (
        "llama.cpp",
        "kimi-k3",
        {"overrides": RAW, "stop": ["A", "B"]},
        snapshot({"stop": ["<|end_of_msg|>", "A", "B"], "max_tokens": 4096}),
    ),
    (
        "local",
        None,
        {"temperature": 0.0, "top_p": 0.9, "tools": WEATHER},
        snapshot({"stop": ["<|im_end|>"], "max_tokens": 1024, "temperature": 0.0, "top_p": 0.9}),
    ),
    (
        "local",
        None,
        {"tools": WEATHER, "tool_choice": "auto"},
        snapshot({"stop": ["<|im_end|>"], "max_tokens": 1024}),
    ),
]


@pytest.mark.parametrize(("endpoint", "model", "settings", "expected"), ROWS)
def test_the_exact_payload(
    endpoint: str, model: str | None, settings: dict[str, Any], expected: Any
) -> None:
    request = ask(endpoint, model, **settings)
    found = dict(request.payload)
    assert found.pop("model") == request.capabilities.model
    assert found.pop("prompt").startswith(("<|im_", "<|open|>"))
    assert found == expected
    assert request.path == "/completions"


# What a setting becomes in the prompt: settings of the request -> settings of the renderer.
PROMPTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("kimi-k2-instruct", {}, {"thinking": False}),
    ("kimi-k2-instruct", {"tools": WEATHER}, {"thinking": False, "tools": WEATHER}),
    ("kimi-k2.6", {}, {}),
    ("kimi-k2.6", {"thinking": False}, {"thinking": False}),
    ("kimi-k2.6", {"keep_thinking": True}, {"preserve_thinking": True}),
    ("kimi-k3", {"reasoning_effort": "low"}, {"thinking_effort": "low"}),
    ("kimi-k3", {"response_format": {"type": "json_object"}},
     {"response_format": {"type": "json_object"}}),
    ("kimi-k3", {"tools": WEATHER, "tool_choice": "none"},
     {"tools": WEATHER, "tool_choice": "none"}),
    # A K2 prompt has no word for "none": the tool is not declared.
    ("kimi-k2-instruct", {"tools": WEATHER, "tool_choice": "none"}, {"thinking": False}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "settings", "rendered"), PROMPTS)
def test_the_prompt_says_what_was_set(
    model: str, settings: dict[str, Any], rendered: dict[str, Any]
) -> None:
    found = payload("vllm", model, overrides=RAW, **settings)
    assert found["prompt"] == render_prompt(HELLO, model=model, **rendered)


# Forced choices: endpoint, overrides, model, settings -> arguments of the grammar
FORCED: list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    ("local", {}, "kimi-k2-instruct", {"tool_choice": "required"}, {"engine": "llama.cpp"}),
    ("local", {}, "kimi-k2-instruct", {"tool_choice": "get_weather"},
     {"engine": "llama.cpp", "tool_choice": named()}),
    ("llama.cpp", RAW, "kimi-k2.6", {"tool_choice": "any"},
     {"engine": "llama.cpp", "thinking": True}),
    ("llama.cpp", RAW, "kimi-k2.6", {"tool_choice": True, "thinking": False},
     {"engine": "llama.cpp"}),
    ("vllm", RAW, "kimi-k2-instruct", {"tool_choice": "required", "parallel_tool_calls": True},
     {"engine": "vllm", "parallel": True}),
    ("sglang", RAW, "kimi-k2-thinking", {"tool_choice": "required"}, {"engine": "sglang"}),
    # On the chat route vLLM's own tool_choice has to stay "none", so the grammar forces there too.
    ("vllm", CLIENT, "kimi-k2-instruct", {"tool_choice": "get_weather"},
     {"engine": "vllm", "tool_choice": named()}),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "overrides", "model", "settings", "arguments"), FORCED)
def test_a_forced_choice_becomes_a_grammar(
    endpoint: str,
    overrides: dict[str, Any],
    model: str,
    settings: dict[str, Any],
    arguments: dict[str, Any],
) -> None:
    tools = [tool(), tool("get_time")]
    found = payload(endpoint, model, tools=tools, overrides=overrides, **settings)
    dialect = resolve(model, endpoint).info.dialect
    expected = tool_call_grammar(
        tools, **{"tool_choice": "required", "dialect": dialect, **arguments}
    )
    assert expected
    assert {name: found[name] for name in expected} == expected
    if overrides == CLIENT:
        assert found["tool_choice"] == "none"


def test_sglang_forces_on_the_chat_route_by_a_tag_and_not_by_its_field() -> None:
    found = payload("sglang", None, tools=WEATHER, tool_choice="required", overrides=CLIENT)
    assert "tool_choice" not in found
    assert found["response_format"]["type"] == "structural_tag"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("tensorrt-llm", {"tools": WEATHER, "tool_choice": "required"},
     ("tool_choice 'required' cannot be enforced: endpoint 'tensorrt-llm' has no grammar. Leave "
      "tool_choice at 'auto', or use vllm, sglang or llama.cpp.")),
    ("local", {"response_format": {"type": "json_object"}},
     ("response_format does not go with api 'completions' and model 'local', whose prompt has no "
      "place for it; use api='chat', or a tool with tool_choice.")),
    ("vllm", {"thinking": True}, "thinking=True does not go with model"),
]  # fmt: skip


@pytest.mark.parametrize(("endpoint", "settings", "sentence"), REFUSED)
def test_what_cannot_be_said_there_is_refused(
    endpoint: str, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload(endpoint, None, overrides=RAW, **settings)
    assert sentence in str(caught.value)


# Whether the text that comes back starts inside reasoning.
OPENS = [
    ("kimi-k2.6", None, True), ("kimi-k2.6", False, False), ("kimi-k2-thinking", None, False),
    ("kimi-k2-instruct", None, False), ("kimi-k3", None, True), ("kimi-k2.7-code", True, True),
]  # fmt: skip


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize(("model", "thinking", "opens"), OPENS)
def test_the_request_knows_how_its_answer_begins(
    model: str, thinking: bool | None, opens: bool, api: str
) -> None:
    request = ask("vllm", model, thinking=thinking, overrides={"api": api})
    assert request.opens_reasoning is opens


def test_the_limit_of_an_endpoint_can_be_taken_off() -> None:
    assert "max_tokens" not in payload(vllm(api="completions", completion_max_tokens=None))


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({"logprobs": True}, 1),
        ({"logprobs": True, "top_logprobs": 3}, 3),
        ({"logprobs": 5}, 5),  # this route's own form
    ],
)
def test_log_probabilities_have_another_form_on_this_route(said: dict[str, Any], sent: int) -> None:
    fields = payload("vllm", overrides=RAW, extra=said)
    assert (fields["logprobs"], "top_logprobs" in fields) == (sent, False)
