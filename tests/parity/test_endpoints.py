"""Every preset, through both adapters, against a simulated server.

The server is simulated: it shows what each preset makes of a session, not that a host takes it.
Owns: chat, stream, a tool round and a structured answer for each row of the table of endpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

import langchain_kimi
import llama_index_kimi
from kimi_core.capabilities import resolve
from kimi_core.endpoints import ENDPOINTS
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

# The embedded engine is a real one and has tests of its own.
NAMES = sorted(set(ENDPOINTS) - {"local"})
THOUGHT = "Look it up."
ARGUMENTS = '{"city":"Paris"}'
RAW = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
    f"<|tool_call_argument_begin|>{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>"
)

pytestmark = pytest.mark.parametrize("name", NAMES)


class Visit(BaseModel):
    """A visit."""

    city: str


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"Sunny in {city}."


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rules="none") as running:
        yield running


def model_of(name: str) -> str:
    """Return a model in the server's words; one that does not think where raw text would begin."""
    row = ENDPOINTS[name]
    model = ("kimi-k2.6", "kimi-k2-instruct")[row.tool_call_parser == "client"]
    return row.default_model or row.spell(model)


def settings(name: str, server: MoonshotSimulator) -> dict[str, Any]:
    return {
        "endpoint": name,
        "base_url": server.base_url,
        "api_key": server.api_key,
        "model": model_of(name),
    }


def a_call(name: str) -> SimulatedReply:
    """Return a call as this server sends one: parsed, or in Kimi's own tokens."""
    thinks = resolve(model_of(name), name).info.thinking != "none"
    thought = {"reasoning": THOUGHT} if thinks else {}
    if ENDPOINTS[name].tool_call_parser == "client":
        return SimulatedReply(raw=RAW)
    return SimulatedReply(tool_calls=[SimulatedToolCall("get_weather", ARGUMENTS)], **thought)


def check_second_round(name: str, server: MoonshotSimulator) -> None:
    """The call went back with its result and its reasoning, under the server's own names."""
    row = ENDPOINTS[name]
    body = server.requests[-1].body
    capabilities = resolve(model_of(name), name)
    assert body["model"] == capabilities.model
    said, result = body["messages"][1:]
    assert said["tool_calls"][0]["function"]["arguments"] == ARGUMENTS
    assert result["tool_call_id"] == said["tool_calls"][0]["id"]
    if capabilities.info.thinking != "none":
        assert said[row.reasoning_field] == THOUGHT


def test_langchain(name: str, server: MoonshotSimulator) -> None:
    model = langchain_kimi.ChatKimiK2(**settings(name, server))
    server.reply(*[SimulatedReply(content="Hello.")] * 2)
    assert model.invoke("Hi").text == "Hello."
    assert "".join(chunk.text for chunk in model.stream("Hi")) == "Hello."

    server.reply(a_call(name), SimulatedReply(content="Sunny."))
    bound = model.bind_tools([get_weather])
    question = HumanMessage("What is the weather in Paris?")
    first: Any = bound.invoke([question])
    assert [call["args"] for call in first.tool_calls] == [{"city": "Paris"}]
    result = ToolMessage("Sunny in Paris.", tool_call_id=first.tool_calls[0]["id"])
    assert bound.invoke([question, first, result]).text == "Sunny."
    check_second_round(name, server)


def test_llama_index(name: str, server: MoonshotSimulator) -> None:
    llm = llama_index_kimi.ChatKimiK2(**settings(name, server))
    question = ChatMessage(role="user", content="What is the weather in Paris?")
    server.reply(*[SimulatedReply(content="Hello.")] * 2)
    assert llm.chat([question]).message.content == "Hello."
    assert "".join(part.delta or "" for part in llm.stream_chat([question])) == "Hello."

    server.reply(a_call(name), SimulatedReply(content="Sunny."))
    tool = FunctionTool.from_defaults(get_weather)
    first = llm.chat_with_tools([tool], chat_history=[question])
    (call,) = llm.get_tool_calls_from_response(first)
    assert call.tool_kwargs == {"city": "Paris"}
    result = ChatMessage(
        role="tool", content="Sunny in Paris.", additional_kwargs={"tool_call_id": call.tool_id}
    )
    history = [question, first.message, result]
    assert llm.chat_with_tools([tool], chat_history=history).message.content == "Sunny."
    check_second_round(name, server)


def test_a_structured_answer(name: str, server: MoonshotSimulator) -> None:
    """The simulated server answers a schema with its least instance, however it is asked."""
    if ENDPOINTS[name].tool_call_parser == "client":
        pytest.skip("raw tokens and no grammar: nothing on this server can bind an answer")
    model = langchain_kimi.ChatKimiK2(**settings(name, server))
    assert isinstance(model.with_structured_output(Visit).invoke("Plan a visit."), Visit)
    llm = llama_index_kimi.ChatKimiK2(**settings(name, server))
    assert isinstance(llm.structured_predict(Visit, PromptTemplate("Plan a visit.")), Visit)
