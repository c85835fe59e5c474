"""Tools that somebody else named come back to each framework under their own names.

Owns: bound tools with names that Moonshot refuses, asked whole and streamed, called and answered.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = ["21st.builder", "get weather", "get.weather"]


def look(city: str) -> str:
    """Look a city up."""
    return f"{city}: fine"


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as simulator:
        yield simulator
        assert not simulator.refusals


def sent_names(server: MoonshotSimulator) -> list[str]:
    return [tool["function"]["name"] for tool in server.requests[-1].body["tools"]]


def names_on_the_wire(settings: dict[str, Any]) -> list[str]:
    """Return the names that a request says, which depend on nothing but the tools."""
    tools = [StructuredTool.from_function(look, name=name) for name in OWN]
    payload = langchain_kimi.ChatKimiK2(**settings)._get_request_payload(
        "Hi", **langchain_kimi.ChatKimiK2(**settings).bind_tools(tools).kwargs
    )
    return [tool["function"]["name"] for tool in payload["tools"]]


def ask_langchain(settings: dict[str, Any], *, stream: bool) -> list[str]:
    tools = [StructuredTool.from_function(look, name=name) for name in OWN]
    llm = langchain_kimi.ChatKimiK2(**settings).bind_tools(tools)
    messages: list[Any] = [HumanMessage("Hi")]
    said: Any = AIMessageChunk(content="")
    if stream:
        for chunk in llm.stream(messages):
            said += chunk
    else:
        said = llm.invoke(messages)
    messages.append(said)
    by_name = {tool.name: tool for tool in tools}
    messages += [
        ToolMessage(by_name[call["name"]].invoke(call["args"]), tool_call_id=call["id"])
        for call in said.tool_calls
    ]
    assert llm.invoke(messages).text == "Done."
    return [call["name"] for call in said.tool_calls]


def ask_llama_index(settings: dict[str, Any], *, stream: bool) -> list[str]:
    llm = llama_index_kimi.ChatKimiK2(**settings)
    tools = [FunctionTool.from_defaults(look, name=name) for name in OWN]
    if stream:
        *_, said = llm.stream_chat_with_tools(tools, "Hi")
    else:
        said = llm.chat_with_tools(tools, "Hi", allow_parallel_tool_calls=True)
    calls = llm.get_tool_calls_from_response(said)
    by_name = {tool.metadata.name: tool for tool in tools}
    results = [
        ChatMessage(
            role="tool",
            content=str(by_name[call.tool_name](**call.tool_kwargs)),
            additional_kwargs={"tool_call_id": call.tool_id, "name": call.tool_name},
        )
        for call in calls
    ]
    history = [ChatMessage(role="user", content="Hi"), said.message, *results]
    assert llm.chat_with_tools(tools, chat_history=history).message.content == "Done."
    return [call.tool_name for call in calls]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("ask", [ask_langchain, ask_llama_index])
@pytest.mark.parametrize("model", ["kimi-k3.1-pro", "kimi-k2.6"])
def test_a_round_of_calls(server: MoonshotSimulator, ask: Any, model: str, stream: bool) -> None:
    settings = {
        "endpoint": "moonshot",
        "base_url": server.base_url,
        "api_key": server.api_key,
        "model": model,
    }
    wire = names_on_the_wire(settings)
    assert wire[0] == "_21st_builder"
    assert len(set(wire)) == len(OWN)
    made = [SimulatedToolCall(wire[number], {"city": "Ulm"}) for number in (0, 2)]
    server.reply(SimulatedReply(reasoning="Why.", tool_calls=made), SimulatedReply(content="Done."))
    called = ask(settings, stream=stream)
    # LlamaIndex streams one call alone, unless it is told otherwise.
    assert called == [OWN[0], OWN[2]][: len(called)]
    assert called
    assert sent_names(server) == wire
    (turn,) = [one for one in server.requests[-1].body["messages"] if "tool_calls" in one]
    assert [each["function"]["name"] for each in turn["tool_calls"]] == [wire[0], wire[2]][
        : len(called)
    ]


def run_langchain(settings: dict[str, Any]) -> str:
    agents = pytest.importorskip("langchain.agents", reason="needs langchain")
    tools = [StructuredTool.from_function(look, name=name) for name in OWN]
    agent = agents.create_agent(langchain_kimi.ChatKimiK2(**settings), tools)
    return str(agent.invoke({"messages": [HumanMessage("Hi")]})["messages"][-1].content)


def run_llama_index(settings: dict[str, Any]) -> str:
    tools = [FunctionTool.from_defaults(look, name=name) for name in OWN]
    llm = llama_index_kimi.ChatKimiK2(**settings)
    return str(asyncio.run(_run(FunctionAgent(tools=tools, llm=llm))))


def run_a_workflow(settings: dict[str, Any]) -> str:
    """One agent hands over to another, whose name no tool could have."""
    tools = [FunctionTool.from_defaults(look, name=name) for name in OWN]
    llm = llama_index_kimi.ChatKimiK2(**settings)
    second = FunctionAgent(name="the 2nd.", description="Looks.", tools=tools, llm=llm)
    first = FunctionAgent(name="1", description="Asks.", llm=llm, can_handoff_to=["the 2nd."])
    return str(asyncio.run(_run(AgentWorkflow(agents=[first, second], root_agent="1"))))


async def _run(agent: Any) -> Any:
    return await agent.run("Hi")


# LlamaIndex's agents and the workflows under them.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
@pytest.mark.parametrize("run", [run_langchain, run_llama_index, run_a_workflow])
def test_an_agent_runs_the_tool_that_is_meant(server: MoonshotSimulator, run: Any) -> None:
    settings = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    if run is run_a_workflow:
        handed = SimulatedToolCall("handoff", {"to_agent": "the 2nd.", "reason": "It looks."})
        server.reply(SimulatedReply(reasoning="Who?", tool_calls=[handed]))
    made = SimulatedToolCall("_21st_builder", {"city": "Ulm"})
    server.reply(SimulatedReply(reasoning="Why.", tool_calls=[made]))
    server.reply(SimulatedReply(content="Done."))
    assert run(settings) == "Done."
    results = [one for one in server.requests[-1].body["messages"] if one["role"] == "tool"]
    assert results[-1]["content"] == "Ulm: fine"


SCHEMA = {"type": "object", "properties": {"a": {"type": "unknown"}, "b": {"type": "string"}}}


def test_a_bound_tool_with_a_broken_schema_is_sent(server: MoonshotSimulator) -> None:
    """As an adapter of MCP makes it: the schema is the server's."""
    import kimi_core

    broken = StructuredTool(name="look", description="L.", args_schema=SCHEMA, func=look)
    settings = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    server.reply(SimulatedReply(content="Done."))
    with pytest.warns(kimi_core.ToolSchemaWarning, match=r"Tool 'look'.*'properties\.a'"):
        langchain_kimi.ChatKimiK2(**settings).bind_tools([broken]).invoke("Hi")
    assert sent_names(server) == ["look"]
