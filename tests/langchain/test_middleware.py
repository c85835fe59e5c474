"""Middlewares of ``create_agent`` on the strict simulated server, sync and async.

Owns: which key of the prefix cache is sent, and that tools which an agent finds are declared where
its model reads them, once, and after a checkpoint.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain", reason="langchain itself is not a dependency of the adapter")
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi import tools_message
from langchain_kimi.middleware import PromptCacheKeyMiddleware, ToolSearchMiddleware

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.tools import BaseTool

    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

THREAD: Any = {"configurable": {"thread_id": "t-1"}}


def run(agent: Any, said: list[Any], config: Any, *, in_a_loop: bool) -> list[AnyMessage]:
    given = {"messages": said}
    state = asyncio.run(agent.ainvoke(given, config)) if in_a_loop else agent.invoke(given, config)
    messages: list[AnyMessage] = state["messages"]
    return messages


@pytest.mark.parametrize(
    ("config", "own", "sent"),
    [
        (THREAD, {}, "t-1"),
        ({"configurable": {"thread_id": 7}}, {}, "7"),
        ({}, {}, None),
        (THREAD, {"prompt_cache_key": "own"}, "own"),
    ],
    ids=["thread", "a number", "none", "the model's own"],
)
@pytest.mark.parametrize("in_a_loop", [False, True])
def test_the_thread_is_the_key_of_the_prefix_cache(
    make: MakeModel, server: MoonshotSimulator, config: Any, own: Any, sent: Any, in_a_loop: bool
) -> None:
    agent = create_agent(make(**own), middleware=[PromptCacheKeyMiddleware()])
    run(agent, ["Hi"], config, in_a_loop=in_a_loop)
    assert server.requests[-1].body.get("prompt_cache_key") == sent


def test_what_a_call_says_goes_first_and_others_are_left_alone(
    make: MakeModel, server: MoonshotSimulator
) -> None:
    from langchain.agents.middleware import wrap_model_call

    @wrap_model_call
    def says(request: Any, handler: Any) -> Any:
        return handler(request.override(model_settings={"prompt_cache_key": "said"}))

    create_agent(make(), middleware=[says, PromptCacheKeyMiddleware()]).invoke(
        {"messages": ["Hi"]}, THREAD
    )
    assert server.requests[-1].body["prompt_cache_key"] == "said"
    # A model of another class might not take it.
    other = FakeListChatModel(responses=["Hello."])
    fallback = [ModelFallbackMiddleware(other), PromptCacheKeyMiddleware()]
    server.reply(SimulatedReply(error=(400, {"error": {"message": "no", "type": "t"}})))
    answer = create_agent(make(), middleware=fallback).invoke({"messages": ["Hi"]}, THREAD)
    assert answer["messages"][-1].text == "Hello."


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


def get_time(zone: str) -> str:
    """Get the time of a zone."""
    return zone


def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


def finds(*queries: str) -> SimulatedReply:
    calls = [SimulatedToolCall("find_tools", {"query": query}) for query in queries]
    return SimulatedReply(reasoning="Which?", tool_calls=calls)


WEATHER = SimulatedReply(
    reasoning="That.", tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris"})]
)


def names(tools: Any) -> list[str]:
    return [tool["function"]["name"] for tool in tools]


def declared(messages: Any) -> list[list[str]]:
    return [names(message["tools"]) for message in messages if "tools" in message]


@pytest.mark.parametrize("in_a_loop", [False, True])
@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6"])
def test_an_agent_calls_what_it_found_also_after_a_checkpoint(
    make: MakeModel, server: MoonshotSimulator, model: str, in_a_loop: bool
) -> None:
    """Found by two calls of one answer, it is declared once; a saver writes the messages down."""
    memory = InMemorySaver()
    server.reply(finds("the WEATHER", "city"), WEATHER, SimulatedReply(content="Sunny."))
    server.reply(finds("time"), SimulatedReply(content="Done."))
    for question in ("How is the weather?", "And the time?"):
        search = ToolSearchMiddleware([get_weather, get_time])
        agent = create_agent(make(model=model), [add], middleware=[search], checkpointer=memory)
        messages = run(agent, [("human", question)], THREAD, in_a_loop=in_a_loop)
    assert "Paris: sunny" in [message.text for message in messages]
    assert server.refusals == []
    bodies = [request.body for request in server.requests]
    reads = model == "kimi-k3"
    always = ["find_tools", "add"]
    offered = [[], ["get_weather"], ["get_weather"], ["get_weather"], ["get_weather", "get_time"]]
    assert [names(body["tools"]) for body in bodies] == [
        always if reads else [*always, *found] for found in offered
    ]
    in_messages = [declared(body["messages"]) for body in bodies]
    one, two = [["get_weather"]], [["get_weather"], ["get_time"]]
    assert in_messages == ([[], one, one, one, two] if reads else [[]] * 5)
    for body, following in pairwise(bodies):
        assert following["messages"][: len(body["messages"])] == body["messages"]


def test_nothing_found_is_told_and_a_finder_of_your_own_is_asked(
    make: MakeModel, server: MoonshotSimulator
) -> None:
    asked: list[str] = []

    def find(query: str, tools: Sequence[BaseTool]) -> Sequence[BaseTool]:
        asked.append(query)
        return [tool for tool in tools if query == tool.name]

    server.reply(finds("nonsense"), finds("get_time"), SimulatedReply(content="Done."))
    search = ToolSearchMiddleware([get_time], find)
    state = create_agent(make(model="kimi-k3"), middleware=[search]).invoke({"messages": ["Hi"]})
    told = [message.text for message in state["messages"] if message.type == "tool"]
    assert told == ["Found: nothing; try other words", "Found: get_time"]
    assert asked == ["nonsense", "get_time"]
    assert declared(server.requests[-1].body["messages"]) == [["get_time"]]


def test_a_message_of_your_own_still_brings_its_tools(
    make: MakeModel, server: MoonshotSimulator
) -> None:
    search = ToolSearchMiddleware([get_weather])
    agent = create_agent(make(model="kimi-k3"), middleware=[search])
    said = [HumanMessage("Hi"), tools_message([get_time]), tools_message([get_time, get_weather])]
    agent.invoke({"messages": said})
    assert declared(server.requests[-1].body["messages"]) == [["get_time"], ["get_weather"]]
