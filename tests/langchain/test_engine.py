"""The whole way on a real engine: llama.cpp in a child process, with a small stand-in model.

The model is SmolLM2-135M, not Kimi. What it says proves nothing; that its tokens, written under our
grammar after our prompt, become a call that runs, does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.ai import add_ai_message_chunks
from pydantic import BaseModel

from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

pytestmark = pytest.mark.engine


def get_weather(city: Literal["Beijing", "London", "Paris"], days: int) -> str:
    """Get the weather of a city for some days."""
    return f"{city}: sunny for {days} days"


@pytest.fixture(scope="module")
def model() -> ChatKimiK2:
    return ChatKimiK2(endpoint="local", temperature=0.0, max_tokens=200)


def check(message: AIMessage) -> dict[str, Any]:
    (call,) = message.tool_calls
    assert call["name"] == "get_weather"
    assert call["args"].keys() == {"city", "days"}
    assert call["args"]["city"] in {"Beijing", "London", "Paris"}
    assert isinstance(call["args"]["days"], int)
    assert str(call["id"]).startswith("functions.get_weather:")
    assert message.response_metadata["finish_reason"] == "tool_calls"
    return call["args"]


@pytest.mark.parametrize(
    "tool_choice", ["any", pytest.param("get_weather", marks=pytest.mark.deep)]
)
def test_a_forced_call_fits_its_schema(model: ChatKimiK2, tool_choice: str) -> None:
    bound = model.bind_tools([get_weather], tool_choice=tool_choice)
    check(bound.invoke("How is the weather in Paris for 3 days?"))


def test_an_agent_s_round_streamed(model: ChatKimiK2) -> None:
    """Call, execution, result, answer; the call arrives in pieces."""
    messages: list[Any] = [HumanMessage("How is the weather in Paris for 3 days?")]
    forced = model.bind_tools([get_weather], tool_choice="any")
    chunks = [chunk for chunk in forced.stream(messages) if isinstance(chunk, AIMessageChunk)]
    assert sum(bool(chunk.tool_call_chunks) for chunk in chunks) > 3
    answer = add_ai_message_chunks(chunks[0], *chunks[1:])
    result = get_weather(**check(answer))
    messages += [answer, ToolMessage(result, tool_call_id=answer.tool_calls[0]["id"])]
    first, *others = model.bind_tools([get_weather]).stream(messages, max_tokens=16)
    final = add_ai_message_chunks(first, *others)
    assert final.usage_metadata is not None
    assert final.usage_metadata["output_tokens"] > 0
    assert final.response_metadata["finish_reason"] in {"stop", "length", "tool_calls"}


@pytest.mark.deep
def test_two_event_loops_and_one_engine(model: ChatKimiK2) -> None:
    bound = model.bind_tools([get_weather], tool_choice="any")
    for _ in range(2):
        check(asyncio.run(bound.ainvoke("How is the weather in London for 2 days?")))


class City(BaseModel):
    """A city."""

    name: Literal["Beijing", "London", "Paris"]
    large: bool


@pytest.mark.deep
def test_structured_output_is_forced_by_the_grammar(model: ChatKimiK2) -> None:
    assert isinstance(model.with_structured_output(City).invoke("Tell me about Paris."), City)
