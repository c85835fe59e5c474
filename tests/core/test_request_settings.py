"""model x endpoint x setting -> the exact payload.

Owns: sampling, token limits, thinking, effort and identity on the chat route. Histories are in
test_history.py, tool_choice in test_tool_choice.py, prompts rendered here in test_request_raw.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from kimi_core.request import Options
from tests.core.asking import ask, payload, tool

WEATHER = [tool()]
PINNED = {"temperature": 1, "top_p": 0.95, "n": 1, "presence_penalty": 0, "frequency_penalty": 0.0}
FREE = {"temperature": 0.0, "presence_penalty": 0.5, "frequency_penalty": 0.5}
OURS = {"prompt_cache_key": "session", "safety_identifier": "user"}
CLIENT = {"tool_call_parser": "client"}

# endpoint, model, settings, payload without its model and messages
ROWS: list[tuple[str, str | None, dict[str, Any], Any]] = [
    # Nothing is sent that was not set.
    ("moonshot", None, {}, snapshot({})),
    ("moonshot", "kimi-k3", {}, snapshot({})),
    ("openrouter", None, {}, snapshot({})),
    ("vllm", None, {}, snapshot({})),
    ("llama.cpp", "kimi-k2.6", {}, snapshot({})),
    # A stream; usage is asked for only where it does not come by itself.
    ("moonshot", None, {"stream": True}, snapshot({"stream": True})),
    ("openrouter", None, {"stream": True}, snapshot({"stream": True})),
    (
        "sglang",
        None,
        {"stream": True},
        snapshot({"stream": True, "stream_options": {"include_usage": True}}),
    ),
    # The token limit under the server's own name.
    ("moonshot", None, {"max_tokens": 99}, snapshot({"max_completion_tokens": 99})),
    ("openrouter", None, {"max_tokens": 99}, snapshot({"max_tokens": 99})),
    ("vllm", None, {"max_tokens": 99}, snapshot({"max_tokens": 99})),
    # Sampling: a pinned value is dropped, and sent where nothing is pinned.
    ("moonshot", "kimi-k3", PINNED, snapshot({})),
    ("moonshot", "kimi-k2.6", {"temperature": 1.0}, snapshot({})),
    (
        "moonshot",
        "kimi-k2.6",
        {"temperature": 0.6, "thinking": False},
        snapshot({"thinking": {"type": "disabled"}}),
    ),
    (
        "openrouter",
        "kimi-k3",
        PINNED,
        snapshot(
            {
                "temperature": 1,
                "top_p": 0.95,
                "n": 1,
                "presence_penalty": 0,
                "frequency_penalty": 0.0,
            }
        ),
    ),
    (
        "vllm",
        None,
        FREE,
        snapshot({"temperature": 0.0, "presence_penalty": 0.5, "frequency_penalty": 0.5}),
    ),
    # Thinking, as each server wants it switched.
    ("moonshot", "kimi-k2.6", {"thinking": True}, snapshot({"thinking": {"type": "enabled"}})),
    ("moonshot", "kimi-k2.6", {"thinking": False}, snapshot({"thinking": {"type": "disabled"}})),
    (
        "moonshot",
        "kimi-k2.6",
        {"keep_thinking": True},
        snapshot({"thinking": {"type": "enabled", "keep": "all"}}),
    ),
    ("moonshot", "kimi-k2.6", {"keep_thinking": False}, snapshot({})),
    ("moonshot", "kimi-k2.7-code", {"thinking": True, "keep_thinking": True}, snapshot({})),
    ("moonshot", "kimi-k3", {"thinking": True}, snapshot({})),
    ("openrouter", "kimi-k2.6", {"thinking": False}, snapshot({"reasoning": {"enabled": False}})),
    (
        "openrouter",
        "kimi-k2.6",
        {"thinking": True, "reasoning_effort": "high"},
        snapshot({"reasoning": {"effort": "high", "enabled": True}}),
    ),
    (
        "openrouter",
        "kimi-k3",
        {"thinking": True, "reasoning_effort": "low"},
        snapshot({"reasoning": {"effort": "low"}}),
    ),
    ("openrouter", "kimi-k2.6", {"keep_thinking": True}, snapshot({})),
    (
        "vllm",
        "kimi-k2.6",
        {"thinking": False},
        snapshot({"chat_template_kwargs": {"thinking": False}}),
    ),
    (
        "sglang",
        "kimi-k2.6",
        {"thinking": True, "keep_thinking": True},
        snapshot({"chat_template_kwargs": {"thinking": True, "preserve_thinking": True}}),
    ),
    ("vllm", "kimi-k2-instruct", {"thinking": False}, snapshot({})),
    ("llama.cpp", "kimi-k2-thinking", {"thinking": True}, snapshot({})),
    # Strength of thinking.
    ("moonshot", "kimi-k3", {"reasoning_effort": "max"}, snapshot({"reasoning_effort": "max"})),
    ("vllm", "kimi-k3", {"reasoning_effort": "low"}, snapshot({"reasoning_effort": "low"})),
    # The rest.
    ("moonshot", None, {"stop": "END"}, snapshot({"stop": "END"})),
    ("moonshot", None, {"stop": ["A", "B"]}, snapshot({"stop": ["A", "B"]})),
    ("moonshot", None, {"stop": []}, snapshot({})),
    (
        "moonshot",
        None,
        {"response_format": {"type": "json_object"}},
        snapshot({"response_format": {"type": "json_object"}}),
    ),
    (
        "moonshot",
        None,
        OURS,
        snapshot({"prompt_cache_key": "session", "safety_identifier": "user"}),
    ),
    (
        "openrouter",
        None,
        {"provider": {"only": ["moonshotai"]}},
        snapshot({"provider": {"only": ["moonshotai"]}}),
    ),
    ("moonshot", None, {"extra": {"logprobs": True}}, snapshot({"logprobs": True})),
    # Several calls at once, said only beside tools.
    (
        "vllm",
        None,
        {"parallel_tool_calls": False, "tools": WEATHER},
        snapshot({"parallel_tool_calls": False}),
    ),
    ("vllm", None, {"parallel_tool_calls": False}, snapshot({})),
    # Calls parsed here: the markers must stay in the text, and vLLM's own parser off.
    (
        "vllm",
        None,
        {"tools": WEATHER, "overrides": CLIENT},
        snapshot(
            {
                "skip_special_tokens": False,
                "spaces_between_special_tokens": False,
                "tool_choice": "none",
            }
        ),
    ),
    (
        "vllm",
        None,
        {"overrides": CLIENT},
        snapshot({"skip_special_tokens": False, "spaces_between_special_tokens": False}),
    ),
    (
        "sglang",
        None,
        {"tools": WEATHER, "overrides": CLIENT},
        snapshot({"skip_special_tokens": False, "spaces_between_special_tokens": False}),
    ),
    ("ktransformers", None, {"tools": WEATHER}, snapshot({})),
    (
        "tensorrt-llm",
        None,
        {"tools": WEATHER, "overrides": CLIENT},
        snapshot({"skip_special_tokens": False, "spaces_between_special_tokens": False}),
    ),
]


@pytest.mark.parametrize(
    ("endpoint", "model", "settings", "expected"),
    ROWS,
    ids=[f"{row[0]}-{row[1]}-{'+'.join(row[2])}" for row in ROWS],
)
def test_the_exact_payload(
    endpoint: str, model: str | None, settings: dict[str, Any], expected: Any
) -> None:
    found = payload(endpoint, model, **settings)
    assert found.pop("tools", None) == settings.get("tools")
    del found["model"]  # test_capabilities.py
    assert found == expected


def test_other_fields_are_sent_as_they_are_and_win() -> None:
    found = payload("moonshot", temperature=1.0, extra={"temperature": 0.3, "model": "another"})
    assert found == {"model": "another", "temperature": 0.3}


def test_the_route() -> None:
    assert ask("moonshot").path == "/chat/completions"
    assert ask("local").path == "/completions"


def test_every_option_has_a_row() -> None:
    rows = {name for row in ROWS for name in row[2]} - {"stream", "tools", "overrides"}
    assert rows == set(Options.__dataclass_fields__) - {"tool_choice"}  # its own file


# model, thinking, setting, value -> the only value accepted
PINS = [
    ("kimi-k3", None, "temperature", 0.6, "1"),
    ("kimi-k3", None, "top_p", 1.0, "0.95"),
    ("kimi-k3", None, "presence_penalty", 0.1, "0"),
    ("kimi-k2.7-code", None, "frequency_penalty", -1.0, "0"),
    ("kimi-k2.6", None, "temperature", 0.6, "1"),
    ("kimi-k2.6", True, "temperature", 0.0, "1"),
    ("kimi-k2.6", False, "temperature", 1.0, "0.6"),
    ("kimi-k2.6", False, "top_p", 0.9, "0.95"),
]


@pytest.mark.parametrize("endpoint", ["moonshot", "moonshot-cn"])
@pytest.mark.parametrize(("model", "thinking", "setting", "value", "only"), PINS)
def test_any_other_value_than_the_pin_is_refused(
    endpoint: str,
    model: str,
    thinking: bool | None,
    setting: str,
    value: float,
    only: str,
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload(endpoint, model, thinking=thinking, **{setting: value})
    assert str(caught.value) == (
        f"{setting}={value} is refused by model {model!r} on {endpoint}: only {only} is accepted. "
        f"Leave {setting} out."
    )


@pytest.mark.parametrize("endpoint", sorted(set(ENDPOINTS) - {"moonshot", "moonshot-cn"}))
def test_elsewhere_sampling_is_free(endpoint: str) -> None:
    found = payload(endpoint, "kimi-k2.6", temperature=0.2, top_p=0.5)
    assert (found["temperature"], found["top_p"]) == (0.2, 0.5)


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm"])
def test_one_answer_a_request(endpoint: str) -> None:
    with pytest.raises(KimiConfigError, match="n=2 is refused: one answer a request; call batch"):
        payload(endpoint, n=2)


# endpoint, model, effort -> rule
EFFORTS = [
    ("moonshot", "kimi-k3", "medium", "takes one of low, high, max; leave it out."),
    ("moonshot", "kimi-k2.6", "high", "has no reasoning_effort; leave it out, or use kimi-k3."),
    ("vllm", "kimi-k2-instruct", "low", "has no reasoning_effort; leave it out, or use kimi-k3."),
]


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize(("endpoint", "model", "effort", "rule"), EFFORTS)
def test_an_effort_that_the_model_has_not_is_refused(
    endpoint: str, model: str, effort: str, rule: str, api: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload(endpoint, model, reasoning_effort=effort, overrides={"api": api})
    assert str(caught.value).startswith(f"reasoning_effort {effort!r} does not go with model ")
    assert str(caught.value).endswith(rule)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("model", sorted(set(MODELS) - {"kimi-k2-base"}))
@pytest.mark.filterwarnings("ignore::kimi_core.capabilities.RetiredModelWarning")
def test_what_was_not_set_is_not_sent(endpoint: str, model: str) -> None:
    row = ENDPOINTS[endpoint]
    found = payload(endpoint, model)
    # The one exception: the completions route, whose own limit is 16 tokens on vLLM.
    allowed = {"model"} if row.api == "chat" else {"model", "prompt", "stop", "max_tokens"}
    if row.tool_call_parser == "client":
        allowed |= set(row.raw_fields)
    assert set(found) == allowed


def test_a_base_model_can_be_asked_although_it_has_no_prompt() -> None:
    assert payload("vllm", "kimi-k2-base") == {"model": "moonshotai/Kimi-K2-Base"}
    with pytest.raises(KimiConfigError, match="model 'kimi-k2-base' has no known prompt"):
        payload("vllm", "kimi-k2-base", overrides={"api": "completions"})
