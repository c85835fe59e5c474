"""Raw tokens parsed here: left in the content by a server, or of a prompt rendered here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks

from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

RAW = (
    "I look.<|tool_calls_section_begin|>"
    '<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Paris"}'
    "<|tool_call_end|>"
    '<|tool_call_begin|>functions.get_time:1<|tool_call_argument_begin|>{"zone": "CET"}'
    "<|tool_call_end|><|tool_calls_section_end|>"
)
CALLS = [
    {
        "type": "tool_call",
        "name": "get_weather",
        "args": {"city": "Paris"},
        "id": "functions.get_weather:0",
    },
    {
        "type": "tool_call",
        "name": "get_time",
        "args": {"zone": "CET"},
        "id": "functions.get_time:1",
    },
]


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


def get_time(zone: str) -> str:
    """Get the time of a zone."""
    return f"{zone}: noon"


def streamed(model: Any, messages: Any = "Go.") -> AIMessage:
    first, *others = model.stream(messages)
    return add_ai_message_chunks(first, *others)


@pytest.mark.parametrize("size", [1, 3, 1_000])
@pytest.mark.parametrize(
    "settings",
    [{}, {"tool_call_parser": "client"}, {"api": "completions"}],
    ids=["left-in-the-content", "asked-for", "completions"],
)
def test_raw_calls_are_streamed_as_tool_calls(
    engine: MoonshotSimulator, make_raw: MakeModel, settings: dict[str, Any], size: int
) -> None:
    engine.reply(SimulatedReply(raw=RAW, chunk_size=size))
    answer = streamed(make_raw(**settings).bind_tools([get_weather, get_time]))
    assert answer.tool_calls == CALLS
    assert answer.text == "I look."
    assert answer.response_metadata["finish_reason"] == "tool_calls"
    assert answer.response_metadata["model_provider"] == "vllm"


def test_raw_calls_of_a_whole_answer(engine: MoonshotSimulator, make_raw: MakeModel) -> None:
    engine.reply(SimulatedReply(raw=RAW))
    answer = make_raw().bind_tools([get_weather, get_time]).invoke("Go.")
    assert (answer.text, answer.tool_calls) == ("I look.", CALLS)


def test_fragments_leave_before_the_call_is_whole(
    engine: MoonshotSimulator, make_raw: MakeModel
) -> None:
    engine.reply(SimulatedReply(raw=RAW, chunk_size=1))
    model = make_raw(tool_call_parser="client").bind_tools([get_weather, get_time])
    chunks = list(model.stream("Go."))
    fragments = [fragment for chunk in chunks for fragment in chunk.tool_call_chunks]
    assert len(fragments) > 10
    starts = [(part["index"], part["id"], part["name"]) for part in fragments if part["name"]]
    assert starts == [
        (0, "functions.get_weather:0", "get_weather"),
        (1, "functions.get_time:1", "get_time"),
    ]
    for index, arguments in ((0, '{"city":"Paris"}'), (1, '{"zone": "CET"}')):
        pieces = [part["args"] or "" for part in fragments if part["index"] == index]
        assert "".join(pieces) == arguments


def test_the_completions_route_gets_a_prompt_rendered_here(
    engine: MoonshotSimulator, make_raw: MakeModel
) -> None:
    make_raw(api="completions").bind_tools([get_weather]).invoke("What is the weather?")
    request = engine.requests[-1]
    assert request.path == "/v1/completions"
    assert "messages" not in request.body
    prompt = request.body["prompt"]
    assert "<|im_user|>user<|im_middle|>What is the weather?<|im_end|>" in prompt
    assert '"name":"get_weather"' in prompt
    assert prompt.endswith("<|im_assistant|>assistant<|im_middle|>")


def test_two_tool_rounds_over_completions(engine: MoonshotSimulator, make_raw: MakeModel) -> None:
    """Calls and results of earlier rounds are rendered in Kimi's own form."""
    model = make_raw(api="completions").bind_tools([get_weather])
    messages: list[Any] = [HumanMessage("Weather in two cities?")]
    for number, city in enumerate(("Paris", "Rome")):
        call = SimulatedToolCall(
            "get_weather", {"city": city}, id=f"functions.get_weather:{number}"
        )
        engine.reply(SimulatedReply(tool_calls=[call]))
        answer = streamed(model, messages)
        (made,) = answer.tool_calls
        messages += [answer, ToolMessage(get_weather(**made["args"]), tool_call_id=made["id"])]
    engine.reply(SimulatedReply(content="Both are sunny."))
    assert streamed(model, messages).text == "Both are sunny."
    prompt = engine.requests[-1].body["prompt"]
    for number, city in enumerate(("Paris", "Rome")):
        assert f"<|tool_call_begin|>functions.get_weather:{number}" in prompt
        assert f"## Return of functions.get_weather:{number}\n{city}: sunny" in prompt


def test_a_thinking_prompt_ends_in_reasoning(
    engine: MoonshotSimulator, make_raw: MakeModel
) -> None:
    """kimi-k2.5 and newer open the think block in the prompt, so the answer begins inside it."""
    model = make_raw(model="kimi-k2.6", api="completions")
    engine.reply(SimulatedReply(raw="Two and two.</think>Four."))
    answer = model.invoke("2 + 2?")
    assert engine.requests[-1].body["prompt"].endswith("<think>")
    assert answer.additional_kwargs["reasoning_content"] == "Two and two."
    assert answer.text == "Four."


def test_a_marker_that_is_no_marker_stays_text(
    engine: MoonshotSimulator, make_raw: MakeModel
) -> None:
    text = "Kimi writes <|tool_calls_section_begin for calls."
    engine.reply(SimulatedReply(raw=text, chunk_size=2))
    assert streamed(make_raw()).text == text


@pytest.mark.parametrize("arguments", ['{"city": Paris}', '["Paris"]', '{"city": "Par'])
def test_a_closed_call_with_other_than_an_object_is_damaged(
    engine: MoonshotSimulator, make_raw: MakeModel, arguments: str
) -> None:
    """The closing marker says that the call is whole, not that its arguments are JSON."""
    raw = RAW.replace('{"city":"Paris"}', arguments)
    engine.reply(SimulatedReply(raw=raw), SimulatedReply(raw=raw))
    model = make_raw(tool_call_retries=0).bind_tools([get_weather, get_time])
    whole, summed = model.invoke("Go."), streamed(model)
    assert whole.tool_calls == summed.tool_calls == CALLS[1:]
    assert [call["args"] for call in whole.invalid_tool_calls] == [arguments]
    assert str(summed.invalid_tool_calls[0]["args"]).startswith(arguments)


def test_vllm_keeps_the_tokens_in_the_text() -> None:
    model = ChatKimiK2(endpoint="vllm", model="kimi-k2-instruct", tool_call_parser="client")
    bound: Any = model.bind_tools([get_weather])
    payload = bound.bound._get_request_payload("Go.", **bound.kwargs)
    assert payload["skip_special_tokens"] is False
    assert payload["tool_choice"] == "none"
