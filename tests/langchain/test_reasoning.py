"""Reasoning: kept in the message, and sent back over tool rounds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks

from kimi_core.testing import SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


async def _collect(model: Any, messages: Any) -> list[Any]:
    return [chunk async for chunk in model.astream(messages)]


def by_stream(model: Any, messages: Any) -> AIMessage:
    first, *others = model.stream(messages)
    return add_ai_message_chunks(first, *others)


def by_astream(model: Any, messages: Any) -> AIMessage:
    first, *others = asyncio.run(_collect(model, messages))
    return add_ai_message_chunks(first, *others)


WAYS: dict[str, Callable[[Any, Any], AIMessage]] = {
    "invoke": lambda model, messages: model.invoke(messages),
    "ainvoke": lambda model, messages: asyncio.run(model.ainvoke(messages)),
    "stream": by_stream,
    "astream": by_astream,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k2.7-code", "kimi-k3"])
def test_two_tool_rounds_send_their_reasoning_back(
    server: MoonshotSimulator,
    make: MakeModel,
    model: str,
    version: str,
    way: Callable[[Any, Any], AIMessage],
) -> None:
    """A tool-call turn without its reasoning is refused; eight of eleven peers fail here."""
    chat = make(model=model, output_version=version).bind_tools([get_weather])
    messages: list[Any] = [HumanMessage("Compare Paris and Rome.")]
    for city in ("Paris", "Rome"):
        call = SimulatedToolCall("get_weather", {"city": city})
        server.reply(SimulatedReply(reasoning=f"Now {city}.", tool_calls=[call]))
        answer = way(chat, messages)
        (made,) = answer.tool_calls
        messages += [answer, ToolMessage(get_weather(**made["args"]), tool_call_id=made["id"])]
    server.reply(SimulatedReply(content="Both are sunny.", reasoning="Easy."))
    assert way(chat, messages).text == "Both are sunny."
    sent = [
        message["reasoning_content"]
        for message in server.requests[-1].body["messages"]
        if message["role"] == "assistant"
    ]
    assert sent == ["Now Paris.", "Now Rome."]
    assert server.refusals == []


CALL = {"type": "tool_call", "name": "get_weather", "args": {"city": "Paris"}, "id": "call_1"}
FOREIGN = {
    "moonshot": AIMessage(
        "", tool_calls=[CALL], additional_kwargs={"reasoning_content": "Paris it is."}
    ),
    "groq-and-openrouter": AIMessage(
        "", tool_calls=[CALL], additional_kwargs={"reasoning": "Paris it is."}
    ),
    "standard-blocks": AIMessage(
        content_blocks=[{"type": "reasoning", "reasoning": "Paris it is."}, CALL]
    ),
    "standard-blocks-in-pieces": AIMessage(
        content_blocks=[
            {"type": "reasoning", "reasoning": "Paris it "},
            {"type": "reasoning", "reasoning": "is"},
            {"type": "reasoning", "reasoning": "."},
            CALL,
        ]
    ),
    "anthropic": AIMessage(
        [
            {"type": "thinking", "thinking": "Paris it is.", "signature": "abc"},
            {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {}},
        ],
        tool_calls=[CALL],
        response_metadata={"model_provider": "anthropic"},
    ),
    "anthropic-of-an-unknown-host": AIMessage(
        [{"type": "thinking", "thinking": "Paris it is.", "signature": "abc"}],
        tool_calls=[CALL],
    ),
    "openai-responses": AIMessage(
        [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Paris it is."}],
            },
        ],
        tool_calls=[CALL],
        response_metadata={"model_provider": "openai"},
    ),
}


@pytest.mark.parametrize("turn", FOREIGN.values(), ids=FOREIGN)
def test_reasoning_of_other_providers_is_sent_too(
    server: MoonshotSimulator, make: MakeModel, turn: AIMessage
) -> None:
    history = [HumanMessage("Go."), turn, ToolMessage("sunny", tool_call_id="call_1")]
    make().bind_tools([get_weather]).invoke(history)
    sent = server.requests[-1].body["messages"][1]
    assert sent["reasoning_content"] == "Paris it is."
    assert sent["content"] == ""
    assert [call["id"] for call in sent["tool_calls"]] == ["call_1"]


def test_a_history_of_a_model_that_does_not_reason_is_accepted(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    """Ten of eleven peers are refused here."""
    turn = AIMessage("", tool_calls=[CALL])
    answer = make().invoke([HumanMessage("Go."), turn, ToolMessage("ok", tool_call_id="call_1")])
    assert answer.text
    assert server.refusals == []


def test_answers_without_calls_keep_their_reasoning_to_themselves_by_default(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    turn = AIMessage("Four.", additional_kwargs={"reasoning_content": "Two and two."})
    history = [HumanMessage("2 + 2?"), turn, HumanMessage("Sure?")]
    model = make(model="kimi-k2.6")
    model.invoke(history)
    assert "reasoning_content" not in server.requests[-1].body["messages"][1]
    keep = {"type": "enabled", "keep": "all"}
    for settings in ({"keep_thinking": True}, {"thinking": keep}):
        model.invoke(history, **settings)
        assert server.requests[-1].body["messages"][1]["reasoning_content"] == "Two and two."
        assert server.requests[-1].body["thinking"] == keep


@pytest.mark.parametrize(
    "settings",
    [
        {"thinking": False},
        {"thinking": {"type": "disabled"}},
        {"extra_body": {"thinking": {"type": "disabled"}}},
    ],
    ids=["switch", "moonshot-s-object", "as-with-ChatOpenAI"],
)
def test_thinking_can_be_switched_off_for_one_call(
    server: MoonshotSimulator, make: MakeModel, settings: dict[str, Any]
) -> None:
    answer = make(model="kimi-k2.6").invoke("2 + 2?", **settings)
    assert "reasoning_content" not in answer.additional_kwargs
    assert server.requests[-1].body["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    "settings",
    [{"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}],
    ids=["reasoning_effort", "reasoning"],
)
def test_reasoning_effort_of_kimi_k3(
    server: MoonshotSimulator, make: MakeModel, settings: dict[str, Any]
) -> None:
    make(model="kimi-k3", **settings).invoke("2 + 2?")
    assert server.requests[-1].body["reasoning_effort"] == "low"
