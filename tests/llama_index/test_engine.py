"""The embedded engine through LlamaIndex: a real server, a real grammar, a small stand-in model.

Owns: what only a running engine proves. The model is SmolLM2-135M, which is not Kimi: what
holds here holds by the grammar, not by the model's wits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel, Field

from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.core.tools import FunctionTool

pytestmark = [
    pytest.mark.engine,
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
]

QUESTION = "What is the weather in Paris?"


@pytest.fixture
def engine() -> Iterator[ChatKimiK2]:
    """An LLM on the embedded engine."""
    with ChatKimiK2(endpoint="local", temperature=0.0, max_tokens=128) as llm:
        yield llm


@pytest.mark.deep
def test_a_forced_call_is_executed(engine: ChatKimiK2, weather: FunctionTool) -> None:
    result = engine.predict_and_call([weather], QUESTION, tool_required=True)

    (source,) = result.sources
    assert not source.is_error
    assert source.content.startswith("sunny in ")


def test_a_forced_call_streams(engine: ChatKimiK2, weather: FunctionTool) -> None:
    stream = engine.stream_chat_with_tools([weather], QUESTION, tool_choice="get_weather")
    responses = list(stream)

    (call,) = engine.get_tool_calls_from_response(responses[-1])
    assert call.tool_name == "get_weather"
    assert isinstance(call.tool_kwargs["city"], str)
    assert len(responses) > 2
    assert responses[-1].raw["finish_reason"] == "tool_calls"
    assert responses[-1].additional_kwargs["completion_tokens"] > 0


def test_a_function_agent_calls_and_answers(engine: ChatKimiK2, weather: FunctionTool) -> None:
    agent = FunctionAgent(tools=[weather], llm=engine, initial_tool_choice="get_weather")

    async def run() -> tuple[list[ToolCallResult], str]:
        handler = agent.run(QUESTION)
        events = [e async for e in handler.stream_events() if isinstance(e, ToolCallResult)]
        return events, str(await handler)

    results, answer = asyncio.run(run())

    assert [result.tool_output.is_error for result in results] == [False]
    assert answer


class City(BaseModel):
    """A city."""

    name: str = Field(max_length=20)
    large: bool


@pytest.mark.deep
def test_an_object_is_schema_valid_by_grammar(engine: ChatKimiK2) -> None:
    objects = list(engine.stream_structured_predict(City, PromptTemplate("Name a city.")))

    assert isinstance(objects[-1], City)
