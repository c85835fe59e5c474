"""Agents: a whole tool loop, with the reasoning sent back as the model demands.

Owns: FunctionAgent, AgentWorkflow and ReActAgent over a scripted server.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.agent.workflow import (
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ReActAgent,
)
from llama_index.core.base.llms.types import ThinkingBlock
from llama_index.core.memory import ChatMemoryBuffer

from tests.llama_index.scripted_server import ScriptedServer, answer, chunks, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.tools import FunctionTool

    from llama_index_kimi import ChatKimiK2

# Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

ARGUMENTS = '{ "city":"Zürich" }'
CALL = tool_call("get_weather", ARGUMENTS)
ROUNDS = [answer(reasoning="I look.", calls=[CALL]), answer("Sunny.", reasoning="Now I know.")]


def script_rounds(server: ScriptedServer, rounds: list[dict[str, Any]], *, streaming: bool) -> None:
    for whole in rounds:
        if streaming:
            server.stream(chunks(whole))
        else:
            server.json(whole)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("workflow", [False, True], ids=["agent", "workflow"])
def test_a_tool_loop_sends_reasoning_and_arguments_back_unchanged(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool, streaming: bool, workflow: bool
) -> None:
    script_rounds(server, ROUNDS, streaming=streaming)
    agent = FunctionAgent(tools=[weather], llm=llm, streaming=streaming)

    async def run() -> str:
        runner = AgentWorkflow(agents=[agent], root_agent=agent.name) if workflow else agent
        return str(await runner.run("Zürich?"))

    assert asyncio.run(run()) == "Sunny."
    assert server.bodies[1]["messages"][-2:] == [
        {"role": "assistant", "content": "", "reasoning_content": "I look.", "tool_calls": [CALL]},
        {"role": "tool", "content": "sunny in Zürich", "tool_call_id": CALL["id"]},
    ]


def test_agent_events_carry_thinking_text_and_growing_calls(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    """The server sends the rest of the arguments only once their beginning was seen."""
    half = {"city": "Zü"}
    asking, answering = map(chunks, ROUNDS)
    server.stream(asking, hold_after=9)  # {"city":"Zü
    server.stream(answering)

    async def events() -> list[AgentStream]:
        handler = FunctionAgent(tools=[weather], llm=llm).run("Zürich?")
        seen = []
        async for event in handler.stream_events():
            if isinstance(event, AgentStream):
                seen.append(event)
                if event.tool_calls and event.tool_calls[0].tool_kwargs == half:
                    server.released.set()
        await handler
        return seen

    seen = asyncio.run(events())

    assert "".join(event.thinking_delta or "" for event in seen) == "I look.Now I know."
    assert "".join(event.delta for event in seen) == "Sunny."
    assert seen[-1].response == "Sunny."
    assert server.released.is_set()


# With pydantic 2.14 the framework cannot write its memory down, so a Context kept between two runs
# forgets it; a memory that is handed to both runs does not.
@pytest.mark.filterwarnings("ignore:Skipping serialization")
def test_a_second_turn_remembers_the_reasoning_of_the_first(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    script_rounds(server, [*ROUNDS, answer("Bye.")], streaming=True)
    agent = FunctionAgent(tools=[weather], llm=llm)

    async def run() -> str:
        memory = ChatMemoryBuffer.from_defaults(llm=llm)
        await agent.run("Zürich?", memory=memory)
        return str(await agent.run("Thanks", memory=memory))

    assert asyncio.run(run()) == "Bye."
    turns = [(message["role"], message["content"]) for message in server.bodies[2]["messages"]]
    assert turns == [
        ("user", "Zürich?"),
        ("assistant", ""),
        ("tool", "sunny in Zürich"),
        ("assistant", "Sunny."),
        ("user", "Thanks"),
    ]
    assert server.bodies[2]["messages"][1]["reasoning_content"] == "I look."


def test_the_final_response_holds_its_reasoning(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    script_rounds(server, ROUNDS, streaming=True)

    async def run() -> Any:
        return await FunctionAgent(tools=[weather], llm=llm).run("Zürich?")

    blocks = asyncio.run(run()).response.blocks

    assert [b.content for b in blocks if isinstance(b, ThinkingBlock)] == ["Now I know."]


def test_an_initial_tool_choice_is_forced_once(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, weather: FunctionTool
) -> None:
    script_rounds(server, ROUNDS, streaming=True)
    llm = make_llm(endpoint="vllm")

    async def run() -> Any:
        agent = FunctionAgent(tools=[weather], llm=llm, initial_tool_choice="get_weather")
        return await agent.run("Zürich?")

    asyncio.run(run())

    named = {"type": "function", "function": {"name": "get_weather"}}
    assert [body.get("tool_choice") for body in server.bodies] == [named, None]


# ReActAgent asks its context something that the workflow package deprecates.
@pytest.mark.filterwarnings("ignore:is_running called:DeprecationWarning")
def test_a_react_agent_runs_without_tool_calls(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    first = answer('Thought: I look.\nAction: get_weather\nAction Input: {"city": "Ulm"}')
    second = answer("Thought: I can answer without using any more tools.\nAnswer: Sunny.")
    script_rounds(server, [first, second], streaming=True)

    async def run() -> str:
        return str(await ReActAgent(tools=[weather], llm=llm).run("Ulm?"))

    assert asyncio.run(run()) == "Sunny."
