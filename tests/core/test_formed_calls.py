"""Content that is the arguments of a call which the model could not be forced to make.

Owns: which content that is, whole, streamed and cut anywhere.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.response import ResponseReader
from tests.core.asking import ask, tool
from tests.core.reading import delta, fragment, read, whole

pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")

TOOL = tool("get.weather")
TOOL["function"]["parameters"] |= {"required": ["city"], "additionalProperties": False}
ULM = '{"city": "Ulm"}'
# What the model writes -> the arguments of the call, if it is one, and the text that is left.
WRITTEN: dict[str, tuple[str, str | None, str]] = {
    "an object": (ULM, ULM, ""),
    "with blanks": (f"\n {ULM}\n", ULM, ""),
    "in a fence": (f"```json\n{ULM}\n```", ULM, ""),
    "in a fence without a name": (f"```\n{ULM}\n```\n", ULM, ""),
    "behind a sentence": (f"Here:\n```json\n{ULM}\n```", ULM, f"Here:\n```json\n{ULM}\n```"),
    "quoted in a sentence": (f"I would say {ULM}.", None, f"I would say {ULM}."),
    "another object in a sentence": ('A:\n```\n{"b": 1}\n```', None, 'A:\n```\n{"b": 1}\n```'),
    "text": ("It is sunny.", None, "It is sunny."),
    "code": ("`f()` is it.", None, "`f()` is it."),
    "a list": ("[1]", None, "[1]"),
    "nothing": ("", None, ""),
}


def request(**asked: Any) -> Any:
    options: dict[str, Any] = {"tools": [TOOL, tool("b")], "tool_choice": "get.weather", **asked}
    return ask("moonshot", "kimi-k2.7-code", stream=True, **options)


@pytest.mark.parametrize(("text", "arguments", "left"), WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("size", [0, 1, 7], ids=["whole", "by letters", "by sevens"])
def test_arguments_in_the_content_are_the_call(
    text: str, arguments: str | None, left: str, size: int
) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)] if size else []
    streamed = [*(delta(content=piece) for piece in pieces), delta("stop")]
    reader, _ = read(streamed if size else [whole(content=text)], ResponseReader(request()))
    said = reader.message()
    assert [(one.name, one.arguments) for one in said.tool_calls] == (
        [("get.weather", arguments)] if arguments else []
    )
    assert said.content == left
    assert reader.finish_reason == ("tool_calls" if arguments else "stop")
    assert ("formed_call" in [odd.kind for odd in reader.diagnostics]) is bool(arguments)


def test_arguments_that_were_cut_are_a_call_that_is_not_run() -> None:
    chunks = [delta(content='{"city": "Ul'), delta("length")]
    reader, _ = read(chunks, ResponseReader(request()))
    (call,) = reader.message().tool_calls
    assert not call.complete


def test_the_servers_own_call_is_the_call() -> None:
    made = fragment(0, "get_weather:0", "get_weather", ULM)
    answer = whole("tool_calls", content='{"city": "Bonn"}', tool_calls=[made])
    reader, _ = read([answer], ResponseReader(request()))
    (call,) = reader.message().tool_calls
    assert call.arguments == ULM


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6"])
@pytest.mark.parametrize("place", ["moonshot", "openrouter", "vllm"])
@pytest.mark.parametrize("written", [ULM, f"```json\n{ULM}\n```"], ids=["JSON", "a fence"])
def test_arguments_in_place_of_a_call_that_was_forced_are_the_call(
    model: str, place: str, written: str
) -> None:
    asked = ask(place, model, stream=True, tools=[TOOL, tool("b")], tool_choice="get.weather")
    assert asked.forced_tool_choice == "sent"
    assert "response_format" not in asked.payload
    pieces = [delta(content=letter) for letter in written]
    reader, _ = read([*pieces, delta("stop")], ResponseReader(asked))
    (call,) = reader.message().tool_calls
    assert (call.name, call.arguments, reader.message().content) == ("get.weather", ULM, "")
    (odd,) = [one for one in reader.diagnostics if one.kind == "formed_call"]
    assert odd.text == ULM


OTHERS = {
    "one of two": {"tool_choice": "required"},
    "not forced": {"tool_choice": "auto"},
    "a form of the caller's own": {"response_format": {"type": "json_object"}},
}


@pytest.mark.parametrize("asked", OTHERS.values(), ids=OTHERS)
def test_json_that_nobody_asked_for_so_is_text(asked: dict[str, Any]) -> None:
    reader, _ = read([whole(content=ULM)], ResponseReader(request(**asked)))
    assert (reader.message().content, reader.message().tool_calls) == (ULM, ())
