"""LangChain's own ``ChatAnthropic`` at Moonshot's Anthropic route, which is simulated here.

Owns: that `langchain_kimi.anthropic_kwargs` gives what that class and that route need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage

from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi import anthropic_kwargs

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

    from kimi_core.testing import MoonshotSimulator

MODELS = ["kimi-k3", "kimi-k2.7-code", "kimi-k2.6"]
THOUGHT = SimulatedReply(content="It is sunny.", reasoning="They ask for the weather.")
CALLING = SimulatedReply(
    reasoning="Look it up.", tool_calls=[SimulatedToolCall("get_weather", {"city": "Oslo"})]
)


def get_weather(city: str) -> str:
    """Say how the weather is."""
    return f"Sunny in {city}."


@pytest.fixture(params=MODELS)
def model(
    request: pytest.FixtureRequest, server: MoonshotSimulator, monkeypatch: pytest.MonkeyPatch
) -> ChatAnthropic:
    """The class, made with nothing but these arguments; another vendor's keys are set."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-another-vendor")
    kwargs = anthropic_kwargs(
        request.param, api_key=server.api_key, base_url=server.anthropic_base_url
    )
    return ChatAnthropic(**kwargs)


def thoughts(message: BaseMessage) -> str:
    """Return the reasoning of a message."""
    blocks = [block for block in message.content_blocks if block["type"] == "reasoning"]
    return "".join(block.get("reasoning", "") for block in blocks)


def test_invoke(server: MoonshotSimulator, model: ChatAnthropic) -> None:
    server.reply(THOUGHT)
    answer = model.invoke("How is the weather?")
    assert (answer.text, thoughts(answer)) == (THOUGHT.content, THOUGHT.reasoning)
    (request,) = server.requests
    assert (request.path, request.body["model"]) == ("/anthropic/v1/messages", model.model)
    assert "sk-of-another-vendor" not in str(request.headers)
    assert server.refusals == []


async def test_ainvoke(server: MoonshotSimulator, model: ChatAnthropic) -> None:
    server.reply(THOUGHT)
    assert (await model.ainvoke("How is the weather?")).text == THOUGHT.content
    assert server.refusals == []


def test_stream(server: MoonshotSimulator, model: ChatAnthropic) -> None:
    server.reply(THOUGHT)
    whole = AIMessageChunk(content=[])
    for chunk in model.stream("How is the weather?"):
        assert isinstance(chunk, AIMessageChunk)
        whole += chunk  # type: ignore[assignment]  # the sum of two chunks is one
    assert (whole.text, thoughts(whole)) == (THOUGHT.content, THOUGHT.reasoning)
    assert server.refusals == []


def test_a_tool_round_with_thinking(server: MoonshotSimulator, model: ChatAnthropic) -> None:
    server.reply(CALLING, THOUGHT)
    bound = model.bind_tools([get_weather])
    question = HumanMessage("How is the weather in Oslo?")
    asked: AIMessage = bound.invoke([question])
    (call,) = asked.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})
    result = ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"])
    assert bound.invoke([question, asked, result]).text == THOUGHT.content
    said = server.requests[1].body["messages"][1]["content"]
    assert [block["type"] for block in said] == ["thinking", "tool_use"]
    assert said[0]["thinking"] == "Look it up."
    assert server.refusals == []
