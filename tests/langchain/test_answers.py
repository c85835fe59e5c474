"""One answer, four ways to ask for it: what every way must agree on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks

from kimi_core.response import ResponseReader
from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi._chunks import AnswerWriter
from tests.core.asking import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing import MoonshotSimulator
    from langchain_kimi import ChatKimiK2
    from tests.langchain.conftest import MakeModel

PARIS = SimulatedToolCall("get_weather", {"city": "Paris"}, id="get_weather:0")
ROME = SimulatedToolCall("get_weather", '{"city":  "Rome"}', id="get_weather:1")
USAGE = {"reasoning_tokens": 2, "cached_tokens": 1}

REPLIES = {
    "text": SimulatedReply(content="Hello, wörld 你好!"),
    "reasoning": SimulatedReply(content="Four.", reasoning="Two and two."),
    "one-call": SimulatedReply(tool_calls=[PARIS]),
    "text-and-two-calls": SimulatedReply(
        content="I look.", reasoning="Two cities.", tool_calls=[PARIS, ROME]
    ),
    "usage-in-the-choice": SimulatedReply(content="One two three.", usage="choice", **USAGE),
    "usage-at-the-top": SimulatedReply(content="One two three.", usage="top", **USAGE),
    "usage-in-a-last-chunk": SimulatedReply(content="One two three.", usage="final", **USAGE),
    "usage-everywhere": SimulatedReply(content="One two three.", usage="all", **USAGE),
    "reasoning-as-vllm-names-it": SimulatedReply(
        content="Four.", reasoning="Two and two.", reasoning_field="reasoning"
    ),
    "single-characters": SimulatedReply(
        content="I look.", reasoning="Where?", tool_calls=[PARIS, ROME], chunk_size=1
    ),
}


def summed(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    return add_ai_message_chunks(chunks[0], *chunks[1:])


def invoke(model: ChatKimiK2) -> AIMessage:
    return model.invoke("Go.")


def ainvoke(model: ChatKimiK2) -> AIMessage:
    return asyncio.run(model.ainvoke("Go."))


def stream(model: ChatKimiK2) -> AIMessage:
    return summed(list(model.stream("Go.")))


def astream(model: ChatKimiK2) -> AIMessage:
    async def collect() -> list[AIMessageChunk]:
        return [chunk async for chunk in model.astream("Go.")]

    return summed(asyncio.run(collect()))


WAYS: list[Callable[[Any], AIMessage]] = [invoke, ainvoke, stream, astream]


def facts(message: AIMessage) -> dict[str, Any]:
    """What must not depend on the way of asking."""
    shown = ("model_name", "model_provider", "finish_reason")
    return {
        "text": message.text,
        "reasoning": message.additional_kwargs.get("reasoning_content"),
        "calls": message.tool_calls,
        "damaged": message.invalid_tool_calls,
        "metadata": {name: message.response_metadata[name] for name in shown},
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_every_way_says_the_same(
    server: MoonshotSimulator,
    make: MakeModel,
    reply: SimulatedReply,
    version: str,
    way: Callable[[Any], AIMessage],
) -> None:
    server.reply(reply)
    message = way(make(output_version=version))
    assert facts(message) == {
        "text": reply.content,
        "reasoning": reply.reasoning,
        "calls": [
            {
                "type": "tool_call",
                "name": "get_weather",
                "args": {"city": call.id and {"0": "Paris", "1": "Rome"}[call.id[-1]]},
                "id": call.id,
            }
            for call in reply.tool_calls
        ],
        "damaged": [],
        "metadata": {
            "model_name": "kimi-k3.1-pro",
            "model_provider": "moonshot",
            "finish_reason": "tool_calls" if reply.tool_calls else "stop",
        },
    }
    assert "diagnostics" not in message.response_metadata


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("place", ["choice", "top", "final", "all"])
def test_usage_is_counted_once_wherever_it_stands(
    server: MoonshotSimulator, make: MakeModel, place: Any, way: Callable[[Any], AIMessage]
) -> None:
    server.reply(SimulatedReply(content="One two three four.", usage=place, **USAGE))
    usage = way(make()).usage_metadata
    assert usage is not None
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_token_details"] == {"cache_read": 1}
    assert usage["output_token_details"] == {"reasoning": 2}


def test_only_the_last_chunk_has_usage_and_metadata(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(SimulatedReply(content="One two three.", usage="all"))
    *early, last = make(model="kimi-k2.6").stream("Go.")
    assert all(chunk.usage_metadata is None for chunk in early)
    assert all(chunk.response_metadata == {"model_provider": "moonshot"} for chunk in early)
    assert last.usage_metadata is not None
    assert last.chunk_position == "last"
    assert last.response_metadata["id"].startswith("chatcmpl-")
    assert last.response_metadata["request_id"].startswith("simulated-")
    assert last.response_metadata["system_fingerprint"]


def test_pieces_are_passed_on_one_for_one(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(SimulatedReply(content="abcdef", chunk_size=1))
    texts = [chunk.text for chunk in make().stream("Go.")]
    assert texts == ["a", "b", "c", "d", "e", "f", ""]


def test_a_stream_that_is_given_up_closes_its_connection(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(SimulatedReply(content="x" * 50_000, chunk_size=1))
    stream = make().stream("Go.")
    next(stream)
    stream.close()  # a response left open would be a ResourceWarning, which fails the test
    assert make().invoke("Still there?").text == "You said: Still there?"


def test_callbacks_see_tokens_and_usage(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(SimulatedReply(content="One two.", cached_tokens=1))
    handler = UsageMetadataCallbackHandler()
    chunks = list(make().stream("Go.", config={"callbacks": [handler]}))
    assert handler.usage_metadata == {"kimi-k3.1-pro": chunks[-1].usage_metadata}


def test_batch_keeps_the_order(make: MakeModel) -> None:
    answers = make().batch(["one", "two", "three"])
    assert [answer.text for answer in answers] == [
        f"You said: {n}" for n in ("one", "two", "three")
    ]


def test_one_instance_works_in_several_event_loops(make: MakeModel) -> None:
    """Every peer that was measured fails here with "Event loop is closed"."""
    model = make()
    texts = [asyncio.run(model.ainvoke(text)).text for text in ("one", "two", "three")]
    assert texts == ["You said: one", "You said: two", "You said: three"]


def test_closing_is_not_the_end(make: MakeModel) -> None:
    model = make()

    async def ask_and_close() -> str:
        answer = await model.ainvoke("one")
        await model.aclose()
        return answer.text

    assert asyncio.run(ask_and_close()) == "You said: one"
    model.close()
    assert model.invoke("two").text == "You said: two"
    model.close()


def test_response_headers_on_demand(make: MakeModel) -> None:
    model = make(include_response_headers=True)
    headers = [
        model.invoke("Go.").response_metadata["headers"],
        list(model.stream("Go."))[-1].response_metadata["headers"],
    ]
    assert [each["x-trace-id"] for each in headers] == ["simulated-1", "simulated-2"]


def test_asking_through_a_stream_behind_invoke(make: MakeModel) -> None:
    """``streaming=True`` makes `invoke` stream, for callbacks; the answer is the same."""
    model = make(streaming=True)
    answer = model.invoke("Go.")
    assert type(answer) is AIMessage
    assert answer.text == "You said: Go."
    assert answer.usage_metadata is not None


@pytest.mark.parametrize(("setting", "sent"), [(None, None), (True, True), (False, None)])
def test_stream_usage_is_asked_for_only_where_it_is_needed(
    server: MoonshotSimulator,
    make: MakeModel,
    setting: bool | None,
    sent: bool | None,
) -> None:
    list(make(stream_usage=setting).stream("Go."))
    options = server.requests[-1].body.get("stream_options", {})
    assert options.get("include_usage") == sent


def test_a_server_that_never_says_its_usage() -> None:
    """Nothing then makes numbers up."""
    message = AnswerWriter(ResponseReader(ask("moonshot")), {}).finish().message
    assert isinstance(message, AIMessageChunk)
    assert message.usage_metadata is None
