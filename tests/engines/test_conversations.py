"""What real engines answer, by every way of asking that this package has for them.

Owns: calls, answers, forced calls and loops of three rounds, through both adapters.

What is marked deep is asked by both adapters there; by turns it is in test_matrix, in each run.

The engines are real, the model is a tiny one that follows a script (support/model_files.py): with
tools it calls get_weather for Paris until it has two results, without tools it answers at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.scenario import (
    ALARM,
    ANSWER,
    CALL,
    HERE,
    QUESTION,
    REASONING,
    RENDERED,
    WEATHER,
)

if TYPE_CHECKING:
    from tests.engines.conftest import Connect

# What forces a call: the server's own grammar, or ours as a structural tag.
FORCING: dict[str, tuple[str, dict[str, Any]]] = {
    "parsed by vLLM": ("vllm", {}),
    "parsed by vLLM, slow tokenizer": ("vllm-slow", {}),
    "parsed here": ("vllm-raw", HERE),
    "prompt rendered here": ("vllm", RENDERED),
    "prompt rendered here, slow tokenizer": ("vllm-slow", RENDERED),
}
# A grammar that begins with the call, whatever the server was started with.
SGLANG: dict[str, tuple[str, dict[str, Any]]] = {
    "parsed by SGLang": ("sglang", {}),
    "SGLang without a reasoning parser": ("sglang-no-reasoning", {}),
    "SGLang without parsers": ("sglang-raw", {}),
    "SGLang, parsed here": ("sglang-raw", HERE),
    "SGLang, prompt rendered here": ("sglang-raw", RENDERED),
}
WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    **FORCING,
    **SGLANG,
    "transformers": ("transformers", {}),
    "transformers, prompt rendered here": ("transformers", RENDERED),
}


def ways(table: dict[str, tuple[str, dict[str, Any]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("engine", "way"), table.values(), ids=table, indirect=["engine"]
    )


pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.mark.deep
@ways(WAYS)
@streamed
def test_a_call(connect: Connect, way: dict[str, Any], stream: bool) -> None:
    said = connect(**way).ask(QUESTION, [WEATHER], stream=stream)
    assert [call[1:] for call in said.calls] == [CALL]
    assert (said.content, said.reasoning.strip()) == ("", REASONING.strip())
    assert said.finish == "tool_calls"
    assert said.prompt_tokens > 0


@pytest.mark.deep
@ways(WAYS)
@streamed
def test_an_answer(connect: Connect, way: dict[str, Any], stream: bool) -> None:
    said = connect(**way).ask(QUESTION, stream=stream)
    assert (said.content.strip(), said.reasoning.strip()) == (ANSWER, REASONING.strip())
    assert (said.calls, said.finish) == ((), "stop")


@ways(WAYS)
def test_three_rounds(connect: Connect, way: dict[str, Any]) -> None:
    """Reasoning and calls go back as the model needs them, so that it answers in the end."""
    conversation = connect(**way)
    said = [conversation.ask(QUESTION, [WEATHER])]
    said += [conversation.tell("18 degrees", [WEATHER], stream=stream) for stream in (True, False)]
    assert [[call[1:] for call in answer.calls] for answer in said] == [[CALL], [CALL], []]
    assert said[-1].content.strip() == ANSWER
    assert said[0].prompt_tokens < said[1].prompt_tokens < said[2].prompt_tokens


@pytest.mark.deep
@ways({**FORCING, **SGLANG})
@streamed
@pytest.mark.parametrize("choice", ["required", "get_weather"])
def test_a_forced_call(connect: Connect, way: dict[str, Any], choice: str, stream: bool) -> None:
    said = connect(**way).ask(QUESTION, [WEATHER, ALARM], stream=stream, tool_choice=choice)
    assert [call[1:] for call in said.calls] == [CALL]
    assert (said.content, said.finish) == ("", "tool_calls")


@ways({name: way for name, way in FORCING.items() if way[1]})
@pytest.mark.parametrize("thinking", [False, None], ids=["not thinking", "thinking"])
def test_our_grammar_makes_a_call_that_the_model_would_never_make(
    connect: Connect, way: dict[str, Any], thinking: bool | None
) -> None:
    """The script knows no alarm: name and arguments are the grammar's work alone."""
    conversation = connect(**way, thinking=thinking)
    said = conversation.ask(QUESTION, [WEATHER, ALARM], tool_choice="set_alarm")
    assert [call[1:] for call in said.calls] == [("set_alarm", {"day": "Monday", "hour": 7})]
    assert bool(said.reasoning) == (thinking is None)
