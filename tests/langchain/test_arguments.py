"""The arguments of a call go back as they came, byte for byte, so that prefix caches hit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks

from kimi_core.testing import SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing import MoonshotSimulator
    from langchain_kimi import ChatKimiK2
    from tests.langchain.conftest import MakeModel

TEXTS = {
    "compact": '{"city":"Paris","days":3}',
    "spaced": '{ "city" : "Paris" }',
    "lines": '{\n  "city": "Paris"\n}',
    "escapes": '{"city":"M\\u00fcnchen"}',
    "numbers": '{"days":3.0,"far":1e3}',
    "none": "{}",
    "as-langchain-writes-it": '{"city": "Paris"}',
}


def whole(model: ChatKimiK2) -> AIMessage:
    return model.invoke("Go.")


def summed(model: ChatKimiK2) -> AIMessage:
    first, *others = model.stream("Go.")
    return add_ai_message_chunks(first, *others)


def awaited(model: ChatKimiK2) -> AIMessage:
    async def ask() -> AIMessage:
        chunks: list[AIMessageChunk] = [chunk async for chunk in model.astream("Go.")]
        return add_ai_message_chunks(chunks[0], *chunks[1:])

    return asyncio.run(ask())


def stored(model: ChatKimiK2) -> AIMessage:
    """As a checkpointer keeps it."""
    message: AIMessage = loads(dumps(whole(model)), allowed_objects="messages")
    return message


WAYS = [whole, summed, awaited, stored]


def sent_back(model: ChatKimiK2, answer: AIMessage) -> list[str]:
    """The arguments in the payload of the next round."""
    results = [ToolMessage("sunny", tool_call_id=call["id"]) for call in answer.tool_calls]
    payload = model._get_request_payload([HumanMessage("Go."), answer, *results])
    return [call["function"]["arguments"] for call in payload["messages"][1]["tool_calls"]]


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_the_model_wrote_goes_back_unchanged(
    server: MoonshotSimulator,
    make: MakeModel,
    text: str,
    version: str,
    way: Callable[[Any], AIMessage],
) -> None:
    server.reply(
        SimulatedReply(
            tool_calls=[SimulatedToolCall("a", text), SimulatedToolCall("b", '{"x":1}')],
            chunk_size=3,
        )
    )
    model = make(output_version=version)
    assert sent_back(model, way(model)) == [text, '{"x":1}']


def test_a_prompt_that_is_rendered_here_holds_it_too(
    engine: MoonshotSimulator, make_raw: MakeModel
) -> None:
    call = SimulatedToolCall("a", TEXTS["lines"])
    engine.reply(SimulatedReply(tool_calls=[call]))
    model = make_raw(api="completions")
    tools = [{"type": "function", "function": {"name": "a", "parameters": {}}}]
    answer = model.invoke("Go.", tools=tools)
    result = ToolMessage("sunny", tool_call_id=answer.tool_calls[0]["id"])
    payload = model._get_request_payload([HumanMessage("Go."), answer, result])
    assert f"<|tool_call_argument_begin|>{TEXTS['lines']}<|tool_call_end|>" in payload["prompt"]


@pytest.mark.parametrize("changed", [{"city": "Rome"}, {"city": True}], ids=str)
def test_a_call_that_was_edited_stays_edited(
    server: MoonshotSimulator, make: MakeModel, changed: dict[str, Any]
) -> None:
    """A human in the loop may change the arguments; 1 and true are not the same either."""
    server.reply(SimulatedReply(tool_calls=[SimulatedToolCall("a", '{"city":1}')]))
    answer = make().invoke("Go.")
    answer.tool_calls[0]["args"] = changed
    (text,) = sent_back(make(), answer)
    assert text in {'{"city": "Rome"}', '{"city": true}'}


def test_nothing_is_kept_that_would_be_written_the_same_anyway(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(SimulatedReply(tool_calls=[SimulatedToolCall("a", '{"city": "Paris"}')]))
    assert make().invoke("Go.").additional_kwargs == {}


def test_the_text_that_older_chat_openai_messages_keep_is_used(make: MakeModel) -> None:
    kept = {"id": "a:0", "type": "function", "function": {"name": "a", "arguments": '{"x":1}'}}
    call = {"name": "a", "args": {"x": 1}, "id": "a:0", "type": "tool_call"}
    answer = AIMessage("", tool_calls=[call], additional_kwargs={"tool_calls": [kept]})
    assert sent_back(make(), answer) == ['{"x":1}']


@pytest.mark.parametrize("odd", [None, 3, [3], [{}], {"a:0": 3}, {"a:0": "{"}], ids=str)
@pytest.mark.parametrize("name", ["tool_calls", "tool_call_arguments"])
def test_what_others_left_there_does_no_harm(make: MakeModel, name: str, odd: Any) -> None:
    call = {"name": "a", "args": {"x": 1}, "id": "a:0", "type": "tool_call"}
    answer = AIMessage("", tool_calls=[call])
    answer.additional_kwargs[name] = odd
    assert sent_back(make(), answer) == ['{"x": 1}']
