"""LlamaIndex's own memories remember over two turns, in agents and in chat engines.

Owns: what the second turn's request says of the first one. The server is scripted.
"""

from __future__ import annotations

import asyncio
import gc
import json
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.workflow import Context

from tests.llama_index.scripted_server import ScriptedServer, answer, chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llama_index_kimi import ChatKimiK2

pytestmark = [
    # Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    # A `Memory` opens a database that it cannot close; what is left of it goes with the test.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MEMORIES: dict[str, Callable[[ChatKimiK2], Any]] = {
    "Memory": lambda _llm: Memory.from_defaults(),
    "ChatMemoryBuffer": lambda llm: ChatMemoryBuffer.from_defaults(llm=llm),
    "ours": lambda llm: llm.make_memory(),
    "none given": lambda _llm: None,
}
TWO_TURNS = [("user", "One?"), ("assistant", "Yes."), ("user", "Two?")]


@pytest.fixture(autouse=True)
def collected(own_garbage: None) -> Iterator[None]:  # noqa: ARG001 - makes collecting quick
    """Leave no database to a later test."""
    yield
    gc.collect()


def said_last(server: ScriptedServer) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in server.bodies[-1]["messages"]]


@pytest.fixture
def yes(server: ScriptedServer) -> ScriptedServer:
    """A server that says yes, streamed: agents ask so."""
    server.stream([chunk(reasoning_content="Hm."), chunk(content="Yes."), chunk("stop")])
    return server


@pytest.mark.parametrize("make", MEMORIES.values(), ids=MEMORIES)
def test_a_chat_engine_remembers(
    llm: ChatKimiK2, server: ScriptedServer, make: Callable[[ChatKimiK2], Any]
) -> None:
    server.json(answer("Yes.", reasoning="Hm."))
    memory = make(llm)
    engine = SimpleChatEngine.from_defaults(llm=llm, **({"memory": memory} if memory else {}))

    async def run() -> None:
        await engine.achat("One?")
        await engine.achat("Two?")

    asyncio.run(run())
    assert said_last(server) == TWO_TURNS


@pytest.mark.parametrize("name", ["Memory", "ChatMemoryBuffer", "ours"])
def test_an_agent_remembers_what_its_memory_holds(
    llm: ChatKimiK2, yes: ScriptedServer, name: str
) -> None:
    async def run() -> None:
        agent, memory = FunctionAgent(llm=llm), MEMORIES[name](llm)
        for question in ("One?", "Two?"):
            await agent.run(question, memory=memory)

    asyncio.run(run())
    assert said_last(yes) == TWO_TURNS


@pytest.mark.parametrize("written", [False, True], ids=["kept", "written down"])
@pytest.mark.parametrize("name", ["ChatMemoryBuffer", "ours", "none given"])
@pytest.mark.parametrize("workflow", [False, True], ids=["agent", "workflow"])
def test_an_agent_remembers_in_its_context(
    llm: ChatKimiK2, yes: ScriptedServer, name: str, *, workflow: bool, written: bool
) -> None:
    async def run() -> None:
        agent: Any = FunctionAgent(name="a", description="a", llm=llm)
        if workflow:
            agent = AgentWorkflow(agents=[agent], root_agent="a")
        context, memory = Context(agent), MEMORIES[name](llm)
        await agent.run("One?", ctx=context, **({"memory": memory} if memory else {}))
        if written:
            context = Context.from_dict(agent, json.loads(json.dumps(context.to_dict())))
        await agent.run("Two?", ctx=context)

    asyncio.run(run())
    assert said_last(yes) == TWO_TURNS


def test_a_memory_buffer_is_written_down_and_read(llm: ChatKimiK2, server: ScriptedServer) -> None:
    server.json(answer("Yes.", reasoning="Hm."))
    memory = ChatMemoryBuffer.from_defaults(llm=llm)
    SimpleChatEngine.from_defaults(llm=llm, memory=memory).chat("One?")
    assert ChatMemoryBuffer.from_string(memory.to_string()).get() == memory.get()
