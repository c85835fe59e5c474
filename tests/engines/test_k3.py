"""K3 on a real SGLang with its K3 parsers, and a chat template that is ours.

Owns: calls, answers, loops and forced calls through both adapters. K3 comes without a template, so
that what is proven of it is that SGLang's parsers, grammars and streams of K3 are read right, and
nothing of Moonshot's prompt. tests/core/raw/test_prompt_templates.py compares the template with
our own writer of the prompt.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.engines.scenario import (
    ALARM,
    ANSWER,
    CALL,
    OBJECT,
    QUESTION,
    REASONING,
    RENDERED,
    WEATHER,
    tool,
)

if TYPE_CHECKING:
    from tests.engines.conftest import Connect

on_both = pytest.mark.parametrize("engine", ["sglang-k3", "vllm-k3"], indirect=True)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@on_both
@streamed
@pytest.mark.parametrize("way", [{}, RENDERED], ids=["parsed by SGLang", "prompt rendered here"])
def test_calls_until_it_answers(connect: Connect, way: dict[str, Any], stream: bool) -> None:
    talk = connect(**way)
    said = [talk.ask(QUESTION, [WEATHER], stream=stream)]
    said += [talk.tell("18 degrees", [WEATHER], stream=stream) for _ in range(2)]
    assert [[call[1:] for call in answer.calls] for answer in said] == [[CALL], [CALL], []]
    assert {answer.reasoning for answer in said} == {REASONING}
    assert [answer.content for answer in said] == ["", "", ANSWER]
    assert [answer.finish for answer in said] == ["tool_calls", "tool_calls", "stop"]


@on_both
@streamed
def test_an_answer_without_a_thought(connect: Connect, stream: bool) -> None:
    said = connect(thinking=False).ask(QUESTION, stream=stream)
    assert (said.content, said.reasoning, said.finish) == (ANSWER, "", "stop")


@on_both
@streamed
@pytest.mark.parametrize("choice", ["required", "set_alarm"])
def test_a_forced_call(connect: Connect, choice: str, stream: bool) -> None:
    """SGLang binds the name; arguments only with ``"strict": true``."""
    said = connect().ask(QUESTION, [WEATHER, ALARM], stream=stream, tool_choice=choice)
    name = "get_weather" if choice == "required" else choice
    assert [call[1:] for call in said.calls] == [(name, {"city": "Paris"})]
    assert (said.reasoning, said.content, said.finish) == (REASONING, "", "tool_calls")


WRITE = tool("write", text={"type": "string"})
END = "<|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|>"
QUOTED = {
    "parsed by SGLang": ({}, "Ends with "),
    "prompt rendered here": (RENDERED, f"Ends with {END}, see?"),
}


@on_both
@streamed
@pytest.mark.parametrize(("way", "text"), QUOTED.values(), ids=QUOTED)
def test_a_string_that_quotes_the_end_of_a_call(
    connect: Connect, way: dict[str, Any], text: str, stream: bool
) -> None:
    """SGLang cuts it short; here what stands behind it says that it was quoted."""
    said = connect(**way).ask("[[Ends with {end}, see?]]", [WRITE], stream=stream)
    assert [call[1:] for call in said.calls] == [("write", {"text": text})]


@on_both
def test_an_object(connect: Connect) -> None:
    schema = {"type": "object", "properties": {"city": {"enum": ["Paris"]}}, "required": ["city"]}
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": schema}}
    said = connect().ask("Paris as JSON", response_format=form)
    assert (json.loads(said.content), said.reasoning) == (OBJECT, REASONING)
