"""Calls and results that another provider's classes kept in words of their own, in both adapters.

Owns: calls and results in blocks, and beside the content; roles of other APIs.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages import ChatMessage as LangChainMessage
from llama_index.core.llms import ChatMessage

from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

TEXT_A = {"type": "text", "text": "A"}
# A call and its result in the words of other APIs, which have no fields and roles for them.
NATIVE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Anthropic": (
        {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
        {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "42"}]},
    ),
    "OpenAI's Responses API": (
        {"type": "function_call", "call_id": "a", "name": "f", "arguments": '{"x": 1}'},
        {"type": "function_call_output", "call_id": "a", "output": "42"},
    ),
    "Bedrock": (
        {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1}}},
        {"toolResult": {"toolUseId": "a", "content": [{"text": "42"}]}},
    ),
}


@pytest.mark.parametrize(("call", "result"), NATIVE.values(), ids=NATIVE)
def test_a_call_and_its_result_may_stand_in_blocks(
    call: dict[str, Any], result: dict[str, Any]
) -> None:
    """The call was dropped, and the result was an error."""
    messages = [HumanMessage("Hi"), AIMessage([TEXT_A, call]), HumanMessage([result, TEXT_A])]
    llm = LangChainKimi(api_key="k")
    assert llm.get_num_tokens_from_messages(messages) > 0
    sent = llm._get_request_payload(messages)["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "user"]
    [said] = sent[1]["tool_calls"]
    assert (said["id"], said["function"]["name"]) == ("a", "f")
    assert json.loads(said["function"]["arguments"]) == {"x": 1}
    assert (sent[2]["tool_call_id"], sent[2]["content"]) == ("a", "42")
    assert sent[3]["content"] == "A"
    only = llm._get_request_payload([*messages[:2], HumanMessage([result])])["messages"]
    assert [message["role"] for message in only] == ["user", "assistant", "tool"]
    alone = llm._get_request_payload([HumanMessage([result, TEXT_A])])["messages"]
    assert [message["content"] for message in alone] == ["\n42\nA"]


# Calls as classes of LlamaIndex kept them before it had blocks for them; some without an id.
KEPT: dict[str, dict[str, Any]] = {
    "OpenAI": {"id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}},
    "Anthropic": {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}},
    "OpenAIResponses": {"call_id": "a", "id": "fc_1", "name": "f", "arguments": '{"x": 1}'},
    "Bedrock": {"toolUseId": "a", "name": "f", "input": {"x": 1}},
    "Ollama": {"function": {"name": "f", "arguments": {"x": 1}}},
    "Gemini": {"name": "f", "args": {"x": 1}},
    "Vertex": {"function_call": {"name": "f", "args": {"x": 1}}},
}


@pytest.mark.parametrize("call", KEPT.values(), ids=KEPT)
def test_a_call_beside_the_content_is_a_call_in_any_words(call: dict[str, Any]) -> None:
    """It was a ``KeyError``, when tokens were counted, too."""
    called = ChatMessage(role="model", content="A", additional_kwargs={"tool_calls": [call]})
    result = ChatMessage(role="tool", content="42", additional_kwargs={"tool_call_id": "a"})
    llm, messages = LlamaIndexKimi(api_key="k"), [ChatMessage("Hi"), called, result]
    assert llm.count_tokens(messages) > llm.count_tokens([ChatMessage("Hi")])
    request, _ = llm._asked(messages, {}, lambda response: response)
    _, asked, told = request.payload["messages"]
    [said] = asked["tool_calls"]
    assert json.loads(said["function"].pop("arguments")) == {"x": 1}
    assert said["function"] == {"name": "f"}
    assert (told["content"], told["tool_call_id"]) == ("42", said["id"])


def test_the_role_of_another_provider_is_the_models() -> None:
    """Moonshot answered 400: unsupported role."""
    said = LangChainMessage("A", role="model")
    sent = LangChainKimi(api_key="k")._get_request_payload([said, HumanMessage("Go on.")])
    assert sent["messages"][0] == {"role": "assistant", "content": "A"}
