"""deepagents on the strict simulated server: files, a subagent and a tool, nothing refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from kimi_core.testing import SimulatedReply, SimulatedToolCall

pytest.importorskip("deepagents", reason="it needs Python 3.11 and langchain-core 1.7")
from deepagents import create_deep_agent

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


def call(name: str, **arguments: Any) -> SimulatedReply:
    return SimulatedReply(reasoning=f"Now {name}.", tool_calls=[SimulatedToolCall(name, arguments)])


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k2.7-code", "kimi-k3"])
def test_a_deep_agent_works(server: MoonshotSimulator, make: MakeModel, model: str) -> None:
    """Its own tools (file system, subagents) and ours, with reasoning kept over the rounds."""
    server.reply(
        call("get_weather", city="Paris"),
        call("write_file", file_path="/note.md", content="Paris: sunny"),
        call("task", description="Look at Rome.", subagent_type="general-purpose"),
        SimulatedReply(content="Rome: sunny"),  # said by the subagent, to the agent
        SimulatedReply(content="Sunny everywhere."),
    )
    agent = create_deep_agent(model=make(model=model), tools=[get_weather])
    state: dict[str, Any] = agent.invoke({"messages": [{"role": "user", "content": "Weather?"}]})
    assert server.refusals == []
    messages = state["messages"]
    results = [message.text for message in messages if isinstance(message, ToolMessage)]
    assert results[0] == "Paris: sunny"
    assert results[2] == "Rome: sunny"
    assert state["files"]["/note.md"]["content"] == "Paris: sunny"
    assert messages[-1].text == "Sunny everywhere."
    made = [turn for turn in messages if isinstance(turn, AIMessage) and turn.tool_calls]
    thought = [turn.additional_kwargs["reasoning_content"] for turn in made]
    assert thought == ["Now get_weather.", "Now write_file.", "Now task."]
    sent = [turn for turn in server.requests[-1].body["messages"] if turn["role"] == "assistant"]
    assert [turn["reasoning_content"] for turn in sent] == thought
