"""LangChain's own agents on the strict simulated server: nothing is refused, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from pydantic import BaseModel

from kimi_core.testing import SimulatedReply, SimulatedToolCall

pytest.importorskip("langchain", reason="langchain itself is not a dependency of the adapter")
from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    SummarizationMiddleware,
    ToolRetryMiddleware,
)
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

pytestmark = pytest.mark.filterwarnings(
    # A schema beside tools is a forced choice of several; ChatKimiK2 warns and sends "auto".
    "ignore::kimi_core.ToolChoiceWarning"
)

LIVE = ["kimi-k2.6", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k3"]
CITIES = ("Paris", "Rome", "Oslo")


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


def call(city: str, **more: Any) -> SimulatedToolCall:
    return SimulatedToolCall("get_weather", {"city": city, **more})


def rounds() -> list[SimulatedReply]:
    """Three rounds of tools with reasoning, the last with two calls, and an answer."""
    return [
        SimulatedReply(reasoning="Paris first.", tool_calls=[call("Paris")]),
        SimulatedReply(reasoning="Now Rome.", content="Next.", tool_calls=[call("Rome")]),
        SimulatedReply(reasoning="Two at once.", tool_calls=[call("Oslo"), call("Bern")]),
        SimulatedReply(reasoning="Done.", content="Sunny everywhere."),
    ]


def check(server: MoonshotSimulator, messages: list[Any]) -> None:
    assert server.refusals == []
    assert messages[-1].text == "Sunny everywhere."
    results = [message.content for message in messages if isinstance(message, ToolMessage)]
    assert results == [f"{city}: sunny" for city in (*CITIES, "Bern")]
    ids = [made["id"] for m in messages if isinstance(m, AIMessage) for made in m.tool_calls]
    assert len(set(ids)) == len(ids) == 4
    sent = server.requests[-1].body["messages"]
    kept = [turn["reasoning_content"] for turn in sent if turn["role"] == "assistant"]
    assert kept == ["Paris first.", "Now Rome.", "Two at once."]


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("model", LIVE)
def test_three_rounds_of_tools(
    server: MoonshotSimulator, make: MakeModel, model: str, version: str
) -> None:
    server.reply(*rounds())
    agent = create_agent(make(model=model, output_version=version), [get_weather])
    check(server, agent.invoke({"messages": [HumanMessage("Weather?")]})["messages"])


# LangGraph tells a model of its stream by the context of a task, which Python 3.10 cannot give it.
@pytest.mark.skipif(sys.version_info < (3, 11), reason="LangGraph streams nothing here on 3.10")
@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("model", LIVE)
def test_three_rounds_streamed_in_an_event_loop(
    server: MoonshotSimulator, make: MakeModel, model: str, version: str
) -> None:
    """Message chunks reach the user while the agent runs, and the state is the same as without."""
    server.reply(*rounds())
    agent = create_agent(make(model=model, output_version=version), [get_weather])

    async def run() -> tuple[list[Any], dict[str, Any]]:
        chunks: list[Any] = []
        state: dict[str, Any] = {}
        async for mode, item in agent.astream(
            {"messages": [HumanMessage("Weather?")]}, stream_mode=["messages", "values"]
        ):
            if mode == "messages":
                chunks.append(item[0])
            else:
                state = item
        return chunks, state

    chunks, state = asyncio.run(run())
    check(server, state["messages"])
    pieces = [chunk for chunk in chunks if isinstance(chunk, AIMessageChunk)]
    assert "".join(piece.text for piece in pieces) == "Next.Sunny everywhere."
    assert len([fragment for piece in pieces for fragment in piece.tool_call_chunks]) >= 4


class Report(BaseModel):
    """A report on the weather."""

    city: str
    sunny: bool


REPORT = {"city": "Paris", "sunny": True}


@pytest.mark.parametrize("model", LIVE)
@pytest.mark.parametrize("strategy", [None, ProviderStrategy], ids=["chosen", "provider"])
def test_an_answer_in_a_schema(
    server: MoonshotSimulator, make: MakeModel, model: str, strategy: Any
) -> None:
    """The profile says that a schema may be sent, so no call is forced against thinking."""
    server.reply(
        SimulatedReply(reasoning="Look.", tool_calls=[call("Paris")]),
        SimulatedReply(content=json.dumps(REPORT)),
    )
    wanted = strategy(Report) if strategy else Report
    agent = create_agent(make(model=model), [get_weather], response_format=wanted)
    state = agent.invoke({"messages": [HumanMessage("Paris?")]})
    assert state["structured_response"] == Report(**REPORT)
    assert server.refusals == []
    assert server.requests[0].body["response_format"]["type"] == "json_schema"
    assert "tool_choice" not in server.requests[0].body


@pytest.mark.parametrize("model", LIVE)
def test_an_answer_in_a_schema_by_a_tool(
    server: MoonshotSimulator, make: MakeModel, model: str
) -> None:
    server.reply(
        SimulatedReply(reasoning="Look.", tool_calls=[call("Paris")]),
        SimulatedReply(reasoning="So.", tool_calls=[SimulatedToolCall("Report", REPORT)]),
    )
    agent = create_agent(make(model=model), [get_weather], response_format=ToolStrategy(Report))
    state = agent.invoke({"messages": [HumanMessage("Paris?")]})
    assert state["structured_response"] == Report(**REPORT)
    assert server.refusals == []


def test_the_middleware_for_long_histories_counts_and_summarises(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    model = make(profile={"max_input_tokens": 400})
    middleware = SummarizationMiddleware(
        make(),
        trigger=("tokens", 150),
        keep=("messages", 2),
        token_counter=model.get_num_tokens_from_messages,
    )
    agent = create_agent(model, [get_weather], middleware=[middleware])
    server.reply(SimulatedReply(content="A summary."), SimulatedReply(content="Fine."))
    history = [HumanMessage("word " * 100), AIMessage("word " * 100), HumanMessage("And now?")]
    state = agent.invoke({"messages": history})
    assert state["messages"][-1].text == "Fine."
    assert "A summary." in str(server.requests[-1].body["messages"])
    assert server.refusals == []


def test_the_middleware_that_retries_tools(server: MoonshotSimulator, make: MakeModel) -> None:
    attempts = []

    def flaky(city: str) -> str:
        """Get the weather of a city."""
        attempts.append(city)
        if len(attempts) == 1:
            raise RuntimeError("try again")
        return "sunny"

    server.reply(
        SimulatedReply(reasoning="Look.", tool_calls=[SimulatedToolCall("flaky", {"city": "Rome"})])
    )
    retry = ToolRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    agent = create_agent(make(), [flaky], middleware=[retry])
    state = agent.invoke({"messages": [HumanMessage("Rome?")]})
    assert attempts == ["Rome", "Rome"]
    assert state["messages"][-1].text == "You said: sunny"


def busy() -> SimulatedReply:
    return SimulatedReply(error=(503, {"error": {"message": "overloaded", "type": "x"}}))


def test_the_middleware_that_retries_models_knows_what_may_be_retried(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(busy(), SimulatedReply(content="Now."))
    retry = ModelRetryMiddleware(max_retries=1, initial_delay=0.0, jitter=False)
    agent = create_agent(make(max_retries=0), middleware=[retry])
    assert agent.invoke({"messages": [HumanMessage("Go.")]})["messages"][-1].text == "Now."


def test_the_middleware_that_falls_back_to_another_model(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(busy(), SimulatedReply(content="From kimi-k3."))
    fallback = ModelFallbackMiddleware(make(model="kimi-k3"))
    agent = create_agent(make(max_retries=0), middleware=[fallback])
    state = agent.invoke({"messages": [HumanMessage("Go.")]})
    assert state["messages"][-1].text == "From kimi-k3."


class InSession(AgentMiddleware):
    """Says with each request whose cache it may use."""

    def wrap_model_call(self, request: Any, handler: Any) -> Any:
        settings = {**request.model_settings, "prompt_cache_key": "session-1"}
        return handler(request.override(model_settings=settings))


def test_a_fallback_keeps_the_key_of_the_cache(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(busy(), SimulatedReply(content="From kimi-k3."))
    fallback = ModelFallbackMiddleware(make(model="kimi-k3"))
    agent = create_agent(make(max_retries=0), middleware=[InSession(), fallback])
    agent.invoke({"messages": [HumanMessage("Go.")]})
    assert [one.body.get("prompt_cache_key") for one in server.requests] == ["session-1"] * 2


def test_a_person_in_the_loop(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(
        SimulatedReply(reasoning="Ask first.", tool_calls=[call("Paris")]),
        SimulatedReply(content="Sunny."),
    )
    agent = create_agent(
        make(),
        [get_weather],
        middleware=[HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})],
        checkpointer=InMemorySaver(),
    )
    thread: Any = {"configurable": {"thread_id": "1"}}
    paused = agent.invoke({"messages": [HumanMessage("Paris?")]}, thread)
    assert paused["__interrupt__"]
    resume = Command(resume={"decisions": [{"type": "approve"}]})
    state = agent.invoke(resume, thread)
    assert state["messages"][-1].text == "Sunny."
    assert server.refusals == []


def test_raw_engines_drive_agents_too(engine: MoonshotSimulator, make_raw: MakeModel) -> None:
    """The prompt is rendered here, and the calls are parsed here."""
    engine.reply(
        SimulatedReply(tool_calls=[call("Paris")]), SimulatedReply(content="Sunny in Paris.")
    )
    agent = create_agent(make_raw(api="completions"), [get_weather])
    state = agent.invoke({"messages": [HumanMessage("Paris?")]})
    assert state["messages"][-1].text == "Sunny in Paris."
    assert "Paris: sunny" in engine.requests[-1].body["prompt"]
