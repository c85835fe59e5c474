"""Retrieval, chat engines and routers of LlamaIndex, which use an LLM in their own ways.

Owns: that each engine gets its answer out of a thinking model's responses. Embeddings are mocked.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import Document, MockEmbedding, SummaryIndex, VectorStoreIndex
from llama_index.core.chat_engine.types import ChatMode
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.query_engine import RouterQueryEngine, SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.selectors import LLMSingleSelector, PydanticSingleSelector
from llama_index.core.tools import QueryEngineTool
from pydantic import BaseModel

from tests.llama_index.scripted_server import ScriptedServer, answer, chunks, tool_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index_kimi import ChatKimiK2

# The framework asks objects of its own for attributes that pydantic deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

EMBEDDING = MockEmbedding(embed_dim=3)
WHOLE = answer("Ulm.", reasoning="I read.")


@pytest.fixture
def _litter(own_garbage: None) -> Iterator[None]:  # noqa: ARG001 - makes collecting quick
    """Collect what the framework leaves open: the event loop of a chat engine's own thread."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def buffer(llm: ChatKimiK2) -> ChatMemoryBuffer:
    """Return a memory; the framework's default one leaves a database connection open."""
    return ChatMemoryBuffer.from_defaults(llm=llm)


@pytest.fixture
def index() -> VectorStoreIndex:
    """Two documents."""
    texts = ["Ulm lies on the Danube.", "Bonn lies on the Rhine."]
    return VectorStoreIndex([Document(text=text) for text in texts], embed_model=EMBEDDING)


@pytest.mark.parametrize(
    "mode",
    [
        ResponseMode.COMPACT,
        ResponseMode.REFINE,
        ResponseMode.TREE_SUMMARIZE,
        ResponseMode.SIMPLE_SUMMARIZE,
        ResponseMode.ACCUMULATE,
    ],
)
def test_a_query_engine_answers_from_its_documents(
    llm: ChatKimiK2, server: ScriptedServer, index: VectorStoreIndex, mode: ResponseMode
) -> None:
    server.json(WHOLE)

    response = index.as_query_engine(llm=llm, response_mode=mode).query("What lies on the Danube?")

    assert "Ulm." in str(response)
    assert "Danube" in str(server.bodies[0]["messages"])


def test_a_query_engine_streams(
    llm: ChatKimiK2, server: ScriptedServer, index: VectorStoreIndex
) -> None:
    server.stream(chunks(WHOLE))

    response: Any = index.as_query_engine(llm=llm, streaming=True).query("?")

    assert "".join(response.response_gen) == "Ulm."


def test_a_query_engine_answers_in_a_class(
    llm: ChatKimiK2, server: ScriptedServer, index: VectorStoreIndex
) -> None:
    class City(BaseModel):
        name: str

    server.json(answer('{"name": "Ulm"}'))

    response: Any = index.as_query_engine(llm=llm.as_structured_llm(City)).query("?")

    assert response.response == City(name="Ulm")


@pytest.mark.usefixtures("_litter")
@pytest.mark.parametrize(
    "mode",
    [ChatMode.SIMPLE, ChatMode.CONTEXT, ChatMode.CONDENSE_PLUS_CONTEXT, ChatMode.CONDENSE_QUESTION],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_chat_engine_converses_and_remembers(
    llm: ChatKimiK2,
    server: ScriptedServer,
    index: VectorStoreIndex,
    mode: ChatMode,
    streaming: bool,
) -> None:
    engine = index.as_chat_engine(chat_mode=mode, llm=llm, memory=buffer(llm))
    if streaming:
        server.stream(chunks(WHOLE))
        assert "".join(engine.stream_chat("Where?").response_gen) == "Ulm."
    else:
        server.json(WHOLE)
        assert str(engine.chat("Where?")) == "Ulm."

    assert [m.content for m in engine.chat_history if m.role == "assistant"] == ["Ulm."]


@pytest.mark.usefixtures("_litter")
def test_a_chat_engine_streams_in_an_event_loop(
    llm: ChatKimiK2, server: ScriptedServer, index: VectorStoreIndex
) -> None:
    server.stream(chunks(WHOLE))

    async def run() -> str:
        engine = index.as_chat_engine(chat_mode=ChatMode.CONTEXT, llm=llm, memory=buffer(llm))
        response = await engine.astream_chat("Where?")
        return "".join([text async for text in response.async_response_gen()])

    assert asyncio.run(run()) == "Ulm."


@pytest.mark.parametrize(
    ("selector", "choice"),
    [
        pytest.param(
            LLMSingleSelector, answer('[{"choice": 2, "reason": "rivers"}]'), id="by text"
        ),
        pytest.param(
            PydanticSingleSelector,
            answer(calls=[tool_call("SingleSelection", '{"index": 2, "reason": "rivers"}')]),
            id="by tool",
        ),
    ],
)
def test_a_router_chooses(
    llm: ChatKimiK2,
    server: ScriptedServer,
    index: VectorStoreIndex,
    selector: Any,
    choice: dict[str, Any],
) -> None:
    server.json(choice)
    server.json(WHOLE)
    other = SummaryIndex([Document(text="nothing")])
    tools = [
        QueryEngineTool.from_defaults(engine.as_query_engine(llm=llm), description=what)
        for engine, what in [(other, "cooking"), (index, "rivers")]
    ]
    router = RouterQueryEngine(
        selector=selector.from_defaults(llm=llm), query_engine_tools=tools, llm=llm
    )

    assert str(router.query("What lies on the Danube?")) == "Ulm."
    assert "Danube" in str(server.bodies[1]["messages"])


def test_a_question_is_split_into_several(
    llm: ChatKimiK2, server: ScriptedServer, index: VectorStoreIndex
) -> None:
    server.json(
        answer('```json\n{"items": [{"sub_question": "Danube?", "tool_name": "rivers"}]}\n```')
    )
    server.json(WHOLE)
    tool = QueryEngineTool.from_defaults(
        index.as_query_engine(llm=llm), name="rivers", description="rivers"
    )
    engine = SubQuestionQueryEngine.from_defaults(
        [tool],
        llm=llm,
        question_gen=LLMQuestionGenerator.from_defaults(llm=llm),
        use_async=False,
        verbose=False,
    )

    assert str(engine.query("Where?")) == "Ulm."
    assert len(server.seen) == 3
