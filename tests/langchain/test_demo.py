"""The demo's agent loop, on a simulated server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi import _demo

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator


def test_it_calls_the_tool_and_returns_the_answer(server: MoonshotSimulator) -> None:
    asked = []

    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        asked.append(city)
        return f"{city}: sunny"

    server.reply(
        SimulatedReply(
            reasoning="Look.", tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris"})]
        ),
        SimulatedReply(content="It is sunny."),
    )
    stage = SimpleNamespace(
        settings={"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key},
        question="Weather?",
        history=[
            {"role": "user", "content": "And in Rome?"},
            {"role": "assistant", "content": "It rains."},
        ],
        tool_choice="get_weather",
        tool=SimpleNamespace(get_weather=get_weather),
    )
    assert _demo.run(stage) == "It is sunny."
    assert asked == ["Paris"]
    sent = server.requests[0].body["messages"]
    assert [message["content"] for message in sent] == ["And in Rome?", "It rains.", "Weather?"]


def test_it_gives_up_after_some_rounds(server: MoonshotSimulator) -> None:
    call = SimulatedToolCall("get_weather", {})
    server.reply(*[SimulatedReply(reasoning="Again.", tool_calls=[call])] * 4)

    def get_weather() -> str:
        """Get the weather."""
        return "sunny"

    stage = SimpleNamespace(
        settings={"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key},
        question="Weather?",
        history=(),
        tool_choice=None,
        tool=SimpleNamespace(get_weather=get_weather),
    )
    assert _demo.run(stage) == "sunny"
    assert len(server.requests) == 3
