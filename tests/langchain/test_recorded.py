"""Recorded conversations, replayed through LangChain without the server that had them.

Recorded from the embedded engine (its model is a small stand-in, not Kimi); ``make record`` records
again, also from every hosted endpoint whose key is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from tests.conftest import RecordedServer

pytestmark = pytest.mark.vcr


def get_weather(city: Literal["Beijing", "London", "Paris"]) -> str:
    """Get the current weather of a city."""
    return f"{city}: 18 degrees"


def make(server: RecordedServer) -> Any:
    limits = {"temperature": 0.0, "max_tokens": 160} if server.name == "local" else {}
    return ChatKimiK2(**server.arguments, **limits)


def test_a_streamed_answer(recorded_server: RecordedServer) -> None:
    """Pieces add up to one message that has usage once and a finish reason."""
    chunks = list(make(recorded_server).stream("Say hello in one word."))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.text
    assert sum(chunk.usage_metadata is not None for chunk in chunks) == 1
    assert whole.response_metadata["finish_reason"] in {"stop", "length"}


async def test_an_answer_in_one_piece_async(recorded_server: RecordedServer) -> None:
    """The same without streaming and in an event loop."""
    answer = await make(recorded_server).ainvoke("Say hello in one word.")
    assert answer.text
    assert answer.usage_metadata["input_tokens"] > 0


def test_a_tool_round(recorded_server: RecordedServer) -> None:
    """A forced call comes back schema-valid, and its result can be sent back."""
    llm = make(recorded_server)
    messages: list[Any] = [HumanMessage("What is the weather in Paris?")]
    answer = llm.bind_tools([get_weather], tool_choice="get_weather").invoke(messages)
    (call,) = answer.tool_calls
    assert call["name"] == "get_weather"
    result = get_weather(**call["args"])
    messages += [answer, ToolMessage(result, tool_call_id=call["id"])]
    final = llm.bind_tools([get_weather]).invoke(messages)
    assert final.response_metadata["finish_reason"]
