"""Tool calls: out of every kind of stream, and the choice of a tool into every kind of request.

Owns: chat_with_tools and its streaming forms, predict_and_call, get_tool_calls_from_response.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock

from kimi_core.errors import KimiProtocolError
from tests.llama_index.scripted_server import (
    ScriptedServer,
    answer,
    chunk,
    chunks,
    tool_call,
    tool_delta,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.tools import FunctionTool

    from llama_index_kimi import ChatKimiK2

ULM = tool_call("get_weather", '{"city": "Ulm"}')
BONN = tool_call("get_weather", '{"city": "Bonn"}', number=1)
BOTH = [("functions.get_weather:0", {"city": "Ulm"}), ("functions.get_weather:1", {"city": "Bonn"})]

TWO_CALLS_IN_ONE_CHUNK = [
    chunk(tool_calls=[{**ULM, "index": 0}, {**BONN, "index": 1}]),
    chunk("tool_calls"),
]
TWO_CALLS_INTERLEAVED = [
    chunk(tool_calls=[tool_delta(0, '{"city":', name="get_weather")]),
    chunk(tool_calls=[tool_delta(1, '{"city":', name="get_weather")]),
    chunk(tool_calls=[tool_delta(0, ' "Ulm"}')]),
    chunk(tool_calls=[tool_delta(1, ' "Bonn"}')]),
    chunk("tool_calls"),
]
RAW_TOKENS = (
    "Let me see.<|tool_calls_section_begin|>"
    "<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
    '{"city": "Ulm"}<|tool_call_end|>'
    "<|tool_call_begin|>functions.get_weather:1<|tool_call_argument_begin|>"
    '{"city": "Bonn"}<|tool_call_end|><|tool_calls_section_end|>'
)
RAW_IN_CONTENT = [*[chunk(content=character) for character in RAW_TOKENS], chunk("stop")]


def calls_of(llm: ChatKimiK2, response: ChatResponse) -> list[tuple[str, dict[str, Any]]]:
    found = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    return [(call.tool_id, call.tool_kwargs) for call in found]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(TWO_CALLS_IN_ONE_CHUNK, id="two calls in one chunk"),
        pytest.param(TWO_CALLS_INTERLEAVED, id="interleaved indexes"),
        pytest.param(RAW_IN_CONTENT, id="raw tokens left in the content"),
    ],
)
def test_no_call_of_a_stream_is_lost(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    weather: FunctionTool,
    items: list[dict[str, Any]],
) -> None:
    server.stream(items)

    # The raw tokens are those of the K2 series, and Moonshot's own API leaves none.
    llm = make_llm(endpoint="vllm", model="kimi-k2.6")
    stream = llm.stream_chat_with_tools([weather], "?", allow_parallel_tool_calls=True)
    responses = list(stream)

    assert calls_of(llm, responses[-1]) == BOTH
    assert responses[-1].raw["finish_reason"] == "tool_calls"
    assert "<|" not in "".join(r.message.content or "" for r in responses)


def test_calls_grow_while_they_stream(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    server.stream(chunks(answer(calls=[ULM]), size=5))

    stream = llm.stream_chat_with_tools([weather], "?")
    seen = [calls[0][1].get("city") for r in stream if (calls := calls_of(llm, r))]

    assert seen == [None, None, "", "Ulm", "Ulm", "Ulm"]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_calls_after_the_first_are_cut_where_one_was_asked_for(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool, streaming: bool
) -> None:
    if streaming:
        server.stream(TWO_CALLS_INTERLEAVED)
        response = list(llm.stream_chat_with_tools([weather], "?"))[-1]
    else:
        server.json(answer(calls=[ULM, BONN]))
        response = llm.chat_with_tools([weather], "?")

    blocks = [b for b in response.message.blocks if isinstance(b, ToolCallBlock)]
    assert [b.tool_kwargs for b in blocks] == ['{"city": "Ulm"}']
    assert response.message.additional_kwargs["tool_calls"] == [ULM]


def test_the_completions_route_renders_the_prompt_here(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, weather: FunctionTool
) -> None:
    llm = make_llm(endpoint="vllm", api="completions", tool_call_parser="client")
    body = {"choices": [{"text": RAW_TOKENS, "finish_reason": "stop"}]}
    server.json(body)

    response = llm.chat_with_tools([weather], "Ulm?", allow_parallel_tool_calls=True)

    assert calls_of(llm, response) == BOTH
    assert response.message.content == "Let me see."
    assert server.seen[0].path == "/v1/completions"
    prompt = server.bodies[0]["prompt"]
    assert "get_weather" in prompt
    assert prompt.endswith("Ulm?<|im_end|><|im_assistant|>assistant<|im_middle|>")


def test_history_is_never_changed(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    server.json(answer(calls=[ULM]))
    history = [ChatMessage("Hello", role="system")]
    before = [message.model_dump_json() for message in history]

    llm.chat_with_tools([weather], "Ulm?", chat_history=history)

    assert [message.model_dump_json() for message in history] == before
    assert [message["role"] for message in server.bodies[0]["messages"]] == ["system", "user"]


NAMED = {"type": "function", "function": {"name": "get_weather"}}


@pytest.mark.parametrize(
    ("endpoint", "asked", "sent"),
    [
        pytest.param("vllm", {}, None, id="nothing asked, nothing sent"),
        pytest.param("vllm", {"tool_required": True}, "required", id="required"),
        pytest.param("vllm", {"tool_choice": "any"}, "required", id="any"),
        pytest.param(
            "vllm", {"tool_choice": "auto", "tool_required": True}, "auto", id="auto wins"
        ),
        pytest.param("vllm", {"tool_choice": "get_weather"}, NAMED, id="by name"),
        pytest.param("vllm", {"tool_choice": NAMED}, NAMED, id="as a dict"),
        pytest.param("moonshot", {"tool_required": True}, "required", id="the default model"),
    ],
)
def test_the_choice_of_a_tool_is_sent_as_the_model_takes_it(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    weather: FunctionTool,
    endpoint: str,
    asked: dict[str, Any],
    sent: Any,
) -> None:
    server.json(answer(calls=[ULM]))

    make_llm(endpoint=endpoint, model=None).chat_with_tools([weather], "?", **asked)

    assert server.bodies[0].get("tool_choice") == sent
    assert "parallel_tool_calls" not in server.bodies[0]


def test_forcing_a_tool_switches_thinking_off_where_both_cannot_be(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, weather: FunctionTool
) -> None:
    server.json(answer(calls=[ULM]))

    make_llm(model="kimi-k2.6").chat_with_tools([weather], "?", tool_required=True)

    assert server.bodies[0]["thinking"] == {"type": "disabled"}
    assert server.bodies[0]["tool_choice"] == NAMED


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_predict_and_call_runs_the_tool(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool, asynchronous: bool
) -> None:
    server.json(answer(calls=[ULM]))

    if asynchronous:
        result = asyncio.run(llm.apredict_and_call([weather], "Ulm?"))
    else:
        result = llm.predict_and_call([weather], "Ulm?")

    assert str(result) == "sunny in Ulm"


def test_an_answer_without_a_call_is_an_error_that_quotes_it(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    server.json(answer("No idea."))

    with pytest.raises(ValueError, match=r"called no tool .* 'No idea\.'"):
        llm.predict_and_call([weather], "Ulm?")


@pytest.mark.filterwarnings(
    "ignore::kimi_core.ToolChoiceWarning", "ignore::kimi_core.EmptyAnswerWarning"
)
@pytest.mark.parametrize(
    ("settings", "said", "words"),
    [
        ({}, (False, "stop"), "Pass tool_required=True"),
        ({"model": "kimi-k2.7-code"}, (True, "stop"), "tool_required=True could not be kept"),
        ({"endpoint": "vllm"}, (True, "stop"), "A call was forced, and the server did not keep"),
        ({"max_tokens": 34}, (True, "length"), "was cut off by the token limit \\(max_tokens=34"),
        ({}, (False, "content_filter"), "was withheld by the provider's content filter"),
    ],
    ids=["free", "given up", "ignored", "cut", "filtered"],
)
def test_why_there_is_no_call_is_said(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    weather: FunctionTool,
    settings: dict[str, Any],
    said: tuple[bool, str],
    words: str,
) -> None:
    forced, finish = said
    llm = make_llm(**settings)
    for text in ("No idea.", None):
        server.json(answer(text, finish_reason=finish))
        response = llm.chat_with_tools([weather], "Ulm?", tool_required=forced)
        with pytest.raises(ValueError, match=words):
            llm.get_tool_calls_from_response(response)
        assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []


def test_half_a_call_is_never_run(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    half = tool_call("get_weather", '{"city": "Ul')
    server.json(answer(calls=[half], finish_reason="length"))

    with pytest.raises(KimiProtocolError, match="'get_weather' was cut off by the token limit"):
        llm.predict_and_call([weather], "Ulm?")


@pytest.mark.parametrize(
    ("arguments", "kwargs"),
    [
        pytest.param("", {}, id="nothing yet"),
        pytest.param('{"city": "Ul', {"city": "Ul"}, id="an open string"),
        pytest.param('{"city": "a\nb"}', {"city": "a\nb"}, id="a raw newline"),
        pytest.param('{\n"city": "a\n', {"city": "a\n"}, id="a raw newline in an open string"),
        pytest.param('{"city": "a\\', {"city": "a"}, id="half an escape"),
        pytest.param('{"city": "x"}}', {"city": "x"}, id="something after the end"),
        pytest.param("['no', 'json']", {}, id="no JSON"),
        pytest.param("[1, 2]", {}, id="no object"),
    ],
)
def test_arguments_are_read_as_far_as_they_go(
    llm: ChatKimiK2, arguments: str, kwargs: dict[str, Any]
) -> None:
    block = ToolCallBlock(tool_call_id="a:0", tool_name="a", tool_kwargs=arguments)
    response = ChatResponse(message=ChatMessage(role="assistant", blocks=[block]), delta="")

    assert calls_of(llm, response) == [("a:0", kwargs)]


def test_calls_of_older_histories_are_read_too(llm: ChatKimiK2) -> None:
    message = ChatMessage(role="assistant", content="", additional_kwargs={"tool_calls": [ULM]})

    assert calls_of(llm, ChatResponse(message=message)) == BOTH[:1]
