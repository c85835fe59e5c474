"""Agents and engines of LlamaIndex on the simulated Moonshot API, for every live model.

Owns: that no request of theirs is refused, and that nothing is sent that nobody asked for. The
simulator refuses what Moonshot's documents say that Moonshot refuses, unknown fields too.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import Document, MockEmbedding, VectorStoreIndex
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ImageBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import RouterQueryEngine, SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.selectors import PydanticSingleSelector
from llama_index.core.tools import FunctionTool, QueryEngineTool
from llama_index.core.workflow import Context

from kimi_core.models import MODELS
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    # Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    # A model that always thinks and cannot be forced is asked anyway, with this warning.
    pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning"),
    # ReActAgent asks its context something that the workflow package deprecates.
    pytest.mark.filterwarnings("ignore:is_running called:DeprecationWarning"),
]

LIVE = [info.name for info in MODELS.values() if not info.retired and info.pinned]
# What these scenarios ask for; `thinking` is how a forced call is made legal, and the form of an
# answer how it is had of a model that cannot be forced.
ASKED_FOR = {
    "model", "messages", "stream", "stream_options", "tools", "tool_choice", "thinking",
    "response_format",
}  # fmt: skip
TEXT = SimulatedReply(content="Sunny.", reasoning="I read.")
ULM = SimulatedToolCall("get_weather", {"city": "Ulm"})
BONN = SimulatedToolCall("get_weather", {"city": "Bonn"})


@pytest.fixture
def moonshot() -> Iterator[MoonshotSimulator]:
    """The simulator; at the end nothing was refused, and nothing unasked for was sent."""
    with MoonshotSimulator() as server:
        yield server
        assert [refusal.message for refusal in server.refusals] == []
        sent = {field for request in server.requests for field in request.body}
        assert sent <= ASKED_FOR


@pytest.fixture(params=LIVE)
def live(request: pytest.FixtureRequest, moonshot: MoonshotSimulator) -> Iterator[ChatKimiK2]:
    """Each live model."""
    settings = {"endpoint": "moonshot", "base_url": moonshot.base_url, "api_key": moonshot.api_key}
    with ChatKimiK2(model=request.param, **settings) as llm:
        yield llm


def rivers(llm: ChatKimiK2, **settings: Any) -> Any:
    """Return a query engine over one document."""
    index = VectorStoreIndex(
        [Document(text="Ulm lies on the Danube.")], embed_model=MockEmbedding(embed_dim=3)
    )
    return index.as_query_engine(llm=llm, **settings)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_workflow_of_two_agents_hands_over(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool, streaming: bool
) -> None:
    order = {"to_agent": "forecaster", "reason": "weather"}
    moonshot.reply(
        SimulatedReply(reasoning="Not mine.", tool_calls=[SimulatedToolCall("handoff", order)]),
        SimulatedReply(reasoning="I look.", tool_calls=[ULM]),
        TEXT,
    )
    agents: Any = [
        FunctionAgent(
            name=name, description=name, tools=tools, llm=live, streaming=streaming,
            can_handoff_to=others,
        )
        for name, tools, others in [("host", [], ["forecaster"]), ("forecaster", [weather], [])]
    ]  # fmt: skip

    async def run() -> str:
        return str(await AgentWorkflow(agents=agents, root_agent="host").run("Ulm?"))

    assert asyncio.run(run()) == "Sunny."
    reasons = [m.get("reasoning_content") for m in moonshot.requests[2].body["messages"]]
    assert [reason for reason in reasons if reason] == ["Not mine.", "I look."]


def test_parallel_calls_with_a_direct_return_leave_a_history_that_is_accepted(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool
) -> None:
    """The agent answers only the call that returns directly; the other one has no result."""
    direct = FunctionTool.from_defaults(
        lambda text: text, name="say", description="Say it.", return_direct=True
    )
    say = SimulatedToolCall("say", {"text": "Hi."})
    moonshot.reply(SimulatedReply(reasoning="Both.", tool_calls=[say, ULM]), TEXT)
    agent = FunctionAgent(tools=[weather, direct], llm=live)

    async def run() -> list[str]:
        memory = ChatMemoryBuffer.from_defaults(llm=live)
        return [str(await agent.run(text, memory=memory)) for text in ("Ulm?", "And now?")]

    assert asyncio.run(run()) == ["Hi.", "Sunny."]
    messages = moonshot.requests[1].body["messages"]
    assert [m["role"] for m in messages].count("tool") == 2


def test_parallel_calls_are_answered_in_their_order(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool
) -> None:
    moonshot.reply(SimulatedReply(reasoning="Both.", tool_calls=[ULM, BONN]), TEXT)

    async def run() -> str:
        return str(await FunctionAgent(tools=[weather], llm=live).run("Ulm and Bonn?"))

    assert asyncio.run(run()) == "Sunny."
    results = [m for m in moonshot.requests[1].body["messages"] if m["role"] == "tool"]
    assert [result["content"] for result in results] == ["sunny in Ulm", "sunny in Bonn"]


def test_a_context_written_down_and_read_again_remembers(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool
) -> None:
    moonshot.reply(SimulatedReply(reasoning="I look.", tool_calls=[ULM]), TEXT, TEXT)
    agent = FunctionAgent(tools=[weather], llm=live)

    async def run() -> None:
        context, memory = Context(agent), live.make_memory()
        await agent.run("Ulm?", ctx=context, memory=memory)
        again = Context.from_dict(agent, json.loads(json.dumps(context.to_dict())))
        await agent.run("Thanks", ctx=again)
        read = await again.store.get("memory")
        assert read.token_limit == memory.token_limit
        for one in (memory, read):
            await one.sql_store._async_engine.dispose()

    asyncio.run(run())

    messages = moonshot.requests[2].body["messages"]
    assert [message["role"] for message in messages] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert messages[1]["reasoning_content"] == "I look."


def test_a_react_agent_answers(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool
) -> None:
    moonshot.reply(
        SimulatedReply(
            content='Thought: I look.\nAction: get_weather\nAction Input: {"city": "U"}'
        ),
        SimulatedReply(content="Thought: I can answer without using any more tools.\nAnswer: Sun."),
    )

    async def run() -> str:
        return str(await ReActAgent(tools=[weather], llm=live).run("U?"))

    assert asyncio.run(run()) == "Sun."
    assert "sunny in U" in str(moonshot.requests[1].body["messages"])


@pytest.mark.parametrize("mode", ["compact", "refine", "tree_summarize"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_query_engines_answer(
    live: ChatKimiK2, moonshot: MoonshotSimulator, mode: str, streaming: bool
) -> None:
    moonshot.reply(TEXT)

    assert str(rivers(live, response_mode=mode, streaming=streaming).query("?")) == "Sunny."


def test_a_router_and_a_splitter_of_questions_answer(
    live: ChatKimiK2, moonshot: MoonshotSimulator
) -> None:
    tool = QueryEngineTool.from_defaults(rivers(live), name="rivers", description="rivers")
    router = RouterQueryEngine(
        selector=PydanticSingleSelector.from_defaults(llm=live), query_engine_tools=[tool], llm=live
    )
    chosen = SimulatedToolCall("SingleSelection", {"index": 1, "reason": "rivers"})
    moonshot.reply(SimulatedReply(tool_calls=[chosen]), TEXT)
    assert str(router.query("?")) == "Sunny."

    splitter = SubQuestionQueryEngine.from_defaults(
        [tool],
        llm=live,
        question_gen=LLMQuestionGenerator.from_defaults(llm=live),
        use_async=False,
        verbose=False,
    )
    parts = '```json\n{"items": [{"sub_question": "Danube?", "tool_name": "rivers"}]}\n```'
    moonshot.reply(SimulatedReply(content=parts), TEXT, TEXT)
    assert str(splitter.query("?")) == "Sunny."


@pytest.mark.parametrize("mode", ["condense_plus_context", "context"])
def test_chat_engines_converse(live: ChatKimiK2, moonshot: MoonshotSimulator, mode: Any) -> None:
    moonshot.reply(*[TEXT] * 3)
    index = VectorStoreIndex(
        [Document(text="Ulm lies on the Danube.")], embed_model=MockEmbedding(embed_dim=3)
    )
    memory = ChatMemoryBuffer.from_defaults(llm=live)
    engine = index.as_chat_engine(chat_mode=mode, llm=live, memory=memory)

    assert str(engine.chat("Where?")) == "Sunny."
    assert "".join(engine.stream_chat("And Bonn?").response_gen) == "Sunny."


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def test_a_picture_in_a_tool_result_is_accepted(
    live: ChatKimiK2, moonshot: MoonshotSimulator, weather: FunctionTool
) -> None:
    moonshot.reply(SimulatedReply(reasoning="I look.", tool_calls=[ULM]), TEXT)
    asked = ChatMessage("Ulm?")
    called = live.chat([asked], tools=[weather.metadata.to_openai_tool()]).message
    call_id = called.additional_kwargs["tool_calls"][0]["id"]
    shown = ChatMessage(
        role="tool", blocks=[ImageBlock(image=PNG)], additional_kwargs={"tool_call_id": call_id}
    )

    assert live.chat([asked, called, shown]).message.content == "Sunny."
