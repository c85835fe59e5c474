"""The frameworks' own agents, on a real engine, until the model answers.

Owns: LangChain's `create_agent` and LlamaIndex's `FunctionAgent`. Nobody counts the rounds for
them: the scripted model calls the tool twice and then answers.
"""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from llama_index.core.agent.workflow import FunctionAgent

import langchain_kimi
import llama_index_kimi
from tests.engines.scenario import ANSWER, QUESTION, RENDERED

ways = pytest.mark.parametrize("way", [{}, RENDERED], ids=["parsed by vLLM", "rendered here"])
pytestmark = [
    pytest.mark.parametrize("engine", ["vllm"], indirect=True),
    # Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
]


@pytest.fixture
def asked() -> list[str]:
    """The cities that the model asked for."""
    return []


@pytest.fixture
def get_weather(asked: list[str]) -> Any:
    def get_weather(city: str) -> str:
        """Get the weather of a city."""
        asked.append(city)
        return "18 degrees"

    return get_weather


@ways
def test_a_langchain_agent(
    settings: dict[str, Any], way: dict[str, Any], get_weather: Any, asked: list[str]
) -> None:
    llm = langchain_kimi.ChatKimiK2(**settings, **way, temperature=0.0)
    state = create_agent(llm, [get_weather]).invoke({"messages": [("user", QUESTION)]})
    assert asked == ["Paris", "Paris"]
    assert state["messages"][-1].text == ANSWER


@ways
async def test_a_llama_index_agent(
    settings: dict[str, Any], way: dict[str, Any], get_weather: Any, asked: list[str]
) -> None:
    llm = llama_index_kimi.ChatKimiK2(**settings, **way, temperature=0.0)
    answer = await FunctionAgent(tools=[get_weather], llm=llm).run(QUESTION)
    assert asked == ["Paris", "Paris"]
    assert str(answer) == ANSWER
